"""What intake's orders do to cases: opened, joined, split, supplemented, urged, withdrawn, judged by the citizen."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from services.dispatch import metrics
from services.dispatch.domain import merging, moves
from services.dispatch.domain.actors import CITIZEN, SOURCE
from services.dispatch.domain.lifecycle import DONE
from services.dispatch.domain.routing.table import RuleTable
from services.dispatch.models import Case, OrderLink
from services.dispatch.usecases.matters import case_begun_by, grouped, named, recur, ungrouped
from services.dispatch.usecases.opening import link_of, open_cases
from services.dispatch.usecases.work import SATISFACTION, Work, called, is_over, judged, reopen, sooner, withdraw
from services.fabric.taxonomy import RAISED
from services.kit.contracts.envelope import Event
from services.kit.contracts.orders import (
    OrderAccepted,
    OrderErased,
    OrderEvent,
    OrderExcluded,
    OrderFeedback,
    OrderJoined,
    OrderReturnAnswered,
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
    taken in their order, in memory; the record is written once. `erased`: cases whose citizens' words are to go; `gone`:
    cases that were withdrawn, and what was said of it."""

    work: Work
    table: RuleTable
    cases: dict[str, Case]
    links: dict[str, OrderLink]
    erased: set[str] = field(default_factory=set)
    gone: dict[str, str] = field(default_factory=dict)

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


def _accepted(desk: Desk, body: OrderAccepted) -> None:
    """Told again; or another order of the same matter has come before and begun the case."""
    if body.opens is not None:
        _come(desk, body, body.opens)


def _joined(desk: Desk, body: OrderJoined) -> None:
    _come(desk, body, body.case_id, body.people)


def _come(desk: Desk, body: OrderAccepted, case_id: str, people: int | None = None) -> None:
    """并案. The case that it leaves is withdrawn if it held nothing else."""
    target = desk.cases.get(case_id)
    held = desk.case_of(body.order_id)
    if target is None or is_over(target) or (held is not None and held.case_id == target.case_id):
        return
    if held is not None:
        if held.orders == (body.order_id,) and not is_over(held):
            # Nothing is left of it: what was promised and demanded there goes on here.
            target = merging.taken_over(target, held, desk.work.now, moves.reckoning(desk.work.fabric))
            desk.put(merging.left_behind(held))
        _leave(desk, body.order_id, f"并入案件 {target.case_id}")
    profile = desk.work.fabric.profile
    desk.put_link(link_of(profile, target.case_id, body, desk.work.now))
    after = replace(_marked(desk.work, target, body), orders=(*target.orders, body.order_id))
    after, said = grouped(profile, after, people)
    text = f"并案：又有一张工单反映同一件事，共 {len(after.orders)} 张{said}"
    desk.put(desk.work.record.add(after, "case.merged", text, unit=after.lead, came=[body.order_id]))


def _marked(work: Work, case: Case, body: OrderAccepted) -> Case:
    """What the newcomer's source marks counts for the case that it comes to."""
    least = work.fabric.profile.marks.least(body.supervised, body.source_urgency, body.repeat_of is not None)
    raised = max(case.case_class, least or case.case_class, key=RAISED.index)
    due = body.source_due
    if due is None:
        return replace(case, case_class=raised)
    first = min(due, case.source_due or due)
    return replace(sooner(work, case, due), case_class=raised, source_due=first)


def _split(desk: Desk, body: OrderSplit) -> None:
    """Out of its case; it gets one of its own."""
    _leave(desk, body.order_id, "工单已拆出，另行立案", told="拆案：一张工单拆出，另行办理", people=body.people)


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
    """Proposed only: whoever got it first goes on until the source has taken it back."""
    if body.pending:
        _noted(desk, body, "已向来源提出退回，来源确认以前继续办理，时限不变")
    else:
        _taken_back(desk, body)


def _taken_back(desk: Desk, body: OrderEvent) -> None:
    _leave(desk, body.order_id, "工单退回来源，撤案", told="一张工单已退回来源，其余继续办理")


def _kept(desk: Desk, body: OrderReturnAnswered) -> None:
    said = f"：{body.note}" if body.note else ""
    _noted(desk, body, f"来源不同意退回{said}。继续办理，时限不变")


