"""What an event leaves in a timeline, and what an order's events add up to."""

from dataclasses import replace
from typing import Any

from services.console.models import Entry, OrderRow
from services.kit.contracts.cases import CaseEvent, WhistleEvent
from services.kit.contracts.envelope import Event
from services.kit.contracts.orders import OrderAccepted, OrderEvent, OrderFeedback

_SHOWN = ("measures", "evidence", "ground", "previous", "fabric_before", "fabric_after", "escalated_to", "need")


def entry_of(event: Event, body: CaseEvent | WhistleEvent | OrderEvent) -> Entry:
    """`text` is the sentence that the event brought; the rest of the body only where a reader asks for it."""
    detail: dict[str, Any] = {name: held for name in _SHOWN if (held := body.__dict__.get(name))}
    if isinstance(body, OrderEvent):
        return Entry("order", event.subject, event.sequence, event.time, event.name, body.text, detail=detail)
    return Entry(
        stream="case",
        subject=event.subject,
        sequence=event.sequence,
        at=body.at,
        type=event.name,
        text=body.text,
        by=body.by,
        unit=body.unit,
        reason=body.reason if isinstance(body, CaseEvent) else None,
        whistle_id=body.whistle_id if isinstance(body, WhistleEvent) else None,
        detail=detail,
    )


def fold_order(row: OrderRow | None, event: Event, body: OrderEvent) -> OrderRow:
    folded = OrderRow(
        order_id=body.order_id,
        status=body.status,
        channel=body.channel,
        source=body.source,
        external_id=body.external_id,
        reported_at=body.reported_at,
        changed_at=event.time,
        kind=body.kind,
        title=row.title if row else "",
        satisfaction=row.satisfaction if row else None,
    )
    if isinstance(body, OrderAccepted):
        folded = replace(folded, title=body.title)
    if isinstance(body, OrderFeedback):
        folded = replace(folded, satisfaction=body.satisfaction)
    return folded
