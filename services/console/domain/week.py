"""The week of a roster as it is really worked: swaps made, holidays and make-up days by their own patterns."""

from datetime import date, datetime, timedelta
from typing import Any

from services.fabric.calendar import SHANGHAI, WorkingCalendar
from services.fabric.roster import Roster, edition_at, shifts_on
from services.fabric.roster_entries import clock

_NAMES = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")


def week(editions: tuple[Roster, ...], now: datetime, calendar: WorkingCalendar) -> list[dict[str, Any]]:
    """Seven days from the Monday of `now`, each by the roster in force at its noon; people are codes."""
    today = now.astimezone(SHANGHAI).date()
    monday = today - timedelta(days=today.weekday())
    return [_day(editions, monday + timedelta(days=n), today, calendar) for n in range(len(_NAMES))]


def _day(editions: tuple[Roster, ...], day: date, today: date, calendar: WorkingCalendar) -> dict[str, Any]:
    roster = edition_at(editions, datetime(day.year, day.month, day.day, 12, tzinfo=SHANGHAI))
    shifts = shifts_on(roster, day, calendar) if roster is not None else ()
    return {
        "date": day.isoformat(),
        "name": _NAMES[day.weekday()],
        "holiday": calendar.is_holiday(day),
        "today": day == today,
        "shifts": [{"from": clock(s.begins), "to": clock(s.ends), "people": list(s.people)} for s in shifts],
    }
