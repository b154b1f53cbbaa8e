"""Time limits of a case, pure: set, met, paused, and what falls due next. Lateness is judged against `due`."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from services.dispatch.domain.lifecycle import Action
from services.dispatch.models import ClockKind, ClockRow
from services.fabric.calendar import Due, WorkingCalendar
from services.fabric.rules import AfterResolve, ClassRules
from services.fabric.spans import Span, YellowRule
from services.kit.contracts.cases import ClockView
from services.kit.contracts.payload import Light

Clocks = tuple[ClockRow, ...]


@dataclass(frozen=True, slots=True)
class Limit:
    """`met_by` are the actions that fulfil it. `of_work`: it begins with each dispatch, as long as the class's rules say
    under its own name, and its red climbs."""

    met_by: tuple[Action, ...]
    of_work: bool = False


# What people see; of two that fall due at once the earlier row is told of first.
LIMITS: Mapping[ClockKind, Limit] = {
    "sign": Limit(("sign",), of_work=True),
    "contact": Limit(("contact",), of_work=True),
    # The first word from the work itself shows that somebody is there.
    "on_site": Limit(("progress",), of_work=True),
    "resolve": Limit(("resolve", "explain"), of_work=True),
    "verify": Limit(("verify",)),
    "callback": Limit(("callback",)),
    "recheck": Limit(("recheck",)),
}
SHOWN: tuple[ClockKind, ...] = tuple(LIMITS)
# Shown beside the limits; never a light: what the law gives, and when what is shelved is looked at again.
BESIDE: tuple[ClockKind, ...] = ("statutory", "review")
OF_WORK: tuple[ClockKind, ...] = tuple(kind for kind, limit in LIMITS.items() if limit.of_work)


@dataclass(frozen=True, slots=True)
class Reckoning:
    """What reckoning needs beside the span: the calendar, and when the light turns yellow. `own`: a unit's own time, by its
    code; `version`: of the fabric that all this is of."""

    calendar: WorkingCalendar
    yellow: YellowRule
    own: Callable[[str | None], WorkingCalendar] | None = None
    version: int = 0

    def calendar_of(self, span: Span) -> WorkingCalendar:
        return self.calendar if self.own is None or span.time != "unit" else self.own(span.of)


def started(
    kind: ClockKind, round: int, span: Span, at: datetime, by: Reckoning, no_later: datetime | None = None
) -> ClockRow:
    """`no_later` brings the due time forward, never before the start."""
    calendar = by.calendar_of(span)
    due, remaining = span.due(at, calendar), span.length(calendar)
    begun = ClockRow(kind, round, at, due.at, None, span, provisional=due.provisional, since=at, remaining=remaining)
    if no_later is not None and no_later < due.at:
        begun = replace(begun, due=max(no_later, at), provisional=False, remaining=None)
    return replace(begun, yellow_at=yellow(kind, span, at, begun.due, by), reckoned=by.version)


def of_dispatch(
    rules: ClassRules,
    round: int,
    at: datetime,
    by: Reckoning,
    source_due: datetime | None,
    lead: str | None = None,
) -> Clocks:
    """The clocks that a dispatch to `lead` begins. `source_due` brings `resolve` forward."""
    spans: dict[ClockKind, Span | None] = {kind: getattr(rules, kind) for kind in OF_WORK}
    return tuple(
        started(kind, round, span.of_unit(lead), at, by, source_due if kind == "resolve" else None)
        for kind, span in spans.items()
        if span is not None
    )


def of_result(
    after: AfterResolve, round: int, at: datetime, by: Reckoning, *, around_the_clock: bool, by_us: bool
) -> Clocks:
    """What begins with a result: verification, our own callback if one is due, and the silence that closes the case.
    `around_the_clock`: an emergency is verified through nights and holidays."""
    verify = after.verify.model_copy(update={"time": "24x7"}) if around_the_clock else after.verify
    begun = [started("verify", round, verify, at, by), started("silence", round, after.close_when_silent, at, by)]
    if by_us:
        begun.append(started("callback", round, after.callback, at, by))
    return tuple(begun)


def put(clocks: Clocks, new: Iterable[ClockRow]) -> Clocks:
    """With the new ones; a clock of the same kind and round is set anew."""
    added = tuple(new)
    again = {(clock.kind, clock.round) for clock in added}
    return tuple(clock for clock in clocks if (clock.kind, clock.round) not in again) + added


def fulfilled(clocks: Clocks, kinds: Collection[str], now: datetime) -> Clocks:
    """Met, or late when it was past due. A paused clock had time left."""
    return tuple(_fulfil(clock, now) if clock.open and clock.kind in kinds else clock for clock in clocks)


def met_by(clocks: Clocks, action: Action, now: datetime) -> tuple[Clocks, ClockRow | None]:
    """With the limit that the action fulfils, which is the one to tell of: of several the first to fall due, and each
    further one by another such action. Where none waits, the latest that there was."""
    theirs = [clock for clock in clocks if clock.kind in LIMITS and action in LIMITS[clock.kind].met_by]
    waiting = [clock for clock in theirs if clock.open]
    if not waiting:
        return clocks, max(theirs, key=lambda clock: (clock.round, clock.started), default=None)
    first = min(waiting, key=lambda clock: clock.due)
    done = _fulfil(first, now)
    return swap(clocks, first, done), done


def ended(clocks: Clocks, kinds: Collection[str] | None = None) -> Clocks:
    """Those of `kinds` (None: all) that are still open no longer count."""
    return tuple(
        replace(clock, ended=True) if clock.open and (kinds is None or clock.kind in kinds) else clock
        for clock in clocks
    )


def paused(clocks: Clocks, now: datetime, kinds: Collection[str]) -> Clocks:
    """An overdue clock can't be saved by pausing."""
    return tuple(
        replace(clock, state="paused", paused_at=now)
        if clock.open and clock.state == "running" and clock.kind in kinds
        else clock
        for clock in clocks
    )


