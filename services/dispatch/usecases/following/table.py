"""Event of an order → what it does; a batch of them in their order."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from services.dispatch.usecases.following import hearing, joining
from services.dispatch.usecases.following.desk import Desk
from services.dispatch.usecases.matters import case_begun_by, named, recur
from services.dispatch.usecases.opening import open_cases
from services.dispatch.usecases.work import is_over
from services.kit.contracts.envelope import Event
from services.kit.contracts.orders import OrderAccepted, OrderEvent, OrderSplit
from services.kit.contracts.registry import body_of

# Events that may open a case.
OPENING = frozenset({"order.accepted", "order.joined", "order.split"})
Follow = Callable[[Desk, Any], None]
FOLLOW: Mapping[str, Follow] = {
    "order.accepted": joining.accepted,
    "order.joined": joining.joined,
    "order.split": joining.split,
    "order.supplemented": hearing.supplemented,
    "order.urged": hearing.urged,
    "order.withdrawn": joining.withdrawn,
    "order.returned_to_source": joining.returned,
    "order.return_accepted": joining.taken_back,
    "order.return_refused": joining.kept,
    "order.excluded": hearing.excluded,
    "order.feedback": hearing.feedback,
    "order.erased": hearing.erased,
}


def take(desk: Desk, events: Iterable[Event]) -> None:
    """In their order. Neighbouring orders that open cases are routed together."""
    opening: dict[str, OrderAccepted] = {}
    begun: dict[str, OrderAccepted] = {}

    def open_all() -> None:
        for (case_id, order), case in zip(begun.items(), open_cases(desk.work, desk.table, begun), strict=True):
            desk.put(case)
            desk.links[case.orders[0]] = desk.work.links[case_id][case.orders[0]]
            recur(desk.work, desk.cases, order, case)
        opening.clear()
        begun.clear()

    def begin(body: OrderAccepted) -> None:
        opening[body.order_id] = body
        begun[case_begun_by(desk.cases, body)] = body

    for event in events:
        body = body_of(event)
        assert isinstance(body, OrderEvent)
        if body.sandbox:  # touches no real unit
            continue
        if body.order_id in opening or (isinstance(body, OrderAccepted) and named(body) in begun):
            open_all()
        if isinstance(body, OrderAccepted) and _opens(desk, body):
            begin(body)
            continue
        FOLLOW[event.name](desk, body)
        if isinstance(body, OrderSplit):
            begin(body)
    open_all()


def _opens(desk: Desk, body: OrderAccepted) -> bool:
    """Accepted or joined, and the case that it is for is over or unknown; but nothing is opened twice."""
    if isinstance(body, OrderSplit) or desk.case_of(body.order_id) is not None:
        return False
    target = desk.cases.get(named(body) or "")
    return target is None or is_over(target)
