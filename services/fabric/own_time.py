"""A unit's own time: when somebody of it is there, by its shifts, else by its hours, else by the profile's."""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from services.fabric.calendar import SHANGHAI, Stretch, WorkingCalendar
from services.fabric.roster import Roster, edition_at, shifts_on

if TYPE_CHECKING:
    from services.fabric.snapshot import Fabric

_DAY = timedelta(days=1)
_NOON = time(12)


@dataclass(frozen=True)
class OwnTime(WorkingCalendar):
    """The same days as `base`. `always`: day and night. On days on which an edition of the roster is in force its shifts
    count, whoever stands in them; on the others the hours do."""

    base: WorkingCalendar = field(default_factory=WorkingCalendar)
    editions: tuple[Roster, ...] = ()
    always: bool = False

    def stretches(self, day: date) -> tuple[Stretch, ...]:
        midnight = datetime.combine(day, time.min)
        if edition_at(self.editions, _noon(day)):
            today = self._shifts(day)
        else:
            today = [(midnight, midnight + _DAY)] if self.always else [*super().stretches(day)]
        return _merged(self._shifts(day - _DAY) + today, midnight)

    def is_provisional(self, day: date) -> bool:
        return not (self.always and not self.editions) and super().is_provisional(day)

    def _shifts(self, day: date) -> list[Stretch]:
        roster = edition_at(self.editions, _noon(day))
        return [shift.span(day) for shift in shifts_on(roster, day, self.base)] if roster is not None else []


def own_time(fabric: "Fabric", code: str | None) -> WorkingCalendar:
    """The profile's for a unit that has none of its own, or is not there."""
    calendar = fabric.calendar
    unit = fabric.units.get(code or "")
    if unit is None:
        return calendar
    editions, hours = fabric.rosters.get(unit.code, ()), unit.hours
    if not editions and hours in (None, "working"):
        return calendar
    opens, closes = calendar.opens, calendar.closes
    if hours not in (None, "working", "24x7"):
        opens, closes = (time.fromisoformat(told) for told in str(hours).split("-"))
    return OwnTime(
        calendar.days, calendar.known_years, opens, closes, base=calendar, editions=editions, always=hours == "24x7"
    )


def _merged(shifts: list[Stretch], midnight: datetime) -> tuple[Stretch, ...]:
    """What of them lies in the day that begins at `midnight`."""
    told: list[Stretch] = []
    for begins, ends in sorted(shifts):
        opening, closing = max(begins, midnight), min(ends, midnight + _DAY)
        if opening >= closing:
            continue
        if told and opening <= told[-1][1]:
            told[-1] = told[-1][0], max(told[-1][1], closing)
        else:
            told.append((opening, closing))
    return tuple(told)


def _noon(day: date) -> datetime:
    return datetime.combine(day, _NOON, SHANGHAI)
