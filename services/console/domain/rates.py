"""三率 and on-time, over the cases due in a period. The citizen's word decides, never the unit's own.

Cases come grouped by what counts for the rates (`Facts`), so that a month of a district is a few dozen groups.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from services.fabric.rules import Rates


@dataclass(frozen=True, slots=True)
class Period:
    """From `start` (inclusive) to `end` (exclusive)."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Facts:
    """`cases` many cases that are alike. `contact` and `resolve`: `done` in time, `late` (done or not, the time is over)
    or `waiting` (not due yet, not done); None: no such clock is due in the period. `excluded` is the ground, if any."""

    cases: int = 1
    contact: str | None = None
    resolve: str | None = None
    verdict: bool | None = None
    satisfaction: str | None = None
    excluded: str | None = None


@dataclass(frozen=True, slots=True)
class Figure:
    """`value` is a share (0–1), None while there is nothing to divide by; `small`: too few to judge anybody by."""

    code: str
    name: str
    numerator: float
    denominator: int
    over: str
    of: str
    weight: float
    small: bool

    @property
    def value(self) -> float | None:
        return self.numerator / self.denominator if self.denominator else None


@dataclass(frozen=True, slots=True)
class Report:
    """`score` (0–100) is the weighted sum, None unless every rate has a value. `waiting`: due in the period, not yet."""

    figures: tuple[Figure, ...]
    on_time: Figure
    score: float | None
    formula: str
    waiting: int
    excluded: dict[str, int]


def exclusion(
    kind: str | None, statutory: bool, approved: str | None, rules: Rates, uncounted: frozenset[str]
) -> str | None:
    """The ground on which a case is left out (剔除): a kind that does not count, a procedure of law, or what was
    `approved` for all of its orders."""
    if kind in uncounted:
        return kind
    return "statutory" if statutory and "statutory" in rules.excluded else approved


def report(groups: Iterable[Facts], rules: Rates) -> Report:
    counted: list[Facts] = []
    excluded: dict[str, int] = {}
    for facts in groups:
        if facts.excluded is None:
            counted.append(facts)
        else:
            excluded[facts.excluded] = excluded.get(facts.excluded, 0) + facts.cases
    sums = {
        "response": _share(counted, "contact"),
        "resolution": (
            float(sum(f.cases for f in counted if f.resolve and f.verdict is True)),
            sum(f.cases for f in counted if f.resolve and f.verdict is not None),
        ),
        "satisfaction": _satisfaction(counted, rules.fair),
    }
    figures = tuple(
        Figure(
            rate.code,
            rate.name,
            *sums.get(rate.code, (0.0, 0)),
            over=rate.over,
            of=rate.of,
            weight=rate.weight,
            small=sums.get(rate.code, (0.0, 0))[1] < rules.small_sample,
        )
        for rate in rules.rates
    )
    done, due = _share(counted, "resolve")
    on_time = Figure(
        "on_time",
        "按期办结率",
        done,
        due,
        "按期办结的件数",
        "本期到期的件数（含未办结和超期）",
        0.0,
        due < rules.small_sample,
    )
    return Report(
        figures=figures,
        on_time=on_time,
        score=_score(figures),
        formula=rules.formula,
        waiting=sum(f.cases for f in counted if f.resolve == "waiting"),
        excluded=excluded,
    )


def _share(groups: Iterable[Facts], clock: str) -> tuple[float, int]:
    """(in time, due and judged): what is neither done nor due yet can't be judged."""
    done = judged = 0
    for facts in groups:
        status = getattr(facts, clock)
        done += facts.cases if status == "done" else 0
        judged += facts.cases if status in ("done", "late") else 0
    return float(done), judged


def _satisfaction(groups: Iterable[Facts], fair: float) -> tuple[float, int]:
    worth = {"satisfied": 1.0, "fair": fair, "dissatisfied": 0.0}
    happy, asked = 0.0, 0
    for facts in groups:
        if facts.resolve and facts.satisfaction in worth:
            happy += facts.cases * worth[facts.satisfaction]
            asked += facts.cases
    return happy, asked


def _score(figures: Iterable[Figure]) -> float | None:
    total = 0.0
    for figure in figures:
        if figure.value is None:
            return None
        total += figure.value * figure.weight * 100
    return total
