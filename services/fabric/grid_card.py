"""The card of a grid (一格一卡): its theme, Party branch, chief, people, volunteers, and what lies within it.

Read from the fabric. From the grid's own properties: `theme` 一格一品, `first_question` 网格第一题 (the theme where it is not
said apart), `brand` 党建品牌, `party_branch` (a unit's code, or words), `chief` (words, where nobody is posted as such),
`residents`, and numbers: `members`, `volunteers` count where the registry knows nobody by name, `shops`, `buildings`,
`estates` go before what the gazetteer has there.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import shapely

from services.fabric.model import GridEdition, Unit
from services.fabric.people import TEAMS, Person
from services.fabric.snapshot import Fabric

CHIEF = "网格长"
# 数 → the kinds of named places that count for it.
_PLACES: Mapping[str, frozenset[str]] = {
    "shops": frozenset({"shop"}),
    "buildings": frozenset({"building", "office"}),
    "estates": frozenset({"estate"}),
}
_MOST_LISTED = 200

NameOf = Callable[[Person], str | None]


@dataclass(frozen=True, slots=True)
class _Here:
    """Somebody who works at the grid, and as what."""

    person: Person
    role: str


def card(fabric: Fabric, edition: GridEdition, at: datetime, name_of: NameOf) -> dict[str, Any]:
    """`name_of` answers None for people whose name the reader may not see."""
    told = edition.properties
    here = _people(fabric, edition, at)
    chiefs = [one for one in here if CHIEF in one.role]
    members = [one for one in here if CHIEF not in one.role]
    beneath = _beneath(fabric, edition, at)
    households, counted_in = _households(edition, beneath)
    return {
        "overlay": edition.overlay,
        "overlay_name": fabric.profile.overlay_name(edition.overlay),
        "code": edition.code,
        "name": edition.name,
        "as_of": at.isoformat(),
        "version": fabric.version,
        "unit": _unit(fabric, edition.unit),
        "theme": _words(told.get("theme")),
        "first_question": _words(told.get("first_question")) or _words(told.get("theme")),
        "brand": _words(told.get("brand")),
        "party_branch": _branch(fabric, edition),
        "chief": _chief(chiefs, told, name_of),
        "members": {
            "count": len(members) or _number(told.get("members")) or 0,
            "by_role": dict(Counter(one.role for one in members).most_common()),
            "people": [_shown(one, name_of) for one in members[:_MOST_LISTED]],
        },
        "volunteers": _volunteers(fabric, edition),
        **_places(fabric, edition),
        "households": households,
        "households_counted_in": counted_in,
        "residents": _residents(edition, beneath),
        "beneath": {
            code: {"name": fabric.profile.overlay_name(code), "grids": len(grids), "households": _sum(grids)}
            for code, grids in beneath.items()
        },
    }


def _people(fabric: Fabric, edition: GridEdition, at: datetime) -> list[_Here]:
    """In order of their codes; the unit's own staff too where it answers for this grid alone."""
    layer = fabric.overlays[edition.overlay]
    of_unit = [one for one in layer.editions if one.unit == edition.unit and one.in_force(at)]
    alone = edition.unit is not None and len(of_unit) == 1
    found: list[_Here] = []
    for person in sorted(fabric.people.values(), key=lambda person: person.code):
        roles = [
            posting.role
            for posting in person.postings
            if (posting.overlay, posting.grid) == (edition.overlay, edition.code) and posting.in_force(at)
        ]
        if roles:
            found += [_Here(person, role) for role in dict.fromkeys(roles)]
        elif alone and person.unit == edition.unit:
            found.append(_Here(person, person.role))
    return found


def _chief(chiefs: Sequence[_Here], told: Mapping[str, Any], name_of: NameOf) -> dict[str, Any] | None:
    if chiefs:
        return _shown(chiefs[0], name_of)
    said = _words(told.get("chief"))
    return {"code": None, "name": said, "unit": None, "role": CHIEF} if said else None


def _shown(one: _Here, name_of: NameOf) -> dict[str, Any]:
    return {"code": one.person.code, "name": name_of(one.person), "unit": one.person.unit, "role": one.role}


