"""值班表: who of a unit is on duty at a moment, and who follows. Wall times are Shanghai's, which keeps no summer time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from services.fabric.calendar import SHANGHAI, WorkingCalendar

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY = timedelta(days=1)
_WEEK = 7


@dataclass(frozen=True, slots=True)
class Shift:
    """From `begins` to `ends` (exclusive); an end that is not later is the next day's. `people` are codes: the first is
    on duty, the others follow in their order when nobody answers."""

    begins: time
    ends: time
    people: tuple[str, ...]

    def span(self, day: date) -> tuple[datetime, datetime]:
        """Wall time of the shift that begins on `day`."""
        last = day if self.ends > self.begins else day + _DAY
        return datetime.combine(day, self.begins), datetime.combine(last, self.ends)


@dataclass(frozen=True, slots=True)
class Swap:
    """换班: on `day`, in the shift that begins at `begins`, `one` and `other` stand in each other's place."""

    day: date
    begins: time
    one: str
    other: str


@dataclass(frozen=True, slots=True)
class Absence:
    """From `begins` to `ends` (exclusive) nobody counts on `person`."""

    person: str
    begins: datetime
    ends: datetime


Week = tuple[tuple[Shift, ...], ...]
"""Seven days from Monday, the shifts that begin on each."""


@dataclass(frozen=True, slots=True)
class Roster:
    """One edition. `weeks` take turns, the first of them in the week of `starts_on`. A holiday is worked by `holiday`, if
    there is such a pattern; a make-up day by that of the weekday `make_up` (0 is Monday)."""

    unit: str
    weeks: tuple[Week, ...]
    starts_on: date
    holiday: tuple[Shift, ...] | None = None
    make_up: int = 0
    swaps: tuple[Swap, ...] = ()
    absences: tuple[Absence, ...] = ()
    valid_from: datetime | None = None
    valid_to: datetime | None = None

    def in_force(self, at: datetime) -> bool:
        return (self.valid_from is None or self.valid_from <= at) and (self.valid_to is None or at < self.valid_to)

    def patterns(self) -> Iterator[tuple[Shift, ...]]:
        """Every day's, week after week, then the holidays'."""
        for week in self.weeks:
            yield from week
        if self.holiday is not None:
            yield self.holiday

    def people(self) -> frozenset[str]:
        """Everybody who is named anywhere in it."""
        on_shift = {person for day in self.patterns() for shift in day for person in shift.people}
        swapped = {person for swap in self.swaps for person in (swap.one, swap.other)}
        return frozenset(on_shift | swapped | {absence.person for absence in self.absences})


@dataclass(frozen=True, slots=True)
class Watch:
    """Who is on duty, the first first, and until when that stays as it is."""

    people: tuple[str, ...]
    until: datetime


def shifts_on(roster: Roster, day: date, calendar: WorkingCalendar) -> tuple[Shift, ...]:
    """Those that begin on `day`, swaps made."""
    return tuple(_swapped(roster.swaps, day, shift) for shift in _pattern(roster, day, calendar))


def watch(roster: Roster, at: datetime, calendar: WorkingCalendar) -> Watch | None:
    """None in a gap, and while everybody of the shift is absent. Where a night's shift reaches into one of the next day,
    the one that begins later counts: that happens where a holiday's pattern meets a working day's."""
    wall = at.astimezone(SHANGHAI).replace(tzinfo=None)
    today = wall.date()
    near = [
        (*shift.span(day), shift.people)
        for day in (today - _DAY, today, today + _DAY)
        for shift in shifts_on(roster, day, calendar)
    ]
    here = [one for one in near if one[0] <= wall < one[1]]
    if not here:
        return None
    _, ends, people = max(here, key=lambda one: one[0])
    away = [absence for absence in roster.absences if absence.person in people]
    present = tuple(p for p in people if not any(a.person == p and a.begins <= at < a.ends for a in away))
    if not present:
        return None
    until = min([ends, *(begins for begins, _, _ in near if begins > wall)]).replace(tzinfo=SHANGHAI)
    turns = [turn for a in away for turn in (a.begins, a.ends) if turn > at]
    until = min([until, *turns, *([roster.valid_to] if roster.valid_to else [])])
    return Watch(present, until.astimezone(SHANGHAI))


def edition_at(editions: Sequence[Roster], at: datetime) -> Roster | None:
    return next((roster for roster in editions if roster.in_force(at)), None)


def _pattern(roster: Roster, day: date, calendar: WorkingCalendar) -> tuple[Shift, ...]:
    weekday = day.weekday()
    if calendar.is_holiday(day):
        if roster.holiday is not None:
            return roster.holiday
    elif calendar.is_make_up_day(day):
        weekday = roster.make_up
    monday = roster.starts_on - timedelta(days=roster.starts_on.weekday())
    return roster.weeks[(day - monday).days // _WEEK % len(roster.weeks)][weekday]


def _swapped(swaps: Sequence[Swap], day: date, shift: Shift) -> Shift:
    for swap in swaps:
        if swap.day == day and swap.begins == shift.begins:
            places = {swap.one: swap.other, swap.other: swap.one}
            shift = Shift(shift.begins, shift.ends, tuple(places.get(person, person) for person in shift.people))
    return shift
