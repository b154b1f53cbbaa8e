"""三率 and on-time, pure: counts of cases that fell due, to rates by the profile's formula. Never the unit's own word."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from services.fabric.calendar import SHANGHAI
from services.fabric.rules import Rates


class BadPeriod(ValueError):
    """Not a year, a month or a day."""


@dataclass(frozen=True, slots=True)
class Tally:
    """Of one group: `cases` fell due and count; `excluded` (ground → how many) do not. `answered` counts citizens whose
    verdict is known, `satisfied` and `fair` what they said."""

    cases: int = 0
    to_contact: int = 0
    contacted: int = 0
    answered: int = 0
    resolved: int = 0
    satisfied: int = 0
    fair: int = 0
    due: int = 0
    on_time: int = 0
    excluded: Mapping[str, int] = field(default_factory=dict)

    def __add__(self, other: "Tally") -> "Tally":
        excluded = {
            ground: self.excluded.get(ground, 0) + other.excluded.get(ground, 0)
            for ground in (*self.excluded, *other.excluded)
        }
        return Tally(
            self.cases + other.cases,
            self.to_contact + other.to_contact,
            self.contacted + other.contacted,
            self.answered + other.answered,
            self.resolved + other.resolved,
            self.satisfied + other.satisfied,
            self.fair + other.fair,
            self.due + other.due,
            self.on_time + other.on_time,
            excluded,
        )


@dataclass(frozen=True, slots=True)
class Rate:
    """`rate` is None where there is nothing to divide by."""

    numerator: float
    denominator: int

    @property
    def rate(self) -> float | None:
        return round(self.numerator / self.denominator, 4) if self.denominator else None

    def as_json(self) -> dict[str, Any]:
        return {"numerator": self.numerator, "denominator": self.denominator, "rate": self.rate}


def rates_of(tally: Tally, rules: Rates) -> dict[str, Rate]:
    """`fair` counts by the profile; what is open and overdue stands in the denominator of `on_time`."""
    satisfied = tally.satisfied + tally.fair * rules.fair
    return {
        "response": Rate(tally.contacted, tally.to_contact),
        "resolution": Rate(tally.resolved, tally.answered),
        "satisfaction": Rate(round(satisfied, 4), tally.answered),
        "on_time": Rate(tally.on_time, tally.due),
    }


def score_of(found: Mapping[str, Rate], rules: Rates) -> float | None:
    """The weighted sum, in per cent; None while one of its rates has nothing to divide by."""
    parts = [(rule.weight, found[rule.code].rate) for rule in rules.rates if rule.code in found]
    if not parts or any(rate is None for _, rate in parts):
        return None
    return round(100 * sum(weight * rate for weight, rate in parts if rate is not None), 2)


def total(tallies: Iterable[Tally]) -> Tally:
    return sum(tallies, Tally())


def period(told: str) -> tuple[datetime, datetime]:
    """`2026`, `2026-11` or `2026-11-23`, in Shanghai: from (inclusive) and to (exclusive). BadPeriod."""
    parts = told.split("-")
    try:
        if not all(part.isascii() and part.isdigit() for part in parts):
            raise ValueError(told)
        numbers = [int(part) for part in parts]
        if len(numbers) == 1:
            first, last = date(numbers[0], 1, 1), date(numbers[0] + 1, 1, 1)
        elif len(numbers) == 2:
            first = date(numbers[0], numbers[1], 1)
            last = (first + timedelta(days=31)).replace(day=1)
        else:
            first = date(*numbers)
            last = first + timedelta(days=1)
        if not 2000 <= first.year <= 2100:
            raise ValueError(told)
    except (TypeError, ValueError, OverflowError) as error:
        raise BadPeriod(told) from error
    return datetime.combine(first, time(), SHANGHAI), datetime.combine(last, time(), SHANGHAI)
