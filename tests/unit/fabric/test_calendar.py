from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.fabric.calendar import SHANGHAI, NoWorkingTime, WorkingCalendar
from services.fabric.spans import Span, YellowRule

CALENDAR = WorkingCalendar()


def at(day: str, clock: str) -> datetime:
    return datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("day", "works"),
    [
        (date(2026, 11, 23), True),
        (date(2026, 11, 22), False),
        (date(2026, 10, 1), False),
        (date(2026, 10, 7), False),
        (date(2026, 10, 10), True),
        (date(2026, 9, 20), True),
        (date(2026, 10, 11), False),
    ],
)
def test_holidays_and_make_up_days(day: date, works: bool) -> None:
    assert CALENDAR.is_working_day(day) is works
    assert not CALENDAR.is_provisional(day)


@pytest.mark.parametrize(
    ("start", "days", "due"),
    [
        (at("2026-11-25", "10:00"), 1, at("2026-11-26", "10:00")),
        (at("2026-11-28", "13:00"), 1, at("2026-11-30", "17:00")),
        (at("2026-09-30", "16:00"), 1, at("2026-10-08", "16:00")),
        (at("2026-10-09", "10:00"), 1, at("2026-10-10", "10:00")),
        (at("2026-10-09", "10:00"), 2, at("2026-10-12", "10:00")),
        (at("2026-11-25", "09:00"), 1, at("2026-11-25", "17:00")),
        (at("2026-11-25", "17:00"), 1, at("2026-11-26", "17:00")),
        (at("2026-11-25", "20:00"), 1, at("2026-11-26", "17:00")),
        (at("2026-11-25", "08:00"), 0, at("2026-11-25", "09:00")),
    ],
)
def test_working_days_run_on(start: datetime, days: int, due: datetime) -> None:
    assert CALENDAR.add_working_days(start, days).at == due


def test_hours_pass_over_the_night_and_the_holiday() -> None:
    assert CALENDAR.add_working(at("2026-09-30", "16:00"), 2).at == at("2026-10-08", "10:00")
    assert CALENDAR.add_working(at("2026-11-23", "15:00"), 2).at == at("2026-11-23", "17:00")


def test_days_beyond_the_calendar_are_provisional_until_it_is_loaded() -> None:
    start = at("2026-12-31", "10:00")
    beyond = CALENDAR.add_working_days(start, 2)
    assert beyond.provisional
    loaded = WorkingCalendar({date(2027, 1, 1): False, date(2027, 1, 2): True}, frozenset({2027}))
    due = loaded.add_working_days(start, 2)
    assert not due.provisional
    assert due.at == at("2027-01-04", "10:00")
    assert not CALENDAR.add_working_days(start, 0.5).provisional


def test_the_operators_day_wins_over_the_published_one() -> None:
    closed = WorkingCalendar({date(2026, 11, 24): False})
    assert closed.add_working_days(at("2026-11-23", "10:00"), 1).at == at("2026-11-25", "10:00")


def test_a_calendar_without_working_days_says_so() -> None:
    never = WorkingCalendar({date(2026, 1, 1) + timedelta(days=n): False for n in range(366 * 62)})
    with pytest.raises(NoWorkingTime):
        never.add_working(at("2026-11-23", "10:00"), 1)


def test_a_naive_time_is_refused() -> None:
    with pytest.raises(ValueError, match="时区"):
        CALENDAR.add_working(datetime(2026, 11, 23, 10), 1)  # noqa: DTZ001


def test_own_hours() -> None:
    late = CALENDAR.with_hours(time(13), time(21))
    assert late.add_working(at("2026-11-23", "20:00"), 2).at == at("2026-11-24", "14:00")


MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2026, 12, 1)).map(lambda t: t.replace(tzinfo=SHANGHAI))  # noqa: DTZ001
MINUTES = st.integers(0, 60 * 8 * 30)


@given(MOMENTS, MINUTES)
def test_never_due_outside_working_time(start: datetime, minutes: int) -> None:
    due = CALENDAR.add_working(start, minutes / 60).at
    assert CALENDAR.is_working_time(due)
    assert due >= start


@given(MOMENTS, MINUTES, MINUTES)
def test_more_time_is_never_due_earlier(start: datetime, one: int, other: int) -> None:
    short, long = sorted((one, other))
    assert CALENDAR.add_working(start, short / 60).at <= CALENDAR.add_working(start, long / 60).at


@given(MOMENTS, MOMENTS, MINUTES)
def test_a_later_start_is_never_due_earlier(one: datetime, other: datetime, minutes: int) -> None:
    early, late = sorted((one, other))
    assert CALENDAR.add_working(early, minutes / 60).at <= CALENDAR.add_working(late, minutes / 60).at


@given(MOMENTS, st.integers(1, 60 * 8 * 30))
def test_what_was_added_lies_between(start: datetime, minutes: int) -> None:
    span = timedelta(minutes=minutes)
    due = CALENDAR.add_working(start, minutes / 60).at
    assert abs(CALENDAR.working_between(start, due) - span) < timedelta(milliseconds=1)
    back = CALENDAR.subtract_working(due, minutes / 60)
    assert abs(CALENDAR.working_between(back, due) - span) < timedelta(milliseconds=1)
    assert back >= start - timedelta(milliseconds=1)


@given(MOMENTS, MINUTES, MINUTES)
def test_two_spans_one_after_the_other_are_their_sum(start: datetime, one: int, other: int) -> None:
    stepwise = CALENDAR.add_working(CALENDAR.add_working(start, one / 60).at, other / 60).at
    at_once = CALENDAR.add_working(start, (one + other) / 60).at
    assert CALENDAR.working_between(at_once, stepwise) < timedelta(milliseconds=1)
    assert CALENDAR.working_between(stepwise, at_once) < timedelta(milliseconds=1)


def test_yellow_is_a_working_day_before_or_three_quarters() -> None:
    rule = YellowRule()
    start = at("2026-11-20", "10:00")
    five = Span(amount=5, unit="days", time="working")
    due = five.due(start, CALENDAR).at
    assert due == at("2026-11-27", "10:00")
    assert rule.at(five, start, due, CALENDAR) == at("2026-11-26", "10:00")
    two_hours = Span(amount=2, unit="hours", time="working")
    start = at("2026-11-23", "16:00")
    due = two_hours.due(start, CALENDAR).at
    assert due == at("2026-11-24", "10:00")
    assert rule.at(two_hours, start, due, CALENDAR) == at("2026-11-24", "09:30")
    day = Span(amount=24, unit="hours", time="24x7")
    assert rule.at(day, start, day.due(start, CALENDAR).at, CALENDAR) == at("2026-11-24", "10:00")
    one = Span(amount=1, unit="days", time="working")
    assert rule.at(one, start, one.due(start, CALENDAR).at, CALENDAR) == at("2026-11-24", "14:00")


def test_spans_speak() -> None:
    assert Span(amount=2, unit="hours").text() == "2个工作小时"
    assert Span(amount=30, unit="minutes", time="24x7").text() == "30分钟"
