"""Two cases that turn out to be one: what the one that goes on takes over from the one that ends. Pure."""

from dataclasses import replace
from datetime import datetime

from services.dispatch.domain import clocks, moves
from services.dispatch.domain.clocks import Reckoning
from services.dispatch.models import Case, JointPart, Slip
from services.fabric.taxonomy import RAISED


def taken_over(stays: Case, ends: Case, now: datetime, by: Reckoning) -> Case:
    """The stricter class, the earlier limits, the units that were at work on the other as helpers with their parts, and
    its 督办单 under their own numbers. Orders are the caller's to move."""
    first = min((due for due in (stays.source_due, ends.source_due) if due is not None), default=None)
    helpers = (*stays.assists, *filter(None, [ends.lead]), *ends.assists)
    course = replace(
        stays.course,
        slips=(*stays.course.slips, *_renumbered(ends.course.slips, len(stays.course.slips))),
        parts=(*stays.course.parts, *_new_parts(stays, ends)),
        dissatisfied=max(stays.course.dissatisfied, ends.course.dissatisfied),
        recurrences=stays.course.recurrences + ends.course.recurrences,
    )
    after = replace(
        stays,
        case_class=max(stays.case_class, ends.case_class, key=RAISED.index),
        source_due=first,
        assists=moves.without(helpers, stays.lead),
        course=course,
    )
    return _earliest(after, ends, now, by)


def left_behind(ends: Case) -> Case:
    """Its slips are the other's now."""
    return replace(ends, course=replace(ends.course, slips=()))


def _earliest(stays: Case, ends: Case, now: datetime, by: Reckoning) -> Case:
    """What was promised for either holds: `resolve` is due at the earlier time, never before now."""
    mine, theirs = clocks.find(stays.clocks, "resolve"), clocks.find(ends.clocks, "resolve")
    if mine is None or theirs is None or mine.state != "running" or theirs.state == "paused":
        return stays
    due = max(theirs.due, now)
    if due >= mine.due:
        return stays
    return replace(stays, clocks=clocks.swap(stays.clocks, mine, clocks.extended(mine, due, by)))


def _renumbered(slips: tuple[Slip, ...], after: int) -> list[Slip]:
    return [replace(slip, place=after + place) for place, slip in enumerate(slips, start=1)]


def _new_parts(stays: Case, ends: Case) -> list[JointPart]:
    held = {part.unit for part in stays.course.parts} | {stays.lead}
    return [part for part in ends.course.parts if part.unit not in held]
