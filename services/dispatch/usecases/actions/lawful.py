"""法定程序: answered first, then a procedure of law with its own term, which is seen and is no overtime of ours."""

from dataclasses import replace
from datetime import datetime

from services.dispatch.domain import clocks, moves
from services.dispatch.errors import not_now
from services.dispatch.models import Case, Procedure
from services.dispatch.usecases.actions.asked import Act
from services.dispatch.usecases.work import views
from services.kit.clock import local

LEFT_OUT = "statutory"


def statutory(act: Act, case: Case) -> Case:
    """Out of the figures where the profile says that the concern has such a procedure, or the desk agrees."""
    basis = act.words("basis", "转法定程序要写明法律依据，请填 basis")
    profile = act.work.fabric.profile
    rule = profile.procedure(case.matter, case.kind)
    held = moves.held_back(act.work.fabric, case, "statutory", act.now, None)
    name, term = (rule.name, rule.term.text() if rule.term else "") if rule else ("法定程序", "")
    agreed = profile.concern(case.concern).statutory or "dispatcher" in act.standing
    procedure = Procedure(act.now, name, basis, term, leaves_out=agreed and case.excluded is None)
    after = replace(held, course=replace(held.course, procedure=procedure))
    if procedure.leaves_out:
        after = replace(after, excluded=LEFT_OUT)
    text = f"转入法定程序（{name}），依据：{basis}"
    clock = None
    if rule is not None and rule.term is not None:
        clock = clocks.started("statutory", case.round, rule.term, act.now, moves.reckoning(act.work.fabric))
        after = replace(after, clocks=clocks.put(after.clocks, [clock]))
        text += f"；法定期限{term}，{local(clock.due)} 前作出决定（{rule.basis}）"
    return act.tell(after, act.noted(text), unit=case.lead, reason=basis, clock=clock, clocks=views(after))


def decided(act: Act, case: Case) -> Case:
    """What the procedure has come to so far: its term is met."""
    procedure = case.course.procedure
    if case.state != "statutory" or procedure is None:
        raise not_now(case, act.standing, act.row.action, "案件不在法定程序中，没有法定结果可以登记")
    kept = replace(procedure, result=act.words("result"), result_at=act.now)
    return replace(
        case,
        course=replace(case.course, procedure=kept),
        clocks=clocks.fulfilled(case.clocks, ("statutory",), act.now),
    )


def ended(case: Case, measures: str, at: datetime) -> Case:
    """Resolved or explained out of the procedure: what is told is its result, where none was before."""
    procedure = case.course.procedure
    if case.state != "statutory" or procedure is None or procedure.result:
        return case
    return replace(case, course=replace(case.course, procedure=replace(procedure, result=measures, result_at=at)))


def broken_off(case: Case) -> Case:
    """Taken up again before the procedure came to anything: there was none, and the case counts as before it."""
    procedure = case.course.procedure
    if case.state != "statutory" or procedure is None or procedure.result:
        return case
    excluded = None if procedure.leaves_out and case.excluded == LEFT_OUT else case.excluded
    return replace(case, excluded=excluded, course=replace(case.course, procedure=None))
