"""What intake's orders do to cases: opened, joined, split, supplemented, urged, withdrawn, judged by the citizen."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from services.dispatch import metrics
from services.dispatch.domain.actors import CITIZEN
from services.dispatch.domain.routing.table import RuleTable
from services.dispatch.models import Case, OrderLink
from services.dispatch.usecases.opening import link_of, open_cases
from services.dispatch.usecases.work import SATISFACTION, Work, is_over, judged, withdraw
from services.kit.contracts.envelope import Event
from services.kit.contracts.orders import (
    OrderAccepted,
    OrderEvent,
    OrderFeedback,
    OrderJoined,
    OrderReturned,
    OrderSplit,
    OrderSupplemented,
    OrderUrged,
    OrderWithdrawn,
)
from services.kit.contracts.registry import body_of


@dataclass
class Desk:
    """The cases that a batch of order events concerns, all locked, and where each of the orders is live. Events are
    taken in their order, in memory; the record is written once."""

    work: Work
    table: RuleTable
    cases: dict[str, Case]
    links: dict[str, OrderLink]

    def case_of(self, order_id: str) -> Case | None:
        link = self.links.get(order_id)
        return self.cases.get(link.case_id) if link else None

    def put(self, case: Case) -> Case:
        self.cases[case.case_id] = case
        return case

    def put_link(self, link: OrderLink) -> None:
        self.work.put(link)
        if link.live:
            self.links[link.order_id] = link
        elif (held := self.links.get(link.order_id)) is not None and held.case_id == link.case_id:
            del self.links[link.order_id]


def take(desk: Desk, events: Iterable[Event]) -> None:
    """In their order. Neighbouring orders that open cases are routed together."""
    opening: dict[str, OrderAccepted] = {}

    def open_all() -> None:
        for case in open_cases(desk.work, desk.table, list(opening.values())):
            desk.put(case)
            desk.links[case.orders[0]] = desk.work.links[case.case_id][case.orders[0]]
        opening.clear()

    for event in events:
        body = body_of(event)
        assert isinstance(body, OrderEvent)
        if body.order_id in opening:
            open_all()
        if isinstance(body, OrderAccepted) and _opens(desk, body):
            opening[body.order_id] = body
            continue
        FOLLOW[event.name](desk, body)
        if isinstance(body, OrderSplit):
            opening[body.order_id] = body
    open_all()


def _opens(desk: Desk, body: OrderAccepted) -> bool:
    """Accepted, or joined to a case that is over or unknown; but nothing is opened twice."""
    if isinstance(body, OrderSplit) or desk.case_of(body.order_id) is not None:
        return False
    target = desk.cases.get(body.case_id) if isinstance(body, OrderJoined) else None
    return target is None or is_over(target)


def _nothing(desk: Desk, body: OrderEvent) -> None:
    """Already in a case: told again."""


def _joined(desk: Desk, body: OrderJoined) -> None:
    """并案. The case that it leaves is withdrawn if it held nothing else."""
    target = desk.cases.get(body.case_id)
    held = desk.case_of(body.order_id)
    if target is None or is_over(target) or (held is not None and held.case_id == target.case_id):
        return
    if held is not None:
        _leave(desk, body.order_id, f"并入案件 {target.case_id}")
    desk.put_link(link_of(desk.work.fabric.profile, target.case_id, body, desk.work.now))
    after = replace(target, orders=(*target.orders, body.order_id))
    text = f"并案：又有一张工单反映同一件事，共 {len(after.orders)} 张"
    desk.put(desk.work.record.add(after, "case.merged", text, unit=after.lead))


def _split(desk: Desk, body: OrderSplit) -> None:
    """Out of its case; it gets one of its own."""
    _leave(desk, body.order_id, "工单已拆出，另行立案", told="拆案：一张工单拆出，另行办理")


def _supplemented(desk: Desk, body: OrderSupplemented) -> None:
    case = _found(desk, body, "order.supplemented")
    if case is not None:
        desk.put(
            desk.work.record.add(case, "case.progressed", f"市民补充：{body.content}", actor=CITIZEN, unit=case.lead)
        )


def _urged(desk: Desk, body: OrderUrged) -> None:
    case = _found(desk, body, "order.urged")
    if case is not None:
        text = f"市民催办：{body.note}" if body.note else "市民催办"
        desk.put(desk.work.record.add(case, "case.urged", text, actor=CITIZEN, unit=case.lead))


def _withdrawn(desk: Desk, body: OrderWithdrawn) -> None:
    _leave(desk, body.order_id, "市民撤回，撤案", told="一张工单已由市民撤回，其余继续办理")


def _returned(desk: Desk, body: OrderReturned) -> None:
    _leave(desk, body.order_id, "工单退回来源，撤案", told="一张工单已退回来源，其余继续办理")


def _feedback(desk: Desk, body: OrderFeedback) -> None:
    case = _found(desk, body, "order.feedback", over=True)
    link = desk.links.get(body.order_id)
    if case is None or link is None:
        return
    work = desk.work
    link = replace(link, resolved=body.resolved, satisfaction=body.satisfaction, answered_at=work.now)
    desk.put_link(link)
    said = "已解决" if body.resolved else "未解决"
    text = f"市民评价：{said}，{SATISFACTION[body.satisfaction]}" + (f"。{body.comment}" if body.comment else "")
    case = work.record.add(
        case,
        "case.feedback",
        text,
        actor=CITIZEN,
        unit=case.lead,
        order_id=body.order_id,
        resolved=body.resolved,
        satisfaction=body.satisfaction,
    )
    desk.put(judged(work, case, link))


def _found(desk: Desk, body: OrderEvent, name: str, over: bool = False) -> Case | None:
    """The order's case; None where it is in none, or in one that is over."""
    case = desk.case_of(body.order_id)
    if case is None or (is_over(case) and not over):
        metrics.WITHOUT_CASE.labels(name).inc()
        return None
    return case


def _leave(desk: Desk, order_id: str, last: str, told: str | None = None) -> None:
    """The order is no longer in its case. `last` is said when it was the last one and the case ends; `told` when
    others keep it. A case that has its result already only loses the order."""
    case = desk.case_of(order_id)
    if case is None:
        return
    desk.put_link(replace(desk.links[order_id], live=False))
    after = replace(case, orders=tuple(one for one in case.orders if one != order_id))
    if is_over(case):
        return
    if not after.orders:
        desk.put(withdraw(desk.work, after, last))
    else:
        text = told or last
        desk.put(desk.work.record.add(after, "case.merged", text, unit=after.lead))


# Events that may open a case.
OPENING = frozenset({"order.accepted", "order.joined", "order.split"})
Follow = Callable[[Desk, Any], None]
FOLLOW: Mapping[str, Follow] = {
    "order.accepted": _nothing,
    "order.joined": _joined,
    "order.split": _split,
    "order.supplemented": _supplemented,
    "order.urged": _urged,
    "order.withdrawn": _withdrawn,
    "order.returned_to_source": _returned,
    "order.feedback": _feedback,
}
