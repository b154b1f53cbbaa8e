"""Clocks reckoned again when the calendar is another than the one they were set by. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from services.dispatch.domain import clocks
from services.dispatch.domain.clocks import Clocks, Reckoning
from services.dispatch.models import ClockRow


@dataclass(frozen=True, slots=True)
class Moved:
    """A clock before and after."""

    before: ClockRow
    after: ClockRow


def reckoned(held: Clocks, now: datetime, by: Reckoning) -> tuple[Clocks, tuple[Moved, ...]]:
    """With those that the calendar moves, and which ones fall due at another time now."""
    again = tuple(_again(clock, now, by) for clock in held)
    moved = (Moved(one, other) for one, other in zip(held, again, strict=True) if one.due != other.due)
    return again, tuple(moved)


def shown(moved: Iterable[Moved]) -> tuple[Moved, ...]:
    """Those of which people are told, in the order of a case's course."""
    theirs = {one.after.kind: one for one in moved if one.after.kind in clocks.SHOWN}
    return tuple(theirs[kind] for kind in clocks.SHOWN if kind in theirs)


def _again(clock: ClockRow, now: datetime, by: Reckoning) -> ClockRow:
    """What has turned red stays red: people have acted on it. And nobody becomes late afterwards by a calendar that came
    too late: where its due time would have been before now, the clock keeps the one that everybody knew."""
    since, remaining = clock.since, clock.remaining
    if not clock.open or clock.state == "overdue" or since is None or remaining is None or clock.reckoned >= by.version:
        return clock
    due = clocks.after(clock.span, since, remaining, by.calendar_of(clock.span))
    known = replace(clock, provisional=due.provisional, reckoned=by.version)
    if due.at == clock.due or due.at <= (clock.paused_at or now):
        return known
    yellow_at = clocks.yellow(clock.kind, clock.span, clock.started, due.at, by)
    warned = clock.warned and yellow_at is not None and yellow_at <= now
    return replace(known, due=due.at, yellow_at=yellow_at, warned=warned)
