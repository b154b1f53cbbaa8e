"""Answers as text: thousands of grids or points, assembled from pieces that are made once."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import shapely

from services.fabric.components import Thing
from services.fabric.model import GridEdition, Hit, Resolved, TeamShare


def collection_json(features: Iterable[tuple[Mapping[str, Any], Any]], **members: Any) -> str:
    """A FeatureCollection of (properties, geometry); `members` stand beside its features."""
    rows = list(features)
    shapes = shapely.to_geojson(np.array([geometry for _, geometry in rows], dtype=object)) if rows else []
    told = ",".join(
        f'{{"type":"Feature","properties":{_dump(properties)},"geometry":{shape}}}'
        for (properties, _), shape in zip(rows, shapes, strict=True)
    )
    head = "".join(f"{_dump(name)}:{_dump(value)}," for name, value in members.items())
    return f'{{"type":"FeatureCollection",{head}"features":[{told}]}}'


def grid_properties(edition: GridEdition) -> dict[str, Any]:
    """What an import of the same grid would say of it."""
    told = {
        "code": edition.code,
        "name": edition.name,
        "unit": edition.unit,
        "parent": edition.parent,
        "households": edition.households,
        "valid_from": edition.valid_from.isoformat() if edition.valid_from else None,
        "valid_to": edition.valid_to.isoformat() if edition.valid_to else None,
    }
    present = {name: value for name, value in told.items() if value is not None or name == "unit"}
    return {**edition.properties, **present}


def resolved_json(found: Sequence[Resolved], near: Sequence[Sequence[Thing]] | None = None) -> str:
    """`{"items":[…]}`. Points on the same ground share their hits and teams, so each of these is written once. `near`: the
    components of each point, where they were asked for."""
    hits: dict[int, str] = {}
    teams: dict[int, str] = {}
    items: list[str] = []
    for place, one in enumerate(found):
        overlays = ",".join(f'"{code}":{_hit(hits, hit)}' for code, hit in one.overlays.items())
        items.append(
            f'{{"as_of":"{one.as_of.isoformat()}","version":{one.version},"zone":{_dump(one.zone)},{_wall(one)}'
            f'"overlays":{{{overlays}}},"team":{_team(teams, one.team)}{_rulings(one)}{_things(near, place)}}}'
        )
    return f'{{"items":[{",".join(items)}]}}'


def _things(near: Sequence[Sequence[Thing]] | None, place: int) -> str:
    return "" if near is None else f',"components":{_dump([thing.as_json() for thing in near[place]])}'


def _rulings(one: Resolved) -> str:
    return "".join(f',"{name}":{_dump(value)}' for name, value in one.rulings_json().items())


def _wall(one: Resolved) -> str:
    return "" if one.inside_wall is None else f'"inside_wall":{_dump(one.inside_wall)},'


def _hit(known: dict[int, str], hit: Hit) -> str:
    told = known.get(id(hit))
    if told is None:
        told = known[id(hit)] = _dump(hit.as_json())
    return told


def _team(known: dict[int, str], team: tuple[TeamShare, ...]) -> str:
    told = known.get(id(team))
    if told is None:
        told = known[id(team)] = _dump([{"unit": member.unit, "share": member.share} for member in team])
    return told


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
