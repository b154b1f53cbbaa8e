"""A unit's own time: shifts, hours, day and night."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from services.fabric.calendar import SHANGHAI, WorkingCalendar
from services.fabric.own_time import OwnTime, own_time
from services.fabric.roster import Roster, Shift
from services.fabric.snapshot import Fabric
from services.fabric.spans import Span
from tests.harness.zhenru import zhenru

BASE = WorkingCalendar()


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def roster(
    *shifts: tuple[int, int], days: str = "0123456", holiday: tuple[tuple[int, int], ...] | None = None
) -> Roster:
    of_day = tuple(Shift(time(begins), time(ends % 24), ("甲",)) for begins, ends in shifts)
    week = tuple(of_day if str(day) in days else () for day in range(7))
    off = None if holiday is None else tuple(Shift(time(begins), time(ends % 24), ("乙",)) for begins, ends in holiday)
    return Roster("U", (week,), date(2026, 1, 5), off)


def shifts(*editions: Roster) -> OwnTime:
    return OwnTime(base=BASE, editions=editions)


def with_unit(**changes: object) -> Fabric:
    fabric = zhenru()
    unit = replace(fabric.units["ZR-DUTY-5"], **changes)  # type: ignore[arg-type]
    return replace(fabric, units={**fabric.units, unit.code: unit})


def test_a_night_shift_goes_on_after_midnight() -> None:
    night = shifts(roster((22, 6)))
    assert night.add_working(at("2026-11-24T21:00"), 3).at == at("2026-11-25T01:00")
    assert night.add_working(at("2026-11-24T12:00"), 8).at == at("2026-11-25T06:00")
    assert night.add_working(at("2026-11-24T23:00"), 8).at == at("2026-11-25T23:00")
    assert night.working_between(at("2026-11-24T00:00"), at("2026-11-25T00:00")) == timedelta(hours=8)
    assert night.subtract_working(at("2026-11-25T01:00"), 3) == at("2026-11-24T22:00")


def test_two_shifts_with_a_gap_and_two_that_meet() -> None:
    split = shifts(roster((8, 12), (14, 18)))
    assert split.add_working(at("2026-11-24T11:00"), 2).at == at("2026-11-24T15:00")
    around = shifts(roster((8, 20), (20, 8)))
    assert around.add_working(at("2026-11-24T19:00"), 20).at == at("2026-11-25T15:00")


def test_holidays_are_worked_by_their_own_pattern() -> None:
    # The 1st of October 2026 is a holiday.
    here = shifts(roster((9, 17), holiday=((10, 12),)))
    assert here.add_working(at("2026-09-30T16:00"), 2).at == at("2026-10-01T11:00")


def test_between_editions_the_hours_count() -> None:
    ends = replace(roster((0, 8)), valid_to=at("2026-11-24T00:00"))
    here = shifts(ends)
    assert here.add_working(at("2026-11-23T07:00"), 2).at == at("2026-11-24T10:00")


@pytest.mark.parametrize(
    ("hours", "due"),
    [
        (None, "2026-11-23T10:00"),
        ("working", "2026-11-23T10:00"),
        ("24x7", "2026-11-21T13:00"),
        ("13:00-21:00", "2026-11-23T14:00"),
    ],
)
def test_a_unit_by_its_hours(hours: str | None, due: str) -> None:
    fabric = with_unit(hours=hours)
    span = Span(amount=1, unit="hours", time="unit").of_unit("ZR-DUTY-5")
    # A Saturday at noon.
    assert span.due(at("2026-11-21T12:00"), own_time(fabric, span.of)).at == at(due)
    assert own_time(fabric, "NOBODY") is own_time(fabric, None) is fabric.calendar


def test_day_and_night_waits_for_no_calendar() -> None:
    always = own_time(with_unit(hours="24x7"), "ZR-DUTY-5")
    assert not always.add_working(at("2027-06-01T12:00"), 30).provisional
    assert own_time(with_unit(hours="13:00-21:00"), "ZR-DUTY-5").add_working(at("2027-06-01T12:00"), 30).provisional


def test_a_days_length_is_nobodys_own() -> None:
    with pytest.raises(ValidationError, match="小时或分钟"):
        Span(amount=1, unit="days", time="unit")
    assert Span(amount=2, unit="hours", time="unit").text() == "2个工作小时"


def minutes_of(calendar: WorkingCalendar, start: datetime, end: datetime) -> int:
    """Minute by minute: those that begin inside some stretch."""
    count, here = 0, start.replace(tzinfo=None)
    while here < end.replace(tzinfo=None):
        count += any(opening <= here < closing for opening, closing in calendar.stretches(here.date()))
        here += timedelta(minutes=1)
    return count


CALENDARS: tuple[Callable[[], WorkingCalendar], ...] = (
    lambda: BASE,
    lambda: OwnTime(BASE.days, BASE.known_years, time(13), time(21), base=BASE),
    lambda: shifts(roster((22, 6))),
    lambda: shifts(roster((8, 12), (14, 18), days="0246", holiday=((10, 12),))),
    lambda: OwnTime(base=BASE, always=True),
    lambda: WorkingCalendar({date(2026, 9, 20): False, date(2026, 9, 26): True}),
)


@given(
    which=st.sampled_from(range(len(CALENDARS))),
    start=st.datetimes(datetime(2026, 9, 15), datetime(2026, 10, 12)),  # noqa: DTZ001
    minutes=st.integers(0, 60 * 24 * 4),
)
def test_the_calendar_beside_one_that_counts_minutes(which: int, start: datetime, minutes: int) -> None:
    """Over National Day and its make-up days."""
    calendar, start = CALENDARS[which](), start.replace(second=0, microsecond=0, tzinfo=SHANGHAI)
    end = start + timedelta(minutes=minutes)
    worked = minutes_of(calendar, start, end)
    assert calendar.working_between(start, end) == timedelta(minutes=worked)
    due = calendar.add_working(start, worked / 60).at
    assert abs(calendar.working_between(start, due) - timedelta(minutes=worked)) < timedelta(milliseconds=1)
    # The earliest moment by which so much is done.
    assert due <= max(end, calendar.add_working(start, 0).at) + timedelta(milliseconds=1)
    if worked:
        before = due - timedelta(minutes=1)
        assert minutes_of(calendar, start, before) < worked
