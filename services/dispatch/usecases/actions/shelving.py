"""挂账、复核、销账: the register of what can't be done now. Entered only with a leader's signature."""

from dataclasses import replace

from services.dispatch.domain import clocks, moves
from services.dispatch.domain.clocks import put, started
from services.dispatch.errors import not_now
from services.dispatch.models import Case, ClockRow, Request, Shelving
from services.dispatch.usecases.actions.asked import UNSTATED, Act
from services.dispatch.usecases.work import views
from services.kit.clock import local
from services.kit.problems import wrong


def shelve(act: Act, case: Case) -> Case:
    """The lead asks, whoever dispatches signs."""
    why = _why(act)
    _to_come(act)
    if "dispatcher" in act.standing:
        return entered(act, case, act.unit, why)
    if case.course.request is not None:
        raise not_now(case, act.standing, "shelve", "已有一个申请在等批准，请等批准或不批准之后再提")
    level = act.work.fabric.profile.ladder[-2]
    request = Request("shelve", level.code, act.unit, why, act.asked.until)
    asking = replace(case, course=replace(case.course, request=request))
    return act.tell(asking, act.noted(f"{act.who}申请挂账（{why or UNSTATED}），等{level.name}批准"), "case.progressed")


def entered(act: Act, case: Case, unit: str | None, why: str) -> Case:
    why = why or UNSTATED
    still = moves.held_back(act.work.fabric, case, "shelved", act.now, None)
    review = _review(act, case)
    course = replace(still.course, shelving=Shelving(act.now, why, act.actor.name, act.actor.title))
    after = replace(still, clocks=put(still.clocks, [review]), course=course)
    text = f"同意挂账（{why}），时限暂停，{local(review.due)} 复核"
    return act.tell(after, act.noted(text), "case.shelved", unit=unit or case.lead, clock=review, clocks=views(after))


def review(act: Act, case: Case) -> Case:
    """Looked at again and still not to be done: the next look is due later."""
    _to_come(act)
    following = _review(act, case)
    held = case.course.shelving
    course = case.course if held is None else replace(case.course, shelving=replace(held, reviewed_at=act.now))
    after = replace(case, clocks=put(case.clocks, [following]), course=course)
    text = f"挂账复核：仍不能办理，下次 {local(following.due)} 复核"
    return act.tell(after, act.noted(text), unit=case.lead, clock=following)


def unshelve(act: Act, case: Case) -> Case:
    after = moves.taken_up(act.work.fabric, case, "in_progress", act.now)
    return act.tell(
        after,
        act.noted("销账，恢复办理，时限继续走"),
        unit=case.lead,
        clock=clocks.find(after.clocks, "resolve"),
        clocks=views(after),
    )


def _why(act: Act) -> str:
    """One of the profile's reasons by its code or name, else the words."""
    given = act.words("reason")
    return act.work.fabric.profile.shelving.reasons.get(given, given) or act.words("note")


def _to_come(act: Act) -> None:
    if act.asked.until is not None and act.asked.until <= act.now:
        raise wrong("/until", "时间已经过去，请填以后的时间")


def _review(act: Act, case: Case) -> ClockRow:
    rules = act.work.fabric.profile.shelving
    fresh = started("review", case.round, rules.review, act.now, moves.reckoning(act.work.fabric))
    wished = case.course.request.until if case.course.request is not None else None
    until = act.asked.until if act.asked.action in ("shelve", "review") else wished
    return fresh if until is None or until <= act.now else replace(fresh, due=until)
