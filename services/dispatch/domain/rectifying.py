"""限期整改, pure: ordered, due, looked at, put right, ordered again or handed to enforcement."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Literal

from services.dispatch.domain.clocks import Reckoning
from services.dispatch.models import Case, Rectification
from services.fabric.spans import Span
from services.kit.contracts.follow_up import RectificationView

Outcome = Literal["passed", "again", "handed_over"]
STATES = {"ordered": "整改中", "passed": "已整改", "handed_over": "已移交执法", "void": "已撤销"}
_SPAN = Span(amount=2, unit="days", time="working")


def ordered(
    case: Case, subject: str, shop_code: str | None, orders: str, unit: str | None, at: datetime, due: datetime,
    by: Reckoning,
) -> Rectification:  # fmt: skip
    place = len(case.course.rectifications) + 1
    yellow = by.yellow.at(_SPAN, at, due, by.calendar)
    return Rectification(f"{case.case_id}-R{place}", place, subject, shop_code, orders, unit, at, due, yellow)


def checked(
    one: Rectification, outcome: Outcome, found: str, at: datetime, due: datetime | None, to: str | None, by: Reckoning
) -> Rectification:
    """`due` is the new one of `again`, `to` the enforcement unit of `handed_over`."""
    seen = replace(one, checked_at=at, found=found, failed=one.failed + (outcome != "passed"))
    if outcome == "again":
        assert due is not None
        return replace(seen, due=due, yellow_at=by.yellow.at(_SPAN, at, due, by.calendar), warned=False, overdue=False)
    return replace(seen, state=outcome, enforcement=to)


def find(case: Case, number: str) -> Rectification | None:
    return next((one for one in case.course.rectifications if one.number == number), None)


def put(case: Case, one: Rectification) -> Case:
    kept = [one if held.number == one.number else held for held in case.course.rectifications]
    if one.place > len(kept):
        kept.append(one)
    return replace(case, course=replace(case.course, rectifications=tuple(kept)))


def voided(case: Case) -> Case:
    """The case is withdrawn: nobody looks any more."""
    if not case.course.rectifications:
        return case
    kept = tuple(replace(one, state="void") if one.state == "ordered" else one for one in case.course.rectifications)
    return replace(case, course=replace(case.course, rectifications=kept))


def next_moment(held: Iterable[Rectification]) -> datetime | None:
    return min((at for one in held if (at := _moment(one)) is not None), default=None)


def fallen(case: Case, now: datetime) -> Rectification | None:
    """The one whose light should have turned first."""
    due = [(at, one.place, one) for one in case.course.rectifications if (at := _moment(one)) is not None and at <= now]
    return min(due, key=lambda held: held[:2])[2] if due else None


def light(one: Rectification, now: datetime) -> str:
    if one.state != "ordered":
        return "green"
    if one.due <= now:
        return "red"
    return "yellow" if one.yellow_at is not None and one.yellow_at <= now else "green"


def view(one: Rectification) -> RectificationView:
    return RectificationView(
        number=one.number,
        subject=one.subject,
        shop_code=one.shop_code,
        unit=one.unit,
        state=one.state,
        due=one.due,
        overdue=one.overdue,
        failed=one.failed,
        enforcement=one.enforcement,
    )


def _moment(one: Rectification) -> datetime | None:
    if one.state != "ordered" or one.overdue:
        return None
    return one.yellow_at if one.yellow_at is not None and not one.warned and one.yellow_at < one.due else one.due
