"""What an event leaves in a timeline, and what an order's events add up to."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from services.console.models import Entry, OrderRow
from services.kit.contracts.cases import CaseEvent, WhistleEvent
from services.kit.contracts.envelope import Event
from services.kit.contracts.orders import OrderAccepted, OrderErased, OrderEvent, OrderFeedback

ERASING = frozenset({"order.erased", "case.erased"})
CITIZEN = "市民"
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


def without_words(entries: Iterable[Entry]) -> list[Entry]:
    """As they are to be kept: what citizens said goes where a later event of the same batch erases it. The same rule, for
    what is stored already, stands in the repository."""
    kept: list[Entry] = []
    erased = set[tuple[str, str]]()
    for entry in reversed(list(entries)):
        if entry.type in ERASING:
            erased.add((entry.stream, entry.subject))
        elif (entry.stream, entry.subject) in erased and _said_by_citizens(entry):
            entry = replace(entry, text="", detail={})
        kept.append(entry)
    return kept[::-1]


def _said_by_citizens(entry: Entry) -> bool:
    return entry.stream == "order" or entry.by == CITIZEN or entry.type == "case.opened"


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
    if isinstance(body, OrderErased):
        folded = replace(folded, title="")
    if isinstance(body, OrderFeedback):
        folded = replace(folded, satisfaction=body.satisfaction)
    return folded
