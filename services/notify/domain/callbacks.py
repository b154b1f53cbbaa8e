"""What the source of an order is called back with, in the order in which things happened to its order."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from services.kit.contracts.cases import CaseEvent
from services.kit.contracts.orders import OrderEvent

# 受理、退回、移交、派遣、办结（解释）、结案；来源没收到时重告
FROM_ORDERS = frozenset(
    {
        *("order.accepted", "order.joined", "order.declined", "order.returned_to_source"),
        *("order.handed_over", "order.told_again"),
    }
)
FROM_CASES = frozenset({"case.dispatched", "case.resolved", "case.explained", "case.closed"})
# Dispatch opens or widens a case because of one of these: no case event is told before it.
ENTERS = frozenset({"order.accepted", "order.joined", "order.split"})


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an order came from. Cases and orders are two topics: an order may first be known by its case's event, and
    then has no source yet. `entered`: its acceptance has been seen. `gone`: the source said that it wants no more."""

    order_id: str
    source: str | None = None
    callback_url: str | None = None
    sandbox: bool = False
    entered: bool = False
    gone: bool = False


@dataclass(frozen=True, slots=True)
class Callback:
    """One event for one order's source; `event` is the CloudEvent as it will be sent."""

    order_id: str
    event_id: str
    name: str
    event: str


@dataclass(frozen=True, slots=True)
class Heard:
    """A step in the life of one order: of its own (`body` an OrderEvent) or of its case. `callback` None: the source is
    not told of it."""

    name: str
    order_id: str
    body: OrderEvent | CaseEvent
    callback: Callback | None


@dataclass(frozen=True, slots=True)
class Told:
    """`send`: callbacks in their order, per order; `early`: those whose order is still to come."""

    origins: Mapping[str, Origin]
    send: tuple[Callback, ...] = ()
    early: tuple[Callback, ...] = ()
    entered: frozenset[str] = field(default=frozenset())


def entering(steps: Iterable[Heard], origins: Mapping[str, Origin]) -> list[str]:
    """Orders whose acceptance is among these steps: what came early for them is due now."""
    first = {step.order_id for step in steps if step.name in ENTERS}
    return sorted(order_id for order_id in first if not origins[order_id].entered)


def tell(steps: Sequence[Heard], origins: Mapping[str, Origin], waited: Mapping[str, Sequence[Callback]]) -> Told:
    """`waited`: callbacks kept from earlier batches for the orders that `entering` named, in their order."""
    now = dict(origins)
    waiting = {order_id: list(kept) for order_id, kept in waited.items()}
    send: list[Callback] = []
    for step in steps:
        order_id = step.order_id
        if isinstance(step.body, OrderEvent):
            before = now[order_id]
            now[order_id] = _known(before, step.name, step.body)
            _add(send, step.callback)
            if now[order_id].entered and not before.entered:
                send += waiting.pop(order_id, [])
        elif now[order_id].entered:
            _add(send, step.callback)
        elif step.callback is not None:
            waiting.setdefault(order_id, []).append(step.callback)
    changed = {order_id: origin for order_id, origin in now.items() if origin != origins[order_id]}
    wanted = tuple(one for one in send if now[one.order_id].callback_url and not now[one.order_id].gone)
    return Told(changed, wanted, tuple(one for kept in waiting.values() for one in kept))


def _known(origin: Origin, name: str, body: OrderEvent) -> Origin:
    return replace(
        origin,
        source=body.source,
        callback_url=body.callback_url or origin.callback_url,
        sandbox=body.sandbox,
        entered=origin.entered or name in ENTERS,
    )


def _add(send: list[Callback], callback: Callback | None) -> None:
    if callback is not None:
        send.append(callback)
