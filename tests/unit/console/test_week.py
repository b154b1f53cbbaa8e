"""The week of a roster: swaps, holidays and a change of rosters in its middle."""

from datetime import date, datetime, time

from services.console.domain.week import week
from services.fabric.calendar import SHANGHAI
from services.fabric.roster import Roster, Shift, Swap
from tests.harness.zhenru import zhenru

DAY, NIGHT = Shift(time(8), time(20), ("A", "B")), Shift(time(20), time(8), ("C",))
CALENDAR = zhenru().calendar


def _roster(**more: object) -> Roster:
    return Roster("U", (((DAY, NIGHT),) * 7,), date(2026, 9, 28), **more)  # type: ignore[arg-type]


def test_seven_days_from_monday_with_todays_marked() -> None:
    days = week((_roster(),), datetime(2026, 11, 25, 23, 30, tzinfo=SHANGHAI), CALENDAR)
    assert [day["date"] for day in days] == [f"2026-11-{n}" for n in range(23, 30)]
    assert [day["name"] for day in days if day["today"]] == ["周三"]
    assert days[0]["shifts"] == [
        {"from": "08:00", "to": "20:00", "people": ["A", "B"]},
        {"from": "20:00", "to": "08:00", "people": ["C"]},
    ]


def test_a_swap_and_a_holiday_are_as_they_are_worked() -> None:
    swap = Swap(date(2026, 9, 29), time(8), "A", "B")
    holiday = (Shift(time(0), time(0), ("H",)),)
    days = week((_roster(swaps=(swap,), holiday=holiday),), datetime(2026, 9, 30, 9, tzinfo=SHANGHAI), CALENDAR)
    assert days[1]["shifts"][0]["people"] == ["B", "A"]
    assert [day["holiday"] for day in days[:4]] == [False, False, False, True]  # 国庆节
    assert days[3]["shifts"] == [{"from": "00:00", "to": "00:00", "people": ["H"]}]


def test_a_day_without_a_roster_has_no_shifts() -> None:
    ends = datetime(2026, 11, 25, tzinfo=SHANGHAI)
    days = week((_roster(valid_to=ends),), datetime(2026, 11, 24, 9, tzinfo=SHANGHAI), CALENDAR)
    assert [len(day["shifts"]) for day in days] == [2, 2, 0, 0, 0, 0, 0]
