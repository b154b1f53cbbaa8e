"""三率 and on-time, over the cases due in a period: what one case counts for, and figures by the profile's formula.

The citizen's word decides, never the unit's own. Cases come in groups that are alike (`Facts`), so that a month of a
city is a few hundred groups, whoever counts them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from services.fabric.rules import Rates

Status = Literal["done", "late", "waiting"]
Rate = Literal["response", "resolution", "satisfaction", "on_time"]
ON_TIME_NAME = "按期办结率"
ON_TIME_OVER = "按期办结的件数"
ON_TIME_OF = "本期到期的件数（含未办结和超期）"


@dataclass(frozen=True, slots=True)
class Facts:
    """`cases` many cases that are alike. `contact` and `resolve`: `done` in time, `late` (done or not, the time is over)
    or `waiting` (not due yet or standing still, and not done); None: there is no such clock.

    Of all together: `answered` citizens have given their verdict, so many of them say `solved`, are `satisfied`, or find
    it `fair`; `pending` have not been asked. `recurred`: each came back soon after it was closed. `excluded`: the ground."""

    cases: int = 1
    contact: Status | None = None
    resolve: Status | None = None
    answered: int = 0
    solved: int = 0
    satisfied: int = 0
    fair: int = 0
    pending: int = 0
    recurred: bool = False
    excluded: str | None = None


@dataclass(frozen=True, slots=True)
class Tally:
    """Of one group: `cases` fell due and count; `waiting` are due in the period, but not yet; `excluded` (ground → how
    many) do not count."""

    cases: int = 0
    waiting: int = 0
    to_contact: int = 0
    contacted: int = 0
    answered: int = 0
    resolved: int = 0
    satisfied: int = 0
    fair: int = 0
    on_time: int = 0
    excluded: Mapping[str, int] = field(default_factory=dict)

    def __add__(self, other: "Tally") -> "Tally":
        grounds = dict.fromkeys((*self.excluded, *other.excluded))
        return Tally(
            self.cases + other.cases,
            self.waiting + other.waiting,
            self.to_contact + other.to_contact,
            self.contacted + other.contacted,
            self.answered + other.answered,
            self.resolved + other.resolved,
            self.satisfied + other.satisfied,
            self.fair + other.fair,
            self.on_time + other.on_time,
            {ground: self.excluded.get(ground, 0) + other.excluded.get(ground, 0) for ground in grounds},
        )


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

    cases: int
    figures: tuple[Figure, ...]
    on_time: Figure
    score: float | None
    formula: str
    waiting: int
    excluded: Mapping[str, int]

    @property
    def all(self) -> tuple[Figure, ...]:
        return (*self.figures, self.on_time)


def tally_of(facts: Facts) -> Tally:
    """What is neither done nor due can't be judged yet. A matter that came back was not solved, whatever was said."""
    n = facts.cases
    if facts.excluded is not None:
        return Tally(excluded={facts.excluded: n})
    if facts.resolve is None:
        return Tally()
    if facts.resolve == "waiting":
        return Tally(waiting=n)
    return Tally(
        cases=n,
        to_contact=n if facts.contact in ("done", "late") else 0,
        contacted=n if facts.contact == "done" else 0,
        answered=facts.answered,
        resolved=0 if facts.recurred else facts.solved,
        satisfied=facts.satisfied,
        fair=facts.fair,
        on_time=n if facts.resolve == "done" else 0,
    )


def total(tallies: Iterable[Tally]) -> Tally:
    return sum(tallies, Tally())


def parts(tally: Tally, rules: Rates) -> dict[str, tuple[float, int]]:
    """(numerator, denominator) of each `Rate`. 一般 counts as the profile says."""
    return {
        "response": (float(tally.contacted), tally.to_contact),
        "resolution": (float(tally.resolved), tally.answered),
        "satisfaction": (round(tally.satisfied + tally.fair * rules.fair, 6), tally.answered),
        "on_time": (float(tally.on_time), tally.cases),
    }


def report(tally: Tally, rules: Rates) -> Report:
    counted = parts(tally, rules)
    figures = tuple(
        _figure(rate.code, rate.name, counted.get(rate.code, (0.0, 0)), rate.over, rate.of, rate.weight, rules)
        for rate in rules.rates
    )
    on_time = _figure("on_time", ON_TIME_NAME, counted["on_time"], ON_TIME_OVER, ON_TIME_OF, 0.0, rules)
    return Report(tally.cases, figures, on_time, _score(figures), rules.formula, tally.waiting, dict(tally.excluded))


def foreseen(facts: Facts, outlook: Literal["nothing", "best", "worst"]) -> Facts:
    """As it will stand when the period is over: `nothing` more is done by anybody; all that can still be kept is kept and
    all who are not asked yet are content; or nothing is and nobody is."""
    ended: Status = "done" if outlook == "best" else "late"
    later = replace(
        facts,
        contact=ended if facts.contact == "waiting" else facts.contact,
        resolve=ended if facts.resolve == "waiting" else facts.resolve,
    )
    if outlook == "nothing":
        return later
    content = facts.pending if outlook == "best" else 0
    return replace(
        later,
        answered=facts.answered + facts.pending,
        solved=facts.solved + content,
        satisfied=facts.satisfied + content,
        pending=0,
    )


def _figure(
    code: str, name: str, counted: tuple[float, int], over: str, of: str, weight: float, rules: Rates
) -> Figure:
    return Figure(code, name, *counted, over, of, weight, counted[1] < rules.small_sample)


def _score(figures: Iterable[Figure]) -> float | None:
    total = 0.0
    for figure in figures:
        if figure.value is None:
            return None
        total += figure.value * figure.weight * 100
    return round(total, 6)
