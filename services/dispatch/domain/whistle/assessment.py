"""双考核: what a month of whistles says of the units that were called and of those who blew. No I/O."""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from statistics import fmean
from typing import Literal

from services.dispatch.domain.whistle.model import Call, Marks, Whistle
from services.fabric.calendar import SHANGHAI
from services.fabric.snapshot import Fabric
from services.fabric.whistle_rules import WhistleRules

Verdict = Literal["too_few", "fitting", "too_many"]
Fate = Literal["on_time", "late", "missing", "let_go", "open"]


@dataclass(frozen=True, slots=True)
class Means:
    """By the name of the mark: its mean; `of` is how many times marks were given."""

    means: Mapping[str, float]
    of: int

    @property
    def mean(self) -> float | None:
        return round(fmean(self.means.values()), 2) if self.means else None


@dataclass(slots=True)
class UnitFigures:
    """A unit that was called. Every call is `on_time`, `late`, `missing` (its deadline passed and it has not come),
    `let_go` (its decline was agreed to, or another came) or still `open`; `accepted` and `declined` count beside that."""

    unit: str
    called: int = 0
    fates: Counter[Fate] = field(default_factory=Counter)
    accepted: int = 0
    declined: int = 0
    substituted: int = 0
    done: int = 0
    marks: list[Marks] = field(default_factory=list)

    @property
    def judged(self) -> int:
        """On time, late and missing: what the share on time is of."""
        return self.fates["on_time"] + self.fates["late"] + self.fates["missing"]


@dataclass(slots=True)
class BlowerFigures:
    """Whoever blew. `refused`: the street did not agree; those and what still waits are in `blown` and in nothing else."""

    unit: str
    blown: int = 0
    waiting: int = 0
    refused: int = 0
    cancelled: int = 0
    met: int = 0
    exhausted: int = 0
    outside_catalogue: int = 0
    marks: list[Marks] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class StreetRate:
    """吹哨率 of a street: whistles blown by it and all below it to the cases opened on its ground; None without a case."""

    street: str
    whistles: int
    cases: int
    rate: float | None
    verdict: Verdict | None


@dataclass(frozen=True, slots=True)
class Assessment:
    units: list[UnitFigures]
    blowers: list[BlowerFigures]
    streets: list[StreetRate]


def month_of(told: str) -> tuple[datetime, datetime] | None:
    """`2026-11` in Shanghai: from (inclusive) and to (exclusive); None for what is no month of our time."""
    if re.fullmatch(r"20[0-9]{2}-(0[1-9]|1[0-2])", told) is None:
        return None
    first = datetime(int(told[:4]), int(told[5:]), 1, tzinfo=SHANGHAI)
    return first, (first + timedelta(days=31)).replace(day=1)


def assess(fabric: Fabric, whistles: Iterable[Whistle], cases: Mapping[str, int], now: datetime) -> Assessment:
    """`cases`: street → how many were opened on its ground in the same time. In order of code."""
    units: dict[str, UnitFigures] = {}
    blowers: dict[str, BlowerFigures] = {}
    blown: Counter[str] = Counter()
    known = streets_of(fabric)
    for whistle in whistles:
        _by_blower(blowers, whistle)
        if not whistle.blown:
            continue
        street = street_of(fabric, whistle.blown_unit, known)
        if street is not None:
            blown[street] += 1
        if whistle.state != "cancelled":
            for call in whistle.calls:
                _by_unit(units, whistle, call, now)
    streets = [
        _rate(fabric.profile.whistle, code, blown[code], cases.get(code, 0)) for code in sorted({*blown, *cases})
    ]
    return Assessment(
        [units[code] for code in sorted(units)],
        [blowers[code] for code in sorted(blowers)],
        streets,
    )


def streets_of(fabric: Fabric) -> frozenset[str]:
    """Whose operation centre there is; where no unit is one, what stands under the root on the street's rung."""
    profile = fabric.profile
    rung = profile.ladder[-2].code
    centres = [unit for unit in fabric.units_of("operation") if profile.rung(unit.level) == rung]
    if centres:
        return frozenset(unit.parent or unit.posted_to or unit.code for unit in centres)
    top = {unit.code for unit in fabric.units.values() if unit.parent is None}
    return frozenset(u.code for u in fabric.units.values() if profile.rung(u.level) == rung and u.parent in top)


