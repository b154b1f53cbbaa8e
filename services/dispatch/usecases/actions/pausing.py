"""延期、缓办: time that is given, and who has to agree, also to 挂账."""

from dataclasses import replace
from datetime import timedelta

from services.dispatch.domain import clocks, moves
from services.dispatch.errors import extension_refused, not_now, not_yours
from services.dispatch.models import Case, Request
from services.dispatch.usecases.actions import lawful, shelving
from services.dispatch.usecases.actions.asked import UNSTATED, Act
from services.dispatch.usecases.work import views
from services.kit.clock import local
from services.kit.problems import wrong

LONGEST_DEFERRAL = timedelta(days=366)


def extend(act: Act, case: Case) -> Case:
    """As often and as far as the class allows; where a level has to agree, it is a request first."""
    profile = act.work.fabric.profile
    rules = profile.clocks(case.decision.clocks, case.matter).extension
    until = act.future("until", "请填延到什么时候（until）")
    resolve = clocks.find(case.clocks, "resolve")
    if case.course.request is not None:
        raise extension_refused(case, act.standing, "已有一个申请在等批准，请等批准或不批准之后再提")
    if case.course.extensions >= rules.times:
        said = f"这类案件最多延期 {rules.times} 次，已经用完" if rules.times else "这类案件不能延期"
        raise extension_refused(case, act.standing, f"{said}，请按期办结")
    if resolve is None or resolve.state != "running":
        raise extension_refused(case, act.standing, "办结时限已过或没有在走，不能延期，请尽快办结")
    latest = act.work.fabric.calendar.add_working_days(resolve.due, rules.days).at
    if not resolve.due < until <= latest:
        raise wrong("/until", f"要在原期限之后，最迟到 {local(latest)}（{rules.days:g} 个工作日）")
    if rules.approval is not None and not _agrees(act, rules.approval):
        request = Request("extend", rules.approval, act.unit, act.words("note"), until)
        text = f"{act.who}申请延期到 {local(until)}，等{profile.level_name(rules.approval)}批准"
        return act.tell(_asking(case, request), act.noted(text), "case.progressed")
    return _extended(act, case, request=Request("extend", "", act.unit, until=until))


def approve(act: Act, case: Case) -> Case:
    request = _request(act, case)
    if request.action == "extend":
        return _extended(act, case, request)
    return shelving.entered(act, case, request.unit, request.note)


def refuse(act: Act, case: Case) -> Case:
    request = _request(act, case)
    asked = {"extend": "延期", "shelve": "挂账"}[request.action]
    return act.tell(_asking(case, None), act.noted(f"不同意{asked}，请按期办结"), unit=request.unit or case.lead)


def defer(act: Act, case: Case) -> Case:
    until = act.future("until", "缓办要写明到什么时候，请填 until")
    if until - act.now > LONGEST_DEFERRAL:
        raise wrong("/until", "缓办最长一年，更久的请用挂账（shelve）")
    after = moves.held_back(act.work.fabric, case, "deferred", act.now, until)
    why = act.words("reason") or ("" if act.asked.note else UNSTATED)
    text = f"{act.who}缓办到 {local(until)}{f'（{why}）' if why else ''}，时限暂停"
    return act.tell(after, act.noted(text), unit=case.lead, clocks=views(after))


def resume(act: Act, case: Case) -> Case:
    kept = lawful.broken_off(case)
    after = moves.taken_up(act.work.fabric, kept, None, act.now)
    counts = "；法定程序没有结果，照常计入考核" if kept.excluded != case.excluded else ""
    return act.tell(
        after,
        act.noted(f"恢复办理，时限继续走{counts}"),
        unit=case.lead,
        clock=clocks.find(after.clocks, "resolve"),
        clocks=views(after),
    )


def _request(act: Act, case: Case) -> Request:
    request = case.course.request
    if request is None:
        raise not_now(case, act.standing, act.row.action, "没有等批准的申请")
    if not _agrees(act, request.level):
        name = act.work.fabric.profile.level_name(request.level)
        raise not_yours(f"这个申请要由{name}批准，请换有权限的密钥")
    return request


def _agrees(act: Act, level: str) -> bool:
    """The top of the ladder speaks for the district; below it the duty desk does too."""
    top = act.work.fabric.profile.ladder[-1].code
    return "district" in act.standing if level == top else "dispatcher" in act.standing


def _asking(case: Case, request: Request | None) -> Case:
    return replace(case, course=replace(case.course, request=request))


def _extended(act: Act, case: Case, request: Request) -> Case:
    resolve = clocks.find(case.clocks, "resolve")
    if resolve is None or request.until is None or request.until <= act.now:
        raise extension_refused(case, act.standing, "申请的期限已经过去，请重新申请")
    longer = clocks.extended(resolve, request.until, moves.reckoning(act.work.fabric))
    after = replace(
        case,
        clocks=clocks.swap(case.clocks, resolve, longer),
        course=replace(case.course, extensions=case.course.extensions + 1, request=None),
    )
    text = f"同意延期到 {local(request.until)}"
    return act.tell(after, act.noted(text), "case.extended", unit=request.unit or case.lead, clock=longer)