def _excluded(desk: Desk, body: OrderExcluded) -> None:
    """Out of the rates, also of a case that is over; where other orders count, the case does."""
    case = desk.case_of(body.order_id)
    if case is None:
        metrics.WITHOUT_CASE.labels("order.excluded").inc()
    elif body.whole_case or case.orders == (body.order_id,):
        after = replace(case, excluded=case.excluded or body.ground)
        name = desk.work.fabric.profile.rates.excluded.get(body.ground, body.ground)
        desk.put(desk.work.record.add(after, "case.progressed", f"考核剔除：{name}", unit=case.lead))


def _noted(desk: Desk, body: OrderEvent, text: str) -> None:
    case = desk.case_of(body.order_id)
    if case is not None and not is_over(case):
        desk.put(desk.work.record.add(case, "case.progressed", text, unit=case.lead))


def _feedback(desk: Desk, body: OrderFeedback) -> None:
    case = _found(desk, body, "order.feedback", over=True)
    link = desk.links.get(body.order_id)
    if case is None or link is None:
        return
    work = desk.work
    # While it is being done again, what is said is of the result before.
    of_round = case.round if case.state in DONE or is_over(case) else case.round - 1
    link = replace(link, resolved=body.resolved, satisfaction=body.satisfaction, answered_at=work.now, round=of_round)
    desk.put_link(link)
    case = called(work, case)
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
    case = judged(work, case, link)
    if body.rework and (case.state in DONE or case.state == "closed"):
        case = reopen(work, case, f"来源要求重办，仍由{work.name(case.lead)}主办", SOURCE)
    desk.put(case)


def _erased(desk: Desk, body: OrderErased) -> None:
    """The case that this order opened keeps what was done and loses what was said and at whose door: its timeline doesn't
    tell which of its citizens spoke. Cases that others opened are none of this order's words."""
    for case_id in body.cases:
        case = desk.cases.get(case_id)
        links = list(desk.work.links[case_id].values())
        for link in links:
            if link.order_id == body.order_id and link.person is not None:
                desk.put_link(replace(link, person=None))
        first = min(links, key=lambda link: (link.since, link.order_id), default=None)
        if case is None or first is None or first.order_id != body.order_id or case_id in desk.erased:
            continue
        desk.erased.add(case_id)
        bare = replace(case, title="", summary="", place=case.place.roughly())
        desk.put(desk.work.record.add(bare, "case.erased", "市民的原话已按规定删除", title="", summary=""))


def _found(desk: Desk, body: OrderEvent, name: str, over: bool = False) -> Case | None:
    """The order's case; None where it is in none, or in one that is over."""
    case = desk.case_of(body.order_id)
    if case is None or (is_over(case) and not over):
        metrics.WITHOUT_CASE.labels(name).inc()
        return None
    return case


def _leave(desk: Desk, order_id: str, last: str, told: str | None = None, people: int | None = None) -> None:
    """The order is no longer in its case. `last` is said when it was the last one and the case ends; `told` when
    others keep it. A case that has its result already only loses the order."""
    case = desk.case_of(order_id)
    if case is None:
        return
    desk.put_link(replace(desk.links[order_id], live=False))
    after = replace(case, orders=tuple(one for one in case.orders if one != order_id))
    if is_over(case):
        return
    after = called(desk.work, after)
    if not after.orders:
        desk.put(withdraw(desk.work, after, last))
        desk.gone[case.case_id] = last
    else:
        after, said = ungrouped(desk.work.fabric.profile, after, people)
        text = (told or last) + said
        desk.put(desk.work.record.add(after, "case.merged", text, unit=after.lead, went=[order_id]))


# Events that may open a case.
OPENING = frozenset({"order.accepted", "order.joined", "order.split"})
Follow = Callable[[Desk, Any], None]
FOLLOW: Mapping[str, Follow] = {
    "order.accepted": _accepted,
    "order.joined": _joined,
    "order.split": _split,
    "order.supplemented": _supplemented,
    "order.urged": _urged,
    "order.withdrawn": _withdrawn,
    "order.returned_to_source": _returned,
    "order.return_accepted": _taken_back,
    "order.return_refused": _kept,
    "order.excluded": _excluded,
    "order.feedback": _feedback,
    "order.erased": _erased,
}
