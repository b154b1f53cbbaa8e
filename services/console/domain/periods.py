"""The periods that people ask for, in Shanghai's days."""

import re
from datetime import datetime, timedelta

from services.console.domain.rates import Period
from services.kit.clock import SHANGHAI

NAMED = {"day": "今日", "week": "本周", "month": "本月", "quarter": "本季", "year": "本年"}
_WRITTEN = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?")


class BadPeriod(ValueError):
    """Neither a named period nor a year, month or day that exists."""


def period_of(word: str, now: datetime) -> Period:
    """`day`, `week`, `month`, `quarter`, `year` of `now`, or `2026`, `2026-11`, `2026-11-23`. Raises BadPeriod."""
    if word in NAMED:
        return _named(word, now.astimezone(SHANGHAI))
    written = _WRITTEN.fullmatch(word)
    if written is None:
        raise BadPeriod(word)
    year, month, day = written.groups()
    try:
        start = datetime(int(year), int(month or 1), int(day or 1), tzinfo=SHANGHAI)
        if day:
            return Period(start, start + timedelta(days=1))
        return Period(start, _months_later(start, 1 if month else 12))
    except (ValueError, OverflowError) as error:
        raise BadPeriod(word) from error


def _named(word: str, here: datetime) -> Period:
    today = here.replace(hour=0, minute=0, second=0, microsecond=0)
    if word == "day":
        return Period(today, today + timedelta(days=1))
    if word == "week":
        monday = today - timedelta(days=today.weekday())
        return Period(monday, monday + timedelta(days=7))
    months = {"month": 1, "quarter": 3, "year": 12}[word]
    start = today.replace(day=1, month=(today.month - 1) // months * months + 1)
    return Period(start, _months_later(start, months))


def _months_later(start: datetime, months: int) -> datetime:
    years, month = divmod(start.month - 1 + months, 12)
    return start.replace(year=start.year + years, month=month + 1)
