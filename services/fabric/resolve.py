"""Whose ground a point is on: one grid of each overlay, the zone, and the joint team of its comprehensive grid."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime

import numpy as np

from services.fabric.model import Hit, Resolved, TeamShare
from services.fabric.overlay import Floats, Found, Ints, Overlay, Points
from services.fabric.rulings import decided, in_force, of_place
from services.fabric.snapshot import Fabric
from services.fabric.stacked import stack_of
from services.fabric.teams import COMPREHENSIVE, team_of

COMMUNITY, ZONE = "community", "zone"
# Borders of the ground itself, the widest first: nobody's beat, and what the other overlays should fill.
OUTLINES = ("district", "street")
# 围墙内外, as grids tell it in their property `wall`.
WALLS: Mapping[str, bool] = {"in": True, "inside": True, "内": True, "out": False, "outside": False, "外": False}

ZONE_OF_ADDRESS_KIND: Mapping[str, str] = {
    "estate": "community",
    "building": "campus",
    "office": "campus",
    "address": "block",
    "shop": "block",
    "landmark": "block",
    "park": "block",
    "road": "block",
    "crossing": "block",
    "school": "campus",
}


def zone_of_address_kind(kind: str) -> str | None:
    """三区 of a named place where the map itself does not say: inside a wall or on the street."""
    return ZONE_OF_ADDRESS_KIND.get(kind)


def resolve(fabric: Fabric, lon: float, lat: float, at: datetime) -> Resolved:
    """`lon`, `lat` in degrees of WGS-84; `at` aware. As one of `resolve_many`, in a third of the time."""
    points: Points | None = None
    chosen: dict[str, int] = {}
    hits: dict[str, Hit] = {}
    touched = stack_of(tuple(fabric.overlays.values())).touching(lon, lat, at)
    for (code, overlay), grids in zip(fabric.overlays.items(), touched, strict=True):
        if len(grids) == 1:  # plainly on one grid: most questions
            chosen[code], hits[code] = grids[0], overlay.hits[grids[0]]
        else:
            points = points or Points.of(*_alone(lon, lat))
            found = overlay.find(points, at, fabric.profile.thresholds.nearest_metres)
            chosen[code], hits[code] = int(found.edition[0]), found.special[0]
    zone = _told_of(fabric, chosen, lambda overlay: overlay.zones)
    wall = _told_of(fabric, chosen, lambda overlay: overlay.walls)
    team = _team(fabric, chosen.get(COMPREHENSIVE, -1), fabric.era(at), at)
    one = Resolved(at, fabric.version, zone, hits, team, WALLS.get(wall or ""))
    return _ruled(fabric, [one], *_alone(lon, lat))[0] if len(fabric.rulings) else one


def _alone(lon: float, lat: float) -> tuple[Floats, Floats]:
    return np.array([lon], dtype=np.float64), np.array([lat], dtype=np.float64)


def resolve_many(fabric: Fabric, lons: Floats, lats: Floats, at: datetime) -> list[Resolved]:
    """In the order of the points."""
    found = _find(fabric, lons, lats, at)
    columns = [_column(fabric, code, layer) for code, layer in found.items()]
    codes = tuple(found)
    teams = _teams(fabric, found.get(COMPREHENSIVE), len(lons), at)
    zones = _told(fabric, found, len(lons), lambda overlay: overlay.zones)
    walls = _told(fabric, found, len(lons), lambda overlay: overlay.walls)
    rows = zip(*columns, strict=True) if columns else iter([()] * len(lons))
    resolved = [
        Resolved(at, fabric.version, zone, dict(zip(codes, hits, strict=True)), team, WALLS.get(wall or ""))
        for hits, zone, wall, team in zip(rows, zones, walls, teams, strict=True)
    ]
    return _ruled(fabric, resolved, lons, lats) if len(fabric.rulings) else resolved


def _ruled(fabric: Fabric, resolved: list[Resolved], lons: Floats, lats: Floats) -> list[Resolved]:
    """With what was ruled of the ground of each point; all are of one moment."""
    for point, all_near in fabric.rulings.near(lons, lats).items():
        one = resolved[point]
        units = fabric.as_of(one.as_of).units
        near = in_force(all_near, units)
        resolved[point] = replace(one, ruled=decided(near, one.overlays, units), place=of_place(near))
    return resolved


def resolve_codes(fabric: Fabric, lons: Floats, lats: Floats, at: datetime) -> dict[str, Ints]:
    """Per overlay an index into `fabric.overlays[overlay].codes` for each point, -1 where it is on nobody's ground."""
    return {code: layer.edition for code, layer in _find(fabric, lons, lats, at).items()}


def _find(fabric: Fabric, lons: Floats, lats: Floats, at: datetime) -> dict[str, Found]:
    reach = fabric.profile.thresholds.nearest_metres
    points = Points.of(lons, lats)
    return {code: overlay.find(points, at, reach) for code, overlay in fabric.overlays.items()}


def _column(fabric: Fabric, code: str, layer: Found) -> list[Hit]:
    plain = fabric.overlays[code].hits
    hits = [plain[index] for index in layer.edition.tolist()]
    for point, hit in layer.special.items():
        hits[point] = hit
    return hits


def _told(
    fabric: Fabric, found: Mapping[str, Found], count: int, column: Callable[[Overlay], tuple[str | None, ...]]
) -> list[str | None]:
    """What the grid of the overlay `zone` says, else the community's grid."""
    values: list[str | None] = [None] * count
    for code in (COMMUNITY, ZONE):
        if code not in found:
            continue
        told = column(fabric.overlays[code])
        if not told:
            continue
        for point, index in enumerate(found[code].edition.tolist()):
            if told[index] is not None:
                values[point] = told[index]
    return values


def _told_of(
    fabric: Fabric, chosen: Mapping[str, int], column: Callable[[Overlay], tuple[str | None, ...]]
) -> str | None:
    """The same of one point, by the index of its grid in each overlay."""
    for code in (ZONE, COMMUNITY):
        if code in chosen and (told := column(fabric.overlays[code])) and told[chosen[code]] is not None:
            return told[chosen[code]]
    return None


def _teams(fabric: Fabric, layer: Found | None, count: int, at: datetime) -> list[tuple[TeamShare, ...]]:
    if layer is None:
        return [()] * count
    era = fabric.era(at)
    by_grid = {index: _team(fabric, index, era, at) for index in np.unique(layer.edition).tolist()}
    return [by_grid[index] for index in layer.edition.tolist()]


def _team(fabric: Fabric, index: int, era: int, at: datetime) -> tuple[TeamShare, ...]:
    """Of the comprehensive grid with that index; nobody for -1."""
    if index < 0:
        return ()
    team = fabric.teams.get((index, era))
    return fabric.teams.setdefault((index, era), team_of(fabric.overlays, index, at)) if team is None else team
