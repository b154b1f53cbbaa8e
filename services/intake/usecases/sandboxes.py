"""The case that an order of a sandbox would have had, played by ourselves: its source hears all, no unit hears anything."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from services.intake.domain.following import Step
from services.intake.models import Order
from services.intake.repository import orders as repository
from services.intake.repository import sandboxes
from services.intake.usecases import events
from services.kit.contracts.cases import CaseDispatched, CaseEvent, CaseResult
from services.kit.contracts.envelope import Event
from services.kit.contracts.payload import fields
from services.kit.contracts.registry import TYPES
from services.kit.db import Tx
from services.kit.outbox import Outbox

BATCH = 200
PACE = timedelta(seconds=5)
UNIT = "SANDBOX"


@dataclass(frozen=True, slots=True)
class _Next:
    """What comes after an order's status: the event of its case, the state it tells of, and the order's status then."""

    event: str
    state: str
    status: str
    text: str


_NEXT: Mapping[str, _Next] = {
    "accepted": _Next("case.dispatched", "dispatched", "in_progress", "沙箱：已派给模拟单位"),
    "in_progress": _Next("case.resolved", "resolved", "resolved", "沙箱：模拟单位已办结"),
    "reopened": _Next("case.resolved", "resolved", "resolved", "沙箱：模拟单位已重新办结"),
    "resolved": _Next("case.closed", "closed", "closed", "沙箱：已结案"),
}


async def go_on(tx: Tx, outbox: Outbox, now: datetime) -> int:
    """One step for each order whose last one is PACE ago; how many."""
    held = await sandboxes.due(tx, now - PACE, BATCH)
    moved = [_moved(order, now) for order in held]
    await repository.save(tx, [order for order, _ in moved])
    await outbox.append(tx, [event for _, event in moved])
    return len(held)


async def due(tx: Tx, now: datetime) -> bool:
    return await sandboxes.any_due(tx, now - PACE)


def _moved(order: Order, now: datetime) -> tuple[Order, Event]:
    coming = _NEXT[order.status]
    after = replace(
        order,
        status=coming.status,
        case_id=order.case_id or order.order_id.replace("ord_", "sandbox_"),
        changed_at=now,
        version=order.version + 1,
        sequence=order.sequence + 1,
        steps=(*order.steps, Step(now, coming.event, coming.text, UNIT)),
    )
    assert after.case_id is not None
    body = _body(after, coming, after.case_id)
    told = events.event(
        "order.simulated", after, coming.text, case_id=after.case_id, step=coming.event, data=dict(fields(body))
    )
    return after, told


def _body(order: Order, coming: _Next, case_id: str) -> CaseEvent:
    concern = order.classified.concern if order.classified else "OTHER"
    base: dict[str, Any] = {
        "case_id": case_id,
        "sequence": order.sequence,
        "state": coming.state,
        "class": "easy",
        "level": "street",
        "concern": concern,
        "lead": UNIT,
        "assists": [],
        "place": events.place_of(order),
        "orders": [order.order_id],
        "text": coming.text,
        "at": order.changed_at,
        "unit": UNIT,
        "fabric_version": order.located.fabric_version if order.located else 0,
    }
    model = TYPES[coming.event].model
    if model is CaseDispatched:
        base |= {
            "title": order.title,
            "summary": order.content,
            "channel": order.channel,
            "kind": order.kind,
            "rule": "sandbox",
            "rule_version": 0,
            "ground": "沙箱模拟，不触及任何真实单位",
            "clocks": [],
        }
    elif model is CaseResult:
        base |= {"measures": "沙箱模拟办结，没有真实单位办理"}
    body = model(**base)
    assert isinstance(body, CaseEvent)
    return body
