"""Working time by the State Council's calendar, make-up days (调休) included.

Known years come from chinesecalendar and from the operator's own table, which wins. Every other year counts weekdays
and is provisional: what was computed over it is to be computed again when its calendar is loaded.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from functools import cached_property
from hashlib import sha256
from zoneinfo import ZoneInfo

from chinese_calendar import constants

SHANGHAI = ZoneInfo("Asia/Shanghai")
PUBLISHED_YEARS: frozenset[int] = frozenset(day.year for day in constants.holidays)
_HOLIDAYS: frozenset[date] = frozenset(constants.holidays)
_MAKE_UP_DAYS: frozenset[date] = frozenset(constants.workdays)
_ONE_DAY = timedelta(days=1)
_WEEKEND = 5
_NO_TIME = timedelta(0)
_LONGEST_SEARCH_DAYS = 366 * 60
Stretch = tuple[datetime, datetime]
"""From when to when, naive."""


class NoWorkingTime(ValueError):
    """The calendar holds no working day within sixty years of the start, so nothing can fall due."""


@dataclass(frozen=True, slots=True)
class Due:
    """`provisional`: days of a year whose calendar is not published yet were counted."""

    at: datetime
    provisional: bool = False


@dataclass(frozen=True)
class WorkingCalendar:
    """`days` are the operator's: True is worked, False is free. `known_years` are those that `days` completes.
    A working day runs from `opens` to `closes`; both ends count as working time, so a clock may fall due at closing."""

    days: Mapping[date, bool] = field(default_factory=dict)
    known_years: frozenset[int] = frozenset()
    opens: time = time(9)
    closes: time = time(17)
    tz: ZoneInfo = SHANGHAI

    def __post_init__(self) -> None:
        if self.opens >= self.closes:
            raise ValueError("上班时间要早于下班时间，请改工作时间设置。")

    @cached_property
    def fingerprint(self) -> str:
        """The same for calendars by which every clock falls due at the same time."""
        told = (sorted(self.days.items()), sorted(self.known_years | PUBLISHED_YEARS), self.opens, self.closes)
        return sha256(repr(told).encode()).hexdigest()

    @cached_property
    def full_day(self) -> timedelta:
        return datetime.combine(date.min, self.closes) - datetime.combine(date.min, self.opens)

    def with_hours(self, opens: time, closes: time) -> "WorkingCalendar":
        """The same days with a unit's own hours."""
        return replace(self, opens=opens, closes=closes)

    def is_working_day(self, day: date) -> bool:
        told = self.days.get(day)
        if told is not None:
            return told
        if day.year in PUBLISHED_YEARS:
            return day in _MAKE_UP_DAYS or (day.weekday() < 5 and day not in _HOLIDAYS)
        return day.weekday() < 5

    def is_holiday(self, day: date) -> bool:
        """Of the State Council's calendar, weekends inside a festival included, or a day that the operator set free."""
        told = self.days.get(day)
        return day in _HOLIDAYS if told is None else not told

    def is_make_up_day(self, day: date) -> bool:
        """调休: worked, though at a weekend."""
        return day.weekday() >= _WEEKEND and self.is_working_day(day)

    def is_provisional(self, day: date) -> bool:
        return day not in self.days and day.year not in PUBLISHED_YEARS and day.year not in self.known_years

    def is_working_time(self, at: datetime) -> bool:
        wall = self._local(at)
        return any(opening <= wall <= closing for opening, closing in self.stretches(wall.date()))

    def add_working(self, start: datetime, hours: float) -> Due:
        """`hours` (not negative) of working time after `start`; outside working time it begins at the next opening."""
        return self._after(start, timedelta(hours=hours))

    def add_working_days(self, start: datetime, days: float) -> Due:
        """`days` times a full day's working time: Wednesday 10:00 and one day is Thursday 10:00; begun on a
        Saturday, one day is Monday at closing."""
        return self._after(start, self.full_day * days)

    def subtract_working(self, end: datetime, hours: float) -> datetime:
        """The latest moment from which `hours` of working time are left until `end`."""
        return self._before(end, timedelta(hours=hours))

    def subtract_working_days(self, end: datetime, days: float) -> datetime:
        return self._before(end, self.full_day * days)

    def working_between(self, start: datetime, end: datetime) -> timedelta:
        """Working time from `start` to `end`; zero when `end` is not later."""
        first, last = self._local(start), self._local(end)
        if last <= first:
            return _NO_TIME
        total = _NO_TIME
        day = first.date()
        while day <= last.date():
            for opening, closing in self.stretches(day):
                total += max(_NO_TIME, min(closing, last) - max(opening, first))
            day += _ONE_DAY
        return total

    def _after(self, start: datetime, left: timedelta) -> Due:
        if left < _NO_TIME:
            raise ValueError("时限不能是负数，请改时限设置。")
        here = self._local(start)
        day, provisional = here.date(), False
        for _ in range(_LONGEST_SEARCH_DAYS):
            provisional = provisional or self.is_provisional(day)
            for opening, closing in self.stretches(day):
                begin = max(here, opening)
                if begin <= closing:
                    if begin + left <= closing:
                        return Due(self._aware(begin + left), provisional)
                    left -= closing - begin
            day += _ONE_DAY
        raise NoWorkingTime("工作日历里没有可用的工作日，请检查导入的日历。")

    def _before(self, end: datetime, left: timedelta) -> datetime:
        if left < _NO_TIME:
            raise ValueError("时限不能是负数，请改时限设置。")
        here = self._local(end)
        day = here.date()
        for _ in range(_LONGEST_SEARCH_DAYS):
            for opening, closing in reversed(self.stretches(day)):
                finish = min(here, closing)
                if finish >= opening:
                    if finish - left >= opening:
                        return self._aware(finish - left)
                    left -= finish - opening
            day -= _ONE_DAY
        raise NoWorkingTime("工作日历里没有可用的工作日，请检查导入的日历。")

    def stretches(self, day: date) -> tuple[Stretch, ...]:
        """What of the day is working time, in order, by wall time; none that overlap."""
        if not self.is_working_day(day):
            return ()
        return ((datetime.combine(day, self.opens), datetime.combine(day, self.closes)),)

    def _local(self, at: datetime) -> datetime:
        """Wall time without its zone: China keeps no summer time, and naive arithmetic is several times faster."""
        if at.tzinfo is None:
            raise ValueError("时间要带时区。")
        return at.astimezone(self.tz).replace(tzinfo=None)

    def _aware(self, wall: datetime) -> datetime:
        return wall.replace(tzinfo=self.tz)