def _branch(fabric: Fabric, edition: GridEdition) -> dict[str, Any] | None:
    """The one named by the grid, else a branch among the units that belong to the grid's own."""
    said = _words(edition.properties.get("party_branch"))
    if said:
        return _unit(fabric, said) or {"code": None, "name": said}
    own = next((unit for unit in _attached(fabric, edition) if unit.kind == "branch"), None)
    return _unit(fabric, own.code) if own else None


def _volunteers(fabric: Fabric, edition: GridEdition) -> dict[str, Any]:
    teams = [unit for unit in _attached(fabric, edition) if unit.kind in TEAMS]
    codes = {team.code for team in teams}
    people = sum(person.team in codes or person.unit in codes for person in fabric.people.values())
    return {
        "count": people or _number(edition.properties.get("volunteers")) or 0,
        "teams": [{"code": team.code, "name": team.name} for team in teams],
    }


def _attached(fabric: Fabric, edition: GridEdition) -> list[Unit]:
    """Units that belong to, or are posted to, the grid's unit, in order of code."""
    if edition.unit is None:
        return []
    return [unit for _, unit in sorted(fabric.units.items()) if edition.unit in (unit.parent, unit.posted_to)]


def _places(fabric: Fabric, edition: GridEdition) -> dict[str, int]:
    west, south, east, north = edition.geometry.bounds
    near = [entry for entry in fabric.gazetteer.entries if west <= entry.lon <= east and south <= entry.lat <= north]
    lons = np.array([entry.lon for entry in near], dtype=np.float64)
    lats = np.array([entry.lat for entry in near], dtype=np.float64)
    inside = shapely.contains_xy(edition.geometry, lons, lats) if near else np.array([], dtype=bool)
    counts = Counter(entry.kind for entry, there in zip(near, inside.tolist(), strict=True) if there)
    return {
        name: _stated(edition.properties, name, sum(counts[kind] for kind in kinds)) for name, kinds in _PLACES.items()
    }


def _beneath(fabric: Fabric, edition: GridEdition, at: datetime) -> dict[str, list[GridEdition]]:
    """Grids of the overlays that stand lower on the ladder and lie within this one by their middle, the lowest first."""
    profile = fabric.profile
    own = profile.rank(edition.overlay)
    lower = [code for code in fabric.overlays if profile.rank(code) >= 0 and (own < 0 or profile.rank(code) < own)]
    found: dict[str, list[GridEdition]] = {}
    for code in sorted(lower, key=profile.rank):
        layer = fabric.overlays[code]
        near = [layer.editions[index] for index in layer.meeting(edition.geometry, at).tolist()]
        within = [one for one in near if edition.geometry.covers(one.geometry.representative_point())]
        if within and code != edition.overlay:
            found[code] = within
    return found


def _households(edition: GridEdition, beneath: Mapping[str, list[GridEdition]]) -> tuple[int | None, str | None]:
    """Its own, else those of the lowest grids within it that state any; and the overlay they were counted in."""
    if edition.households is not None:
        return edition.households, edition.overlay
    for code, grids in beneath.items():
        total = _sum(grids)
        if total is not None:
            return total, code
    return None, None


def _residents(edition: GridEdition, beneath: Mapping[str, list[GridEdition]]) -> int | None:
    """As households are: its own, else those of the lowest grids within it that state any."""
    for grids in ([edition], *beneath.values()):
        told = [count for one in grids if (count := _number(one.properties.get("residents"))) is not None]
        if told:
            return sum(told)
    return None


def _sum(grids: Iterable[GridEdition]) -> int | None:
    told = [edition.households for edition in grids if edition.households is not None]
    return sum(told) if told else None


def _unit(fabric: Fabric, code: str | None) -> dict[str, Any] | None:
    unit = fabric.units.get(code or "")
    return {"code": unit.code, "name": unit.name} if unit else None


def _words(told: Any) -> str | None:
    return told.strip() or None if isinstance(told, str) else None


def _number(told: Any) -> int | None:
    """Whole and not negative, also as text; anything else says nothing."""
    if isinstance(told, str) and told.strip().isdecimal():
        told = int(told)
    whole = (isinstance(told, int) and not isinstance(told, bool)) or (isinstance(told, float) and told.is_integer())
    return int(told) if whole and told >= 0 else None


def _stated(told: Mapping[str, Any], name: str, counted: int) -> int:
    stated = _number(told.get(name))
    return counted if stated is None else stated
