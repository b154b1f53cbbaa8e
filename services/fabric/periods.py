"""The periods that people count over, in Shanghai's days."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from services.fabric.calendar import SHANGHAI

NAMED: Mapping[str, str] = {"day": "今日", "week": "本周", "month": "本月", "quarter": "本季", "year": "本年"}
LONGEST = timedelta(days=366)
HOW = (
    "请写 day、week、month、quarter、year，或 2026、2026-Q4、2026-11、2026-W48、2026-11-23，"
    "或 2026-11-01..2026-11-15（最长 366 天，2000 到 2100 年）"
)
_ONE_DAY = timedelta(days=1)
_WRITTEN = re.compile(
    r"(?P<year>[0-9]{4})(?:-(?:Q(?P<quarter>[1-4])|W(?P<week>[0-9]{2})|(?P<month>[0-9]{2})(?:-(?P<day>[0-9]{2}))?))?",
    re.ASCII,
)
_RANGE = re.compile(r"([0-9-]{10})(?:\.\.|/|至)([0-9-]{10})", re.ASCII)


class BadPeriod(ValueError):
    """No period of HOW, or one that does not exist."""


@dataclass(frozen=True, slots=True)
class Period:
    """From `start` (inclusive) to `end` (exclusive)."""

    start: datetime
    end: datetime


def period_of(word: str, now: datetime) -> Period:
    """As HOW says; the named ones are those of `now`. Both days of a range count. Raises BadPeriod."""
    try:
        first, last = _named(word, now.astimezone(SHANGHAI).date()) if word in NAMED else _written(word)
    except (ValueError, OverflowError) as error:
        raise BadPeriod(word) from error
    if not (first.year >= 2000 and last.year <= 2101 and timedelta(0) < last - first <= LONGEST):
        raise BadPeriod(word)
    return Period(datetime.combine(first, time(), SHANGHAI), datetime.combine(last, time(), SHANGHAI))


def _named(word: str, today: date) -> tuple[date, date]:
    if word == "day":
        return today, today + _ONE_DAY
    if word == "week":
        monday = today - timedelta(days=today.weekday())
        return monday, monday + timedelta(days=7)
    months = {"month": 1, "quarter": 3, "year": 12}[word]
    first = today.replace(day=1, month=(today.month - 1) // months * months + 1)
    return first, _months_later(first, months)


def _written(word: str) -> tuple[date, date]:
    told = _RANGE.fullmatch(word)
    if told is not None:
        return date.fromisoformat(told[1]), date.fromisoformat(told[2]) + _ONE_DAY
    found = _WRITTEN.fullmatch(word)
    if found is None:
        raise ValueError(word)
    year = int(found["year"])
    if found["week"]:
        monday = date.fromisocalendar(year, int(found["week"]), 1)
        return monday, monday + timedelta(days=7)
    if found["quarter"]:
        first = date(year, 3 * int(found["quarter"]) - 2, 1)
        return first, _months_later(first, 3)
    first = date(year, int(found["month"] or 1), int(found["day"] or 1))
    if found["day"]:
        return first, first + _ONE_DAY
    return first, _months_later(first, 1 if found["month"] else 12)


def _months_later(first: date, months: int) -> date:
    years, month = divmod(first.month - 1 + months, 12)
    return first.replace(year=first.year + years, month=month + 1)
