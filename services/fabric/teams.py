"""The joint team of a comprehensive grid: every unit on its ground, and what of a team outlives a change of the map."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from services.fabric.metric import in_metres
from services.fabric.model import GridEdition, TeamShare
from services.fabric.overlay import Overlay

COMPREHENSIVE = "comprehensive"
Team = tuple[TeamShare, ...]
# (index of the comprehensive grid's edition, era) → its team.
Teams = dict[tuple[int, int], Team]
Overlays = Mapping[str, Overlay]
_SHARE_DIGITS = 4


def team_of(overlays: Overlays, comprehensive: int, at: datetime) -> Team:
    """Every unit with a grid of any overlay on the comprehensive grid, and the share of it that its grids cover. What
    rounds to nothing is a border drawn twice, not a neighbour."""
    ground = overlays[COMPREHENSIVE].geometries[comprehensive]
    pieces: dict[str, list[NDArray[np.object_]]] = {}
    for overlay in overlays.values():
        near = overlay.meeting(ground, at)
        if not len(near):
            continue
        cut = shapely.intersection(overlay.geometries[near], ground)
        for index, piece in zip(near.tolist(), cut, strict=True):
            unit = overlay.editions[index].unit
            if unit is not None and not piece.is_empty:
                pieces.setdefault(unit, []).append(piece)
    latitude = float(ground.centroid.y)
    whole = in_metres(ground, latitude).area
    shares = []
    for unit, parts in pieces.items():
        covered = parts[0] if len(parts) == 1 else shapely.union_all(parts)
        share = round(min(in_metres(covered, latitude).area / whole, 1.0), _SHARE_DIGITS) if whole else 0.0
        if share > 0:
            shares.append(TeamShare(unit, share))
    return tuple(sorted(shares, key=lambda member: (-member.share, member.unit)))


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