def resumed(clocks: Clocks, now: datetime, by: Reckoning) -> Clocks:
    """Each goes on with what was left to it in its own time; its yellow keeps its distance from the due time."""
    return tuple(_resume(clock, now, by) if clock.open and clock.state == "paused" else clock for clock in clocks)


def extended(clock: ClockRow, until: datetime, by: Reckoning) -> ClockRow:
    yellow_at = yellow(clock.kind, clock.span, clock.started, until, by)
    state = clock.state if clock.state == "paused" else "running"
    return replace(clock, due=until, yellow_at=yellow_at, state=state, warned=False, provisional=False, remaining=None)


def find(clocks: Iterable[ClockRow], kind: str, *, open_only: bool = True) -> ClockRow | None:
    """The latest of its kind."""
    found = [clock for clock in clocks if clock.kind == kind and (clock.open or not open_only)]
    return max(found, key=lambda clock: (clock.round, clock.started), default=None)


def shown(clocks: Clocks, round: int) -> Clocks:
    """What people see, in the order of a case's course: the limits of this round, met or to be met."""
    seen = (*SHOWN, *BESIDE)
    theirs = (clock for clock in clocks if clock.round == round and clock.kind in seen and not clock.ended)
    return tuple(sorted(theirs, key=_place))


def view(clock: ClockRow | None) -> ClockView | None:
    if clock is None or clock.kind not in (*SHOWN, *BESIDE):
        return None
    return ClockView(kind=clock.kind, started=clock.started, due=clock.due, state=clock.state)


def lights_of(clocks: Iterable[ClockRow]) -> tuple[datetime | None, datetime | None]:
    """From when the light is yellow and from when it is red, if nothing is done: one row answers for any later time.
    Only what is shown and still to be fulfilled counts; a paused clock stands still."""
    waiting = [clock for clock in clocks if clock.kind in SHOWN and clock.open and clock.state != "paused"]
    yellows = [clock.yellow_at for clock in waiting if clock.yellow_at is not None]
    return min(yellows, default=None), min((clock.due for clock in waiting), default=None)


def light_at(clocks: Iterable[ClockRow], now: datetime) -> Light:
    yellow_at, red_at = lights_of(clocks)
    if red_at is not None and red_at <= now:
        return "red"
    return "yellow" if yellow_at is not None and yellow_at <= now else "green"


def next_moment(clocks: Iterable[ClockRow]) -> datetime | None:
    """When something is to happen next: a yellow light not yet told, or a due time not yet passed."""
    return min((_moment(clock) for clock in clocks if clock.open and clock.state == "running"), default=None)


def next_fallen(clocks: Iterable[ClockRow], now: datetime) -> ClockRow | None:
    """The running clock whose moment came first, if any has come; those that people see before the house's own."""
    fallen = [clock for clock in clocks if clock.open and clock.state == "running" and _moment(clock) <= now]
    return min(fallen, key=lambda clock: (_moment(clock), _place(clock)), default=None)


def swap(clocks: Clocks, old: ClockRow, new: ClockRow) -> Clocks:
    return tuple(new if clock is old else clock for clock in clocks)


def _moment(clock: ClockRow) -> datetime:
    tell = clock.yellow_at is not None and not clock.warned and clock.yellow_at < clock.due
    return clock.yellow_at if tell and clock.yellow_at is not None else clock.due


def _place(clock: ClockRow) -> int:
    return SHOWN.index(clock.kind) if clock.kind in SHOWN else len(SHOWN)


def _fulfil(clock: ClockRow, now: datetime) -> ClockRow:
    late = clock.state != "paused" and now > clock.due
    return replace(clock, state="late" if late else "met", met_at=now)


def _resume(clock: ClockRow, now: datetime, by: Reckoning) -> ClockRow:
    assert clock.paused_at is not None
    calendar = by.calendar_of(clock.span)
    left = _between(clock.span, clock.paused_at, clock.due, calendar)
    due = after(clock.span, now, left, calendar)
    yellow_at = clock.yellow_at
    if yellow_at is not None:
        ahead = _between(clock.span, yellow_at, clock.due, calendar)
        yellow_at = max(now, min(due.at, _before(clock.span, due.at, ahead, calendar)))
    return replace(
        clock,
        state="running",
        due=due.at,
        yellow_at=yellow_at,
        paused_at=None,
        provisional=due.provisional,
        since=now,
        remaining=left,
        reckoned=by.version,
    )


def _between(span: Span, start: datetime, end: datetime, calendar: WorkingCalendar) -> timedelta:
    if span.counted:
        return calendar.working_between(start, end)
    return max(end - start, timedelta(0))


def after(span: Span, start: datetime, left: timedelta, calendar: WorkingCalendar) -> Due:
    """When `left` of the span's time is over."""
    if span.counted:
        return calendar.add_working(start, left / timedelta(hours=1))
    return Due(start + left)


def _before(span: Span, end: datetime, ahead: timedelta, calendar: WorkingCalendar) -> datetime:
    if span.counted:
        return calendar.subtract_working(end, ahead / timedelta(hours=1))
    return end - ahead


def yellow(kind: str, span: Span, start: datetime, due: datetime, by: Reckoning) -> datetime | None:
    if kind not in SHOWN:
        return None
    return by.yellow.at(span, start, due, by.calendar_of(span))
