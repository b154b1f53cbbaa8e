"""Orders that come into a case, or leave it."""

from dataclasses import replace

from services.dispatch.domain import merging, moves
from services.dispatch.models import Case
from services.dispatch.usecases.following.desk import Desk, noted
from services.dispatch.usecases.matters import grouped, ungrouped
from services.dispatch.usecases.opening import link_of
from services.dispatch.usecases.work import Work, called, is_over, sooner, withdraw
from services.fabric.taxonomy import RAISED
from services.kit.contracts.orders import (
    OrderAccepted,
    OrderEvent,
    OrderJoined,
    OrderReturnAnswered,
    OrderReturned,
    OrderSplit,
    OrderWithdrawn,
)


def accepted(desk: Desk, body: OrderAccepted) -> None:
    """Told again; or another order of the same matter has come before and begun the case."""
    if body.opens is not None:
        _come(desk, body, body.opens)


def joined(desk: Desk, body: OrderJoined) -> None:
    _come(desk, body, body.case_id, body.people)


def split(desk: Desk, body: OrderSplit) -> None:
    """Out of its case; it gets one of its own."""
    _leave(desk, body.order_id, "工单已拆出，另行立案", told="拆案：一张工单拆出，另行办理", people=body.people)


def withdrawn(desk: Desk, body: OrderWithdrawn) -> None:
    _leave(desk, body.order_id, "市民撤回，撤案", told="一张工单已由市民撤回，其余继续办理")


def returned(desk: Desk, body: OrderReturned) -> None:
    """Proposed only: whoever got it first goes on until the source has taken it back."""
    if body.pending:
        noted(desk, body, "已向来源提出退回，来源确认以前继续办理，时限不变")
    else:
        taken_back(desk, body)


def taken_back(desk: Desk, body: OrderEvent) -> None:
    _leave(desk, body.order_id, "工单退回来源，撤案", told="一张工单已退回来源，其余继续办理")


def kept(desk: Desk, body: OrderReturnAnswered) -> None:
    said = f"：{body.note}" if body.note else ""
    noted(desk, body, f"来源不同意退回{said}。继续办理，时限不变")


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
    after, said = grouped(profile, called(desk.work, after), people)
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


def _leave(desk: Desk, order_id: str, last: str, told: str | None = None, people: int | None = None) -> None:
    """The order is no longer in its case. `last` is said when it was the last one and the case ends; `told` when
    others keep it. A case that is over only loses the order, and the call that it was owed."""
    case = desk.case_of(order_id)
    if case is None:
        return
    desk.put_link(replace(desk.links[order_id], live=False))
    after = replace(case, orders=tuple(one for one in case.orders if one != order_id))
    if is_over(case):
        if (settled := called(desk.work, case)) != case:
            desk.put(desk.work.record.add(settled, "case.progressed", "工单已不在本案，不再回访", unit=case.lead))
        return
    after = called(desk.work, after)
    if not after.orders:
        desk.put(withdraw(desk.work, after, last))
        desk.gone[case.case_id] = last
    else:
        after, said = ungrouped(desk.work.fabric.profile, after, people)
        text = (told or last) + said
        desk.put(desk.work.record.add(after, "case.merged", text, unit=after.lead, went=[order_id]))
