"""Steps of orders and of their cases turned into callbacks to where the orders came from."""

from collections.abc import Mapping, Sequence

from services.kit.contracts.cases import CaseEvent
from services.kit.contracts.envelope import Event
from services.kit.contracts.orders import OrderEvent, OrderSimulated
from services.kit.contracts.payload import encoded
from services.kit.contracts.registry import TYPES, body_of
from services.kit.db import Tx
from services.kit.ids import new_id
from services.notify import metrics
from services.notify.domain.callbacks import (
    FROM_CASES,
    FROM_ORDERS,
    Callback,
    Heard,
    Origin,
    Told,
    entering,
    tell,
)
from services.notify.domain.matter import UNKNOWN
from services.notify.domain.members import asks, called
from services.notify.models import Outgoing
from services.notify.repository import known, members
from services.notify.usecases import telling

# Stands for one order in what is rendered once for thousands.
_ANY = "ord_" + "0" * 32


async def call_back(tx: Tx, orders: Sequence[Event], cases: Sequence[telling.Heard]) -> list[Outgoing]:
    """The deliveries to be made. Locks the orders; call it before anything else is locked."""
    concerned = [one for one in cases if isinstance(one.step, CaseEvent) and one.event.name in FROM_CASES]
    own = _of_orders(orders)
    meant = await _meant(tx, cases)
    named = {order_id for order_ids in meant.values() for order_id in order_ids} | {step.order_id for step in own}
    if not named:
        return []
    origins = await known.origins(tx, sorted(named))
    steps = [*_of_cases(concerned, meant, origins), *own]
    waited = await known.take_early(tx, entering(steps, origins))
    told = tell(steps, origins, waited)
    await known.save_origins(tx, told.origins)
    await known.keep_early(tx, told.early)
    metrics.EARLY.inc(len(told.early))
    return _outgoing(told, origins)


async def _meant(tx: Tx, cases: Sequence[telling.Heard]) -> Mapping[str, Sequence[str]]:
    """Event id → the orders whose sources are told of it. What cases say of who is in them is kept."""
    steps = [(one.event.id, one.event.name, one.step) for one in cases if isinstance(one.step, CaseEvent)]
    kept = await members.of(tx, sorted({step.case_id for _, name, step in steps if asks(name, step)}))
    meant, changed = called(steps, kept)
    await members.save(tx, changed)
    return meant


def _of_cases(
    heard: Sequence[telling.Heard], meant: Mapping[str, Sequence[str]], origins: Mapping[str, Origin]
) -> list[Heard]:
    """Nothing is made up for an order of which it is known that nobody is to be called."""
    steps: list[Heard] = []
    for one in heard:
        assert isinstance(one.step, CaseEvent)
        told: str | None = None
        for order_id in meant[one.event.id]:
            origin = origins[order_id]
            callback = None
            if not origin.entered or (origin.callback_url and not origin.gone):
                told = told or telling.view(one.event, one.step, one.matter, "source", only_order=_ANY).cloud_event
                callback = Callback(order_id, one.event.id, one.event.name, told.replace(_ANY, order_id))
            steps.append(Heard(one.event.name, order_id, one.step, callback))
    return steps


def _of_orders(events: Sequence[Event]) -> list[Heard]:
    steps: list[Heard] = []
    for event in events:
        body = body_of(event)
        assert isinstance(body, OrderEvent)
        callback = None
        if isinstance(body, OrderSimulated):
            callback = _simulated(event, body)
        elif event.name in FROM_ORDERS and body.callback_url is not None:
            seen = telling.view(event, body, UNKNOWN, "source")
            callback = Callback(body.order_id, event.id, event.name, seen.cloud_event)
        steps.append(Heard(event.name, body.order_id, body, callback))
    return steps


def _simulated(event: Event, body: OrderSimulated) -> Callback | None:
    """What the source would have got, had its order led to a case."""
    if body.step not in FROM_CASES or body.callback_url is None:
        return None
    step = TYPES[body.step]
    told = Event(
        step.ce_type,
        body.case_id,
        int(body.data.get("sequence", 0)),
        event.time,
        step.source,
        encoded(body.data),
        event.id,
    )
    return Callback(body.order_id, event.id, body.step, told.as_json().decode())


def _outgoing(told: Told, before: Mapping[str, Origin]) -> list[Outgoing]:
    found: list[Outgoing] = []
    for callback in told.send:
        origin = told.origins.get(callback.order_id) or before[callback.order_id]
        assert origin.callback_url is not None  # tell() leaves the others out
        found.append(
            Outgoing(
                id=new_id("dlv"),
                kind="callback",
                receiver=callback.order_id,
                subject=callback.order_id,
                target=origin.callback_url,
                event_id=callback.event_id,
                name=callback.name,
                event=callback.event,
                source=origin.source,
            )
        )
    return found
