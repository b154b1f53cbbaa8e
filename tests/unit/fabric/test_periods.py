"""The periods that people count over."""

from datetime import datetime

import pytest

from services.fabric.periods import BadPeriod, period_of
from services.kit.clock import SHANGHAI
from tests.harness.zhenru import AT


def _day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("word", "start", "end"),
    [
        ("day", "2026-11-23", "2026-11-24"),
        ("week", "2026-11-23", "2026-11-30"),
        ("month", "2026-11-01", "2026-12-01"),
        ("quarter", "2026-10-01", "2027-01-01"),
        ("year", "2026-01-01", "2027-01-01"),
        ("2026-12", "2026-12-01", "2027-01-01"),
        ("2026-02-28", "2026-02-28", "2026-03-01"),
        ("2024", "2024-01-01", "2025-01-01"),
        ("2026-Q4", "2026-10-01", "2027-01-01"),
        ("2026-W48", "2026-11-23", "2026-11-30"),
        ("2026-W01", "2025-12-29", "2026-01-05"),
        ("2026-11-01..2026-11-15", "2026-11-01", "2026-11-16"),
        ("2026-11-15/2026-11-15", "2026-11-15", "2026-11-16"),
        ("2024-01-01至2024-12-31", "2024-01-01", "2025-01-01"),
    ],
)
def test_periods(word: str, start: str, end: str) -> None:
    found = period_of(word, AT)
    assert (found.start, found.end) == (_day(start), _day(end))


@pytest.mark.parametrize(
    "word",
    [
        "",
        "fortnight",
        "2026-13",
        "2026-02-30",
        "0000",
        "9999",
        "9999-12-31",
        "2026-1",
        "２０２６",
        "2026-Q5",
        "2026-W54",
        "2026-W00",
        "2026-11-15..2026-11-01",
        "2020-01-01..2026-01-01",
        "2026-11-01..",
        "1999",
        "2101",
        "\x00",
        "2026\n",
    ],
)
def test_periods_that_are_none(word: str) -> None:
    with pytest.raises(BadPeriod):
        period_of(word, AT)
