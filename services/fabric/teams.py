"""The joint team of a comprehensive grid: every unit on its ground, and what of a team outlives a change of the map."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from services.fabric.model import GridEdition, TeamShare
from services.fabric.overlay import Ints, Overlay

COMPREHENSIVE = "comprehensive"
Team = tuple[TeamShare, ...]
# (index of the comprehensive grid's edition, era) → its team.
Teams = dict[tuple[int, int], Team]
Overlays = Mapping[str, Overlay]
_SHARE_DIGITS = 4
_SIDE_BY_SIDE = 1e-9


def team_of(overlays: Overlays, comprehensive: int, at: datetime) -> Team:
    """Every unit with a grid of any overlay on the comprehensive grid, and the share of it that its grids cover. What
    rounds to nothing is a border drawn twice, not a neighbour."""
    ground = overlays[COMPREHENSIVE].geometries[comprehensive]
    pieces: dict[str, list[NDArray[np.object_]]] = defaultdict(list)
    covered: dict[str, float] = {}
    for overlay in overlays.values():
        near = overlay.meeting(ground, at)
        cut = shapely.intersection(overlay.geometries[near], ground)
        areas = shapely.area(cut)
        # Grids that fill the ground to the last bit lie side by side: their areas may be added without joining them.
        tiles = abs(areas.sum() - ground.area) <= _SIDE_BY_SIDE * ground.area
        for unit, mine in _by_unit(overlay, near[areas > 0]).items():
            some = cut[areas > 0][mine]
            if tiles and unit not in pieces:
                covered[unit] = float(areas[areas > 0][mine].sum())
            else:
                covered.pop(unit, None)
            pieces[unit].append(some)
    for unit in pieces.keys() - covered.keys():
        covered[unit] = shapely.union_all(np.concatenate(pieces[unit])).area
    shares = [TeamShare(unit, round(min(area / ground.area, 1.0), _SHARE_DIGITS)) for unit, area in covered.items()]
    return tuple(sorted((s for s in shares if s.share > 0), key=lambda member: (-member.share, member.unit)))


def _by_unit(overlay: Overlay, indexes: Ints) -> dict[str, list[int]]:
    """Places among `indexes` of the grids of each unit."""
    found: dict[str, list[int]] = defaultdict(list)
    for place, index in enumerate(indexes.tolist()):
        unit = overlay.editions[index].unit
        if unit is not None:
            found[unit].append(place)
    return found


def kept_teams(
    teams: Teams, before: Overlays, now: Overlays, changes: Sequence[float], new_changes: Sequence[float]
) -> Teams:
    """Of the teams worked out for the overlays `before`, those on whose ground nothing is different `now`. `changes` and
    `new_changes`: the moments at which eras begin."""
    old, new = before.get(COMPREHENSIVE), now.get(COMPREHENSIVE)
    if not teams or old is None or new is None:
        return {}
    changed = [e.geometry for code in {*before, *now} for e in _changed(before.get(code), now.get(code))]
    touched = _meeting(new, changed)
    places = {id(edition.geometry): index for index, edition in enumerate(new.editions)}
    eras: dict[int, list[int]] = defaultdict(list)
    for era, start in enumerate([-np.inf, *new_changes]):
        eras[bisect_right(changes, start)].append(era)
    kept: Teams = {}
    for (index, era), team in teams.items():
        place = places.get(id(old.editions[index].geometry))
        if place is not None and place not in touched:
            kept |= {(place, later): team for later in eras[era]}
    return kept


def _changed(before: Overlay | None, now: Overlay | None) -> list[GridEdition]:
    """Editions of either that the other lacks, as far as teams go."""
    if before is now:
        return []
    old = {_matter(edition): edition for edition in (before.editions if before else ())}
    new = {_matter(edition): edition for edition in (now.editions if now else ())}
    return [old[key] for key in old.keys() - new.keys()] + [new[key] for key in new.keys() - old.keys()]


def _meeting(overlay: Overlay, ground: Sequence[BaseGeometry]) -> set[int]:
    """Indexes of the editions that any of the pieces of ground touches."""
    if not ground:
        return set()
    which, _ = shapely.STRtree(ground).query(overlay.geometries, predicate="intersects")
    return set(which.tolist())


def _matter(edition: GridEdition) -> tuple[object, ...]:
    return edition.unit, edition.valid_from, edition.valid_to, id(edition.geometry)