def street_of(fabric: Fabric, unit: str | None, streets: frozenset[str]) -> str | None:
    """The street that a unit is or belongs to; None for one of the district or of a bureau of it."""
    if unit is None:
        return None
    return next((code for code in (unit, *(above.code for above in fabric.above(unit))) if code in streets), None)


def cases_by_street(
    fabric: Fabric, opened: Iterable[tuple[str | None, str | None, int]], now: datetime
) -> dict[str, int]:
    """`opened`: (grid of the street, lead, how many). By the ground where it says so, else by who leads; all of them are
    the street's where there is only one."""
    streets = streets_of(fabric)
    found: Counter[str] = Counter(dict.fromkeys(streets, 0))
    for grid_code, lead, many in opened:
        grid = fabric.grid("street", grid_code, now) if grid_code else None
        code = street_of(fabric, grid.unit if grid else None, streets) or street_of(fabric, lead, streets)
        if code is None and len(streets) == 1:
            code = next(iter(streets))
        if code is not None:
            found[code] += many
    return dict(found)


def fate(whistle: Whistle, call: Call, now: datetime) -> Fate:
    if call.came:
        return "late" if call.late else "on_time"
    if call.state == "missing":
        return "missing"
    if call.released and (call.state == "declined" or call.substitute):
        return "let_go"
    if call.due is not None and now > call.due and not call.released:
        return "missing"
    return "let_go" if call.released or whistle.state == "released" else "open"


def means(names: Sequence[str], marks: Iterable[Marks]) -> Means:
    """In the profile's order; marks under names that it no longer has come after them."""
    given: dict[str, list[int]] = defaultdict(list)
    held = list(marks)
    for one in held:
        for name, mark in one.marks.items():
            given[name].append(mark)
    order = [*(name for name in names if name in given), *(name for name in given if name not in names)]
    return Means({name: round(fmean(given[name]), 2) for name in order}, len(held))


def _by_unit(units: dict[str, UnitFigures], whistle: Whistle, call: Call, now: datetime) -> None:
    told = units.setdefault(call.unit, UnitFigures(call.unit))
    told.called += 1
    told.fates[fate(whistle, call, now)] += 1
    told.accepted += call.state == "accepted" or (call.came and call.answered_at is not None)
    told.declined += call.state == "declined"
    told.substituted += call.substitute is not None
    told.done += call.state == "done"
    told.marks += [marks for marks in whistle.marks if marks.of == call.unit]


_COUNTED: Mapping[str, Callable[[Whistle], bool]] = {
    "waiting": lambda whistle: whistle.waiting,
    "refused": lambda whistle: not whistle.blown and not whistle.waiting,
    "cancelled": lambda whistle: whistle.blown and whistle.state == "cancelled",
    "met": lambda whistle: whistle.state in ("met", "released"),
    "exhausted": lambda whistle: whistle.state == "exhausted",
    "outside_catalogue": lambda whistle: whistle.matter is None,
}


def _by_blower(blowers: dict[str, BlowerFigures], whistle: Whistle) -> None:
    code = whistle.blown_unit or ""
    told = blowers.setdefault(code, BlowerFigures(code))
    told.blown += 1
    for name, holds in _COUNTED.items():
        setattr(told, name, getattr(told, name) + holds(whistle))
    told.marks += [marks for marks in whistle.marks if marks.of is None]


def _rate(rules: WhistleRules, street: str, whistles: int, cases: int) -> StreetRate:
    if not cases:
        return StreetRate(street, whistles, cases, None, None)
    rate = whistles / cases
    verdict: Verdict = "too_few" if rate < rules.rate_floor else "too_many" if rate > rules.rate_ceiling else "fitting"
    return StreetRate(street, whistles, cases, round(rate, 4), verdict)
