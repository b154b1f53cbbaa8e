"""Several orders that are one matter: which case they are for, when many raise its class, and what comes back.

Intake decides which orders are one matter and names its case; whichever of them comes first begins it here.
"""

from collections.abc import Container
from dataclasses import replace

from services.dispatch.models import Case
from services.dispatch.usecases.work import Work
from services.fabric.profile import Profile
from services.fabric.taxonomy import RAISED
from services.kit.contracts.orders import OrderAccepted, OrderJoined, OrderSplit
from services.kit.ids import new_id

# 应急 is a thing of time, not of how many speak of it.
_TOP = "hard"


def named(body: OrderAccepted) -> str | None:
    """The case that intake means. None: it has named none, or the one that a split order leaves."""
    if isinstance(body, OrderJoined):
        return body.case_id
    return None if isinstance(body, OrderSplit) else body.opens


def case_begun_by(cases: Container[str], body: OrderAccepted) -> str:
    """The id of the case that the order begins: the one it is meant for, unless that is over."""
    wanted = (named(body), body.opens)
    return next((one for one in wanted if one is not None and one not in cases), None) or new_id("case")


def grouped(profile: Profile, case: Case, people: int | None) -> tuple[Case, str]:
    """群诉: so many that the class is raised by one, once. Clocks run on: what was promised is not put off. With what
    there is to say of it."""
    if people is None or people < profile.thresholds.group_orders or case.course.raised_from is not None:
        return case, ""
    if RAISED.index(case.case_class) >= RAISED.index(_TOP):
        return case, ""
    raised = RAISED[RAISED.index(case.case_class) + 1]
    after = replace(case, case_class=raised, course=replace(case.course, raised_from=case.case_class))
    return after, f"；已有 {people} 人反映，按群诉由{_name(profile, case)}升为{_name(profile, after)}"


def ungrouped(profile: Profile, case: Case, people: int | None) -> tuple[Case, str]:
    """Orders that were joined by mistake raise nothing: without them the class is what it was."""
    before = case.course.raised_from
    if people is None or before is None or people >= profile.thresholds.group_orders:
        return case, ""
    after = replace(case, case_class=before, course=replace(case.course, raised_from=None))
    return after, f"；余下 {people} 人反映，不再按群诉，由{_name(profile, case)}恢复为{_name(profile, after)}"


def recur(work: Work, cases: dict[str, Case], order: OrderAccepted, again: Case) -> None:
    """The case that was closed a short while ago bears the mark: it counts against its result."""
    case = cases.get(order.recurs or "")
    if case is None or case.case_id == again.case_id:
        return
    after = replace(case, course=replace(case.course, recurrences=case.course.recurrences + 1))
    text = "结案后又有同样反映，已另行立案，计为复发"
    cases[case.case_id] = work.record.add(after, "case.recurred", text, unit=case.lead, again=again.case_id)


def _name(profile: Profile, case: Case) -> str:
    return profile.classes[case.case_class].name
