"""Who of a roster is on duty, at every moment."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.fabric.calendar import SHANGHAI, WorkingCalendar
from services.fabric.roster import WEEKDAYS, Absence, Roster, Shift, Swap, Watch, shifts_on, watch
from services.fabric.roster_entries import decode_rosters, encode_rosters

CALENDAR = WorkingCalendar()
MONDAY = date(2026, 11, 23)
DAY = Shift(time(8), time(20), ("A", "B"))
NIGHT = Shift(time(20), time(8), ("C", "D"))
ROUND = Roster("U", (tuple((DAY, NIGHT) for _ in WEEKDAYS),), MONDAY)


def at(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime.combine(day, time(hour, minute), SHANGHAI)


def people(roster: Roster, moment: datetime) -> tuple[str, ...]:
    found = watch(roster, moment, CALENDAR)
    return found.people if found else ()


def test_day_and_night_over_midnight() -> None:
    assert watch(ROUND, at(MONDAY, 8), CALENDAR) == Watch(("A", "B"), at(MONDAY, 20))
    tuesday = MONDAY + timedelta(days=1)
    for moment in (at(MONDAY, 20), at(MONDAY, 23, 59), at(tuesday, 0), at(tuesday, 7, 59)):
        assert watch(ROUND, moment, CALENDAR) == Watch(("C", "D"), at(tuesday, 8))
    assert people(ROUND, at(MONDAY, 0)) == ("C", "D")
    assert people(ROUND, at(MONDAY, 12).astimezone(UTC)) == ("A", "B")


def test_a_whole_day_in_one_shift() -> None:
    whole = Roster("U", (tuple((Shift(time(9), time(9), ("A",)),) for _ in WEEKDAYS),), MONDAY)
    assert people(whole, at(MONDAY, 8, 59)) == people(whole, at(MONDAY, 9)) == ("A",)


def test_weeks_take_turns() -> None:
    other = tuple((Shift(time(0), time(0), ("X",)),) for _ in WEEKDAYS)
    turns = replace(ROUND, weeks=(ROUND.weeks[0], other))
    assert people(turns, at(MONDAY, 12)) == ("A", "B")
    for week in (-1, 1, 3):
        assert people(turns, at(MONDAY + timedelta(weeks=week), 12)) == ("X",)
    assert people(turns, at(MONDAY - timedelta(weeks=2), 12)) == ("A", "B")


def test_holidays_and_make_up_days() -> None:
    workdays = tuple((DAY,) if day < 5 else () for day in range(7))
    free = Shift(time(0), time(0), ("H",))
    office = Roster("U", (workdays,), MONDAY, holiday=(free,), make_up=4)
    national_day = date(2026, 10, 1)  # a Thursday
    make_up = date(2026, 10, 10)  # a Saturday that is worked
    assert people(office, at(national_day, 12)) == ("H",)
    assert people(replace(office, holiday=None), at(national_day, 12)) == ("A", "B")
    assert people(office, at(date(2026, 10, 3), 12)) == ("H",), "the Saturday inside the festival"
    assert people(office, at(make_up, 12)) == ("A", "B")
    assert people(office, at(make_up + timedelta(days=7), 12)) == ()
    own = replace(CALENDAR, days={MONDAY: False})
    found = watch(office, at(MONDAY, 12), own)
    assert found is not None
    assert found.people == ("H",)


def test_a_night_that_meets_a_holiday_ends_where_the_holiday_begins() -> None:
    eve = date(2026, 9, 30)
    festive = replace(ROUND, holiday=(Shift(time(0), time(0), ("H",)),))
    assert watch(festive, at(eve, 21), CALENDAR) == Watch(("C", "D"), at(eve + timedelta(days=1), 0))
    assert people(festive, at(eve + timedelta(days=1), 1)) == ("H",)


def test_absences_move_the_order_up_and_leave_a_gap_when_all_are_away() -> None:
    away = replace(ROUND, absences=(Absence("A", at(MONDAY, 10), at(MONDAY, 12)),))
    assert watch(away, at(MONDAY, 9), CALENDAR) == Watch(("A", "B"), at(MONDAY, 10))
    assert watch(away, at(MONDAY, 10), CALENDAR) == Watch(("B",), at(MONDAY, 12))
    assert watch(away, at(MONDAY, 12), CALENDAR) == Watch(("A", "B"), at(MONDAY, 20))
    both = replace(away, absences=(*away.absences, Absence("B", at(MONDAY, 11), at(MONDAY, 13))))
    assert watch(both, at(MONDAY, 11), CALENDAR) is None


def test_what_travels_comes_back() -> None:
    swap = Swap(MONDAY, time(20), "C", "E")
    full = replace(
        ROUND,
        holiday=(DAY,),
        make_up=3,
        swaps=(swap,),
        absences=(Absence("A", at(MONDAY, 10), at(MONDAY, 12)),),
        valid_from=at(MONDAY, 0),
    )
    ended = replace(ROUND, valid_to=at(MONDAY, 0))
    key, value = encode_rosters([ended, full], by="值班员", changed=["x"])
    assert key == "roster/U"
    assert decode_rosters(value) == (ended, full)


names = st.sampled_from("ABCDE")


@st.composite
def rosters(draw: st.DrawFn) -> Roster:
    def day() -> tuple[Shift, ...]:
        hours = sorted(draw(st.sets(st.integers(0, 23), max_size=3)))
        ends = draw(st.lists(st.integers(0, 23), min_size=len(hours), max_size=len(hours)))
        order = st.lists(names, min_size=1, max_size=3, unique=True).map(tuple)
        return tuple(Shift(time(b), time(e), draw(order)) for b, e in zip(hours, ends, strict=True))

    weeks = tuple(tuple(day() for _ in WEEKDAYS) for _ in range(draw(st.integers(1, 3))))
    return Roster("U", weeks, MONDAY, holiday=draw(st.sampled_from([None, day()])), make_up=draw(st.integers(0, 6)))


moments = st.integers(-60 * 24 * 120, 60 * 24 * 40).map(lambda minutes: at(MONDAY, 0) + timedelta(minutes=minutes))


@given(rosters(), moments)
def test_every_moment_has_one_answer_that_holds_until_it_says(roster: Roster, moment: datetime) -> None:
    found = watch(roster, moment, CALENDAR)
    assert watch(roster, moment.astimezone(UTC), CALENDAR) == found
    if found is None:
        return
    assert moment < found.until <= moment + timedelta(days=1)
    for part in (0.3, 0.7):
        assert watch(roster, moment + (found.until - moment) * part, CALENDAR) == found
    days = (moment.date() - timedelta(days=1), moment.date())
    assert found.people in {shift.people for day in days for shift in shifts_on(roster, day, CALENDAR)}


@given(rosters(), moments, names, names)
def test_a_swap_is_symmetric_and_undone_by_itself(roster: Roster, moment: datetime, one: str, other: str) -> None:
    day = moment.date()
    for shift in shifts_on(roster, day, CALENDAR):
        there, back = Swap(day, shift.begins, one, other), Swap(day, shift.begins, other, one)
        swapped = replace(roster, swaps=(there,))
        assert watch(swapped, moment, CALENDAR) == watch(replace(roster, swaps=(back,)), moment, CALENDAR)
        assert watch(replace(roster, swaps=(there, back)), moment, CALENDAR) == watch(roster, moment, CALENDAR)
        after = shifts_on(swapped, day, CALENDAR)
        assert all(len(set(shift.people)) == len(shift.people) for shift in after)


@given(rosters(), moments)
def test_shanghai_keeps_no_summer_time(roster: Roster, moment: datetime) -> None:
    found = watch(roster, moment, CALENDAR)
    if found is not None:
        assert found.until.utcoffset() == timedelta(hours=8)
