"""The profile's norms (标准) against the grids and people as they are: what is met, what is outside, and by how much."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from services.fabric.model import GridEdition, Unit
from services.fabric.people import Person
from services.fabric.profile import Profile
from services.fabric.rules import Measure, Norm

RESIDENTS = "residents"
Roles = Mapping[str, int]
_NOBODY: Roles = {}


@dataclass(frozen=True, slots=True)
class Headcount:
    """How many people of each role: posted to a grid (overlay, code), and belonging to a unit."""

    of_grid: Mapping[tuple[str, str], Roles] = field(default_factory=dict)
    of_unit: Mapping[str, Roles] = field(default_factory=dict)


UNCOUNTED = Headcount()


def headcount(people: Iterable[Person], at: datetime) -> Headcount:
    """As they are posted at a moment."""
    of_grid: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    of_unit: dict[str, Counter[str]] = defaultdict(Counter)
    for person in people:
        of_unit[person.unit][person.role] += 1
        for place in {(p.overlay, p.grid, p.role) for p in person.postings if p.in_force(at)}:
            of_grid[place[0], place[1]][place[2]] += 1
    return Headcount(of_grid, of_unit)


@dataclass(frozen=True, slots=True)
class Ground:
    """What norms are held against: grids in force by overlay, units by code, people."""

    grids: Mapping[str, Sequence[GridEdition]]
    units: Mapping[str, Unit] = field(default_factory=dict)
    people: Headcount = UNCOUNTED


@dataclass(frozen=True, slots=True)
class _Reading:
    """Of one grid; `of` and `to` are what a ratio is made of. `lacks`: what equipment is not there."""

    value: float
    lacks: tuple[str, ...] = ()
    of: float = 0
    to: float = 0


def judge(profile: Profile, ground: Ground) -> list[dict[str, Any]]:
    """One for each norm, in the profile's order. `checked` grids state the measure and `unstated` ones don't; `outside`
    ones lie by `by` over the most (positive) or under the least (negative). `said` is for people."""
    return [_judged(profile, norm, ground) for norm in profile.norms]


def _judged(profile: Profile, norm: Norm, ground: Ground) -> dict[str, Any]:
    grids = ground.grids.get(norm.overlay or "", ())
    read = _READERS[norm.measure](norm, ground, grids)
    readings = [(edition, reading) for edition in grids if (reading := read(edition)) is not None]
    outside = [
        _outside(norm, edition, reading, by) for edition, reading in readings if (by := _by(norm, reading.value)) != 0
    ]
    told = {
        "code": norm.code,
        "text": norm.text,
        "overlay": norm.overlay,
        "measure": norm.measure,
        "least": _least(norm),
        "most": norm.most,
        "checked": len(readings),
        "met": len(readings) - len(outside),
        "unstated": len(grids) - len(readings),
        "outside": outside,
        "overall": _overall(norm, [reading for _, reading in readings]),
    }
    return {**told, "said": _sentence(profile, norm, told)}


Reader = Callable[[GridEdition], _Reading | None]


def _households(norm: Norm, ground: Ground, grids: Sequence[GridEdition]) -> Reader:
    return lambda edition: None if edition.households is None else _Reading(edition.households)


def _equipment(norm: Norm, ground: Ground, grids: Sequence[GridEdition]) -> Reader:
    def read(edition: GridEdition) -> _Reading | None:
        if not any(item in edition.properties for item in norm.items):
            return None
        lacks = tuple(name for item, name in norm.items.items() if not edition.properties.get(item))
        return _Reading(len(norm.items) - len(lacks), lacks)

    return read


def _people(norm: Norm, ground: Ground, grids: Sequence[GridEdition]) -> Reader:
    count = _counter(norm, ground, grids)

    def read(edition: GridEdition) -> _Reading | None:
        people = count(edition)
        return None if people is None else _Reading(people)

    return read


def _share(norm: Norm, ground: Ground, grids: Sequence[GridEdition]) -> Reader:
    count = _counter(norm, ground, grids)

    def read(edition: GridEdition) -> _Reading | None:
        people, residents = count(edition), _residents(edition, ground)
        if people is None or not residents:
            return None
        return _Reading(round(people * 10_000 / residents, 2), of=people, to=residents)

    return read


_READERS: Mapping[Measure, Callable[[Norm, Ground, Sequence[GridEdition]], Reader]] = {
    "households": _households,
    "people": _people,
    "workers_per_10000_residents": _share,
    "equipment": _equipment,
}


def _counter(norm: Norm, ground: Ground, grids: Sequence[GridEdition]) -> Callable[[GridEdition], float | None]:
    """Those posted to the grid, and those of its unit where that answers for no other grid of the overlay. Where the
    registry knows nobody of the kinds on the whole overlay, the grid's or its unit's own property says; None: nothing."""
    held = Counter(edition.unit for edition in grids if edition.unit)

    def known(edition: GridEdition) -> int:
        mine = ground.people.of_grid.get((edition.overlay, edition.code), _NOBODY)
        alone = edition.unit is not None and held[edition.unit] == 1
        theirs = ground.people.of_unit.get(edition.unit or "", _NOBODY) if alone else _NOBODY
        return max(_of_kinds(norm, mine), _of_kinds(norm, theirs))

    anybody = any(known(edition) for edition in grids)

    def count(edition: GridEdition) -> float | None:
        people = known(edition)
        if people:
            return people
        told = _number(_property(edition, ground, norm.stated)) if norm.stated else None
        return told if told is not None else (0 if anybody else None)

    return count


def _of_kinds(norm: Norm, roles: Roles) -> int:
    return sum(roles.get(kind, 0) for kind in norm.kinds)


def _residents(edition: GridEdition, ground: Ground) -> float | None:
    return _number(_property(edition, ground, RESIDENTS))


def _property(edition: GridEdition, ground: Ground, name: str) -> Any:
    unit = ground.units.get(edition.unit or "")
    return edition.properties.get(name, unit.properties.get(name) if unit else None)


def _number(told: Any) -> float | None:
    """Imports from tables bring numbers as text; what is none says nothing."""
    if isinstance(told, str):
        try:
            told = float(told)
        except ValueError:
            return None
    good = isinstance(told, int | float) and not isinstance(told, bool) and 0 <= told < float("inf")
    return float(told) if good else None


def _least(norm: Norm) -> float | None:
    return len(norm.items) if norm.measure == "equipment" and norm.least is None else norm.least


def _by(norm: Norm, value: float) -> float:
    """How far outside: positive over the most, negative under the least, 0 within."""
    least = _least(norm)
    if least is not None and value < least:
        return round(value - least, 2)
    return round(value - norm.most, 2) if norm.most is not None and value > norm.most else 0


def _outside(norm: Norm, edition: GridEdition, reading: _Reading, by: float) -> dict[str, Any]:
    told = {
        "grid": edition.code,
        "name": edition.name,
        "value": reading.value,
        "by": by,
        "said": f"{edition.name}：{_said(norm, reading, by)}",
    }
    return {**told, "households": edition.households} if norm.measure == "households" else told


def _said(norm: Norm, reading: _Reading, by: float) -> str:
    if reading.lacks:
        return f"缺{'、'.join(reading.lacks)}"
    word, unit = ("多", "少")[by < 0], _UNITS[norm.measure]
    bound = _least(norm) if by < 0 else norm.most
    return f"{reading.value:g} {unit}，比标准{('上限', '下限')[by < 0]} {bound:g} {unit}{word} {abs(by):g} {unit}"


_UNITS: Mapping[Measure, str] = {
    "households": "户",
    "people": "人",
    "workers_per_10000_residents": "人/万人",
    "equipment": "件",
}
_UNSTATED: Mapping[Measure, str] = {
    "households": "没有填户数（households）",
    "people": "没有登记人员，也没有填人数",
    "workers_per_10000_residents": "没有填常住人口（residents）或社区工作者人数",
    "equipment": "没有填配备情况",
}


def _overall(norm: Norm, readings: Iterable[_Reading]) -> dict[str, Any] | None:
    """Of a ratio: all grids that state it taken together; None for other measures, and where nothing is stated."""
    told = [reading for reading in readings if reading.to]
    if not told:
        return None
    people, residents = sum(reading.of for reading in told), sum(reading.to for reading in told)
    value = round(people * 10_000 / residents, 2)
    return {"people": people, RESIDENTS: residents, "value": value, "by": _by(norm, value)}


def _sentence(profile: Profile, norm: Norm, told: Mapping[str, Any]) -> str:
    name = profile.overlay_name(norm.overlay or "")
    checked, outside, unstated = told["checked"], len(told["outside"]), told["unstated"]
    if not checked:
        return f"没有可查的{name}：{_UNSTATED[norm.measure]}。" if unstated else f"还没有{name}图层，没有查。"
    overall = told["overall"]
    parts = [f"查了 {checked} 个{name}，" + (f"{outside} 个不合标准" if outside else "都合标准")]
    if overall:
        met = "达标" if not overall["by"] else f"差 {abs(overall['by']):g}"
        parts.append(f"合起来每万人 {overall['value']:g} 名，{met}")
    if unstated:
        parts.append(f"另有 {unstated} 个{_UNSTATED[norm.measure]}")
    return "；".join(parts) + "。"
