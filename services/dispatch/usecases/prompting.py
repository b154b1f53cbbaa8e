"""自动催办、自动督办: what the house says by itself where the profile wants a class of case watched to its end."""

from services.dispatch.domain import clocks, moves
from services.dispatch.domain.actors import SYSTEM
from services.dispatch.domain.lifecycle import OWED
from services.dispatch.models import Case, ClockRow
from services.dispatch.usecases.work import Work, supervise
from services.kit.contracts.cases import CLOCKS


def at_yellow(work: Work, case: Case, clock: ClockRow) -> Case:
    """After the warning, once for each limit of the work."""
    if case.case_class not in work.fabric.profile.prompting.urge or not _owed(case, clock):
        return case
    text = f"自动催办：{CLOCKS[clock.kind]}时限快到，请{work.name(case.lead)}抓紧办理"
    return work.record.add(case, "case.urged", text, unit=case.lead, clock=clock)


def at_red(work: Work, case: Case, clock: ClockRow) -> Case:
    """Where so many limits of the work have been missed and nobody has issued a 督办单 yet. It demands an answer by the due
    time that the case has left, else within the profile's time."""
    rules = work.fabric.profile.prompting
    missed = [one for one in case.clocks if one.kind in clocks.OF_WORK and one.state in ("overdue", "late")]
    wanted = case.case_class in rules.supervise and len(missed) >= rules.supervise_at
    if not wanted or case.course.slips or not _owed(case, clock):
        return case
    resolve = clocks.find(case.clocks, "resolve")
    by = moves.reckoning(work.fabric)
    left = resolve is not None and resolve.state == "running" and resolve.due > work.now
    due = resolve.due if resolve and left else rules.answer.due(work.now, by.calendar).at
    text = f"自动督办：已有 {len(missed)} 个时限超期，请{work.name(case.lead)}限期办结"
    return supervise(work, case, text, SYSTEM, due)


def _owed(case: Case, clock: ClockRow) -> bool:
    return clock.kind in clocks.OF_WORK and case.state in OWED
