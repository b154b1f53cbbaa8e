"""One overlay with its index: which of its grids hold a point at a time.

Polygons with long borders are prepared, so that a point costs the logarithm of the border and not its length. GEOS builds
those indexes at first use and not safely between threads: they are used once here, before anybody asks, so that answers
run side by side without a lock and none pays for an index. An index weighs twice what its polygon does, and a point in a
plain grid costs some two microseconds without: of a city's twenty thousand most have none.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from threading import Lock
from typing import Any, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from services.fabric.metric import METRES_PER_DEGREE, all_in_metres, scale_at
from services.fabric.model import NO_HIT, GridEdition, Hit

Floats = NDArray[np.float64]
Ints = NDArray[np.int32]
EDGE_DEGREES = 1e-9
_SAME_DISTANCE_METRES = 1e-6
# Vertices from which on a polygon has an index.
_LONG = 400
# Polygons made ready between two breaths of the interpreter's lock.
_AT_ONCE = 32


class Points(NamedTuple):
    """Points in degrees with the shapes that every overlay asks with: made once for all overlays."""

    lons: Floats
    lats: Floats
    shapes: NDArray[np.object_]
    boxes: NDArray[np.object_]

    @classmethod
    def of(cls, lons: Floats, lats: Floats) -> "Points":
        boxes = shapely.box(lons - EDGE_DEGREES, lats - EDGE_DEGREES, lons + EDGE_DEGREES, lats + EDGE_DEGREES)
        return cls(lons, lats, shapely.points(np.column_stack([lons, lats])), boxes)


class Found(NamedTuple):
    """`edition[i]` is the index of the edition chosen for point i, -1 for none; `special` holds the hit of each point
    that is not plainly inside one grid."""

    edition: Ints
    special: dict[int, Hit]


class Overlay:
    """Editions ordered by code and start, so that of several indexes the smallest is the smallest code."""

    def __init__(self, code: str, editions: Sequence[GridEdition], hashes: Mapping[str, str] | None = None) -> None:
        self.code = code
        self.editions = tuple(sorted(editions, key=lambda e: (e.code, _seconds(e.valid_from, -np.inf))))
        self.hashes: Mapping[str, str] = hashes or {}
        self.codes: tuple[str, ...] = tuple(edition.code for edition in self.editions)
        # By index of the edition; the last one, which -1 finds, is for none.
        self.hits: tuple[Hit, ...] = (*(Hit(e.code, e.name, e.unit, "inside") for e in self.editions), NO_HIT)
        self.zones: tuple[str | None, ...] = (*(_text(e.properties.get("zone")) for e in self.editions), None)
        walls = [_text(e.properties.get("wall")) for e in self.editions]
        # Empty where no grid says whether it is inside a wall.
        self.walls: tuple[str | None, ...] = (*walls, None) if any(walls) else ()
        self.geometries: NDArray[np.object_] = np.array([e.geometry for e in self.editions], dtype=object)
        # West, south, east, north of all editions; four NaN where there are none.
        west, south, east, north = shapely.total_bounds(self.geometries).tolist() if self.editions else (np.nan,) * 4
        self.bounds: tuple[float, float, float, float] = (west, south, east, north)
        self._since: Floats = np.array([_seconds(e.valid_from, -np.inf) for e in self.editions], dtype=np.float64)
        self._until: Floats = np.array([_seconds(e.valid_to, np.inf) for e in self.editions], dtype=np.float64)
        self._dated = bool(np.isfinite(self._since).any() or np.isfinite(self._until).any())
        self._settling = Lock()
        self._tree = _indexed(self.geometries)
        self._by_code: dict[str, list[int]] = {}
        for index, code_ in enumerate(self.codes):
            self._by_code.setdefault(code_, []).append(index)

    def __len__(self) -> int:
        return len(self.editions)

    def history(self, code: str) -> tuple[GridEdition, ...]:
        """Every edition of a grid, the earliest first."""
        return tuple(self.editions[index] for index in self._by_code.get(code, ()))

    def grid(self, code: str, at: datetime) -> GridEdition | None:
        return next((edition for edition in self.history(code) if edition.in_force(at)), None)

    def in_force(self, at: datetime) -> NDArray[np.bool_]:
        moment = at.timestamp()
        return (self._since <= moment) & (moment < self._until)

    def changes(self) -> set[float]:
        """The moments, in seconds of the epoch, at which an edition begins or ends."""
        return {float(s) for s in np.concatenate([self._since, self._until]) if np.isfinite(s)}

    def meeting(self, geometry: shapely.Geometry, at: datetime) -> Ints:
        """Indexes of the editions in force whose bounds meet the geometry's."""
        near = self._tree.query(geometry)
        return np.sort(near[self.in_force(at)[near]]).astype(np.int32)

    def meeting_each(self, geometries: NDArray[np.object_], at: datetime) -> tuple[Ints, Ints]:
        """Pairs of a geometry and an edition in force whose bounds meet: in order of both."""
        which, grids = self._tree.query(geometries)
        which, grids = self._valid(which, grids, at)
        order = np.lexsort((grids, which))
        return which[order], grids[order]

    def holding(self, points: NDArray[np.object_], at: datetime) -> tuple[Ints, Ints]:
        """Pairs of a point and an edition in force that holds it, its edge included: in order of both."""
        which, grids = self.meeting_each(points, at)
        held = shapely.intersects(self.geometries[grids], points[which])
        return which[held], grids[held]

    def find(self, points: Points, at: datetime, nearest_metres: float) -> Found:
        count = len(points.lons)
        special: dict[int, Hit] = {}
        if not self.editions:
            return Found(np.full(count, -1, dtype=np.int32), dict.fromkeys(range(count), NO_HIT))
        which, grids = self._tree.query(points.boxes)
        which, grids = self._valid(which, grids, at)
        touching = shapely.dwithin(self.geometries[grids], points.shapes[which], EDGE_DEGREES)
        which, grids = which[touching], grids[touching]
        if count == 1 and len(grids) == 1:  # plainly on one grid: most single questions
            return Found(grids.astype(np.int32), special)
        chosen = np.full(count, -1, dtype=np.int32)
        hits = np.bincount(which, minlength=count)
        chosen[which] = grids
        several = hits[which] > 1
        if several.any():
            self._settle(which[several], grids[several], points.boxes, chosen, special)
        lost = np.flatnonzero(hits == 0)
        if len(lost):
            self._nearest(lost, points, at, nearest_metres, chosen, special)
        return Found(chosen, special)

    def _valid(self, which: Ints, grids: Ints, at: datetime) -> tuple[Ints, Ints]:
        if not self._dated:
            return which, grids
        valid = self.in_force(at)[grids]
        return which[valid], grids[valid]

    def _settle(
        self, which: Ints, grids: Ints, boxes: NDArray[np.object_], chosen: Ints, special: dict[int, Hit]
    ) -> None:
        """Points that touch several grids: those that hold the point in their interior go before those whose edge it is
        on, and the smallest code before the rest."""
        with self._settling:  # this index of GEOS keeps what it is asked in itself
            interior = shapely.contains_properly(self.geometries[grids], boxes[which])
        order = np.lexsort((grids, ~interior, which))
        which, grids, interior = which[order], grids[order], interior[order]
        for start, end in _runs(which):
            first = int(grids[start])
            others = tuple(sorted({self.codes[index] for index in grids[start + 1 : end].tolist()}))
            hit = self.hits[first]
            chosen[which[start]] = first
            special[int(which[start])] = Hit(
                hit.grid, hit.name, hit.unit, "inside" if interior[start] else "boundary", others
            )

    def _nearest(
        self,
        lost: NDArray[np.intp],
        points: Points,
        at: datetime,
        metres: float,
        chosen: Ints,
        special: dict[int, Hit],
    ) -> None:
        for point in lost.tolist():
            special[point] = NO_HIT
        if metres <= 0:
            return
        cosine = np.maximum(np.cos(np.radians(points.lats[lost])), 1e-3)
        reach_y = metres / METRES_PER_DEGREE
        reach_x = reach_y / cosine
        x, y = points.lons[lost], points.lats[lost]
        which, grids = self._tree.query(shapely.box(x - reach_x, y - reach_y, x + reach_x, y + reach_y))
        which, grids = self._valid(which, grids, at)
        if not len(which):
            return
        away = self._metres(x[which], y[which], grids)
        near = away <= metres
        order = np.lexsort((grids[near], away[near], which[near]))
        which, grids, away = which[near][order], grids[near][order], away[near][order]
        for start, end in _runs(which):
            tied = [i for i in range(start, end) if away[i] - away[start] <= _SAME_DISTANCE_METRES]
            alike = sorted(int(grids[i]) for i in tied)
            hit, point = self.hits[alike[0]], int(lost[which[start]])
            others = tuple(sorted({self.codes[index] for index in alike[1:]}))
            chosen[point] = alike[0]
            special[point] = Hit(hit.grid, hit.name, hit.unit, "nearest", others)

    def _metres(self, x: Floats, y: Floats, grids: Ints) -> Floats:
        """Distance of each point to its grid. A grid is projected once for all points of a band of a hundredth of a
        degree, over which the scale changes by less than a thousandth."""
        bands = np.floor(y * 100.0)
        away = np.empty(len(x), dtype=np.float64)
        pairs, group = np.unique(np.column_stack([grids.astype(np.float64), bands]), axis=0, return_inverse=True)
        for number, (grid, band) in enumerate(pairs):
            mine = group.ravel() == number
            lat = (float(band) + 0.5) / 100.0
            plane = all_in_metres(self.geometries[[int(grid)]], lat)[0]
            shapely.prepare(plane)
            east, north = scale_at(lat)
            away[mine] = shapely.distance(plane, shapely.points(x[mine] * east, y[mine] * north))
        return away


def _indexed(geometries: NDArray[np.object_]) -> shapely.STRtree:
    """The tree over the geometries, it and the long ones ready to be asked from several threads. GEOS makes a locator
    at the second question, its distances at the first one from without, and the tree's nodes at its first."""
    fresh = geometries[(shapely.get_num_coordinates(geometries) >= _LONG) & ~shapely.is_prepared(geometries)]
    for start in range(0, len(fresh), _AT_ONCE):
        some = fresh[start : start + _AT_ONCE]
        shapely.prepare(some)
        west, south, east, north = shapely.bounds(some).T
        middle = shapely.points((west + east) / 2, (south + north) / 2)
        for _ in range(2):
            shapely.intersects(some, middle)
        shapely.dwithin(some, shapely.points(east + 2 * EDGE_DEGREES, north), EDGE_DEGREES)
    tree = shapely.STRtree(geometries)
    tree.query(shapely.Point(0, 0))
    return tree


def _runs(ordered: NDArray[Any]) -> Iterator[tuple[int, int]]:
    """Start and end of each run of equal values."""
    cuts = (np.flatnonzero(ordered[1:] != ordered[:-1]) + 1).tolist()
    return pairwise([0, *cuts, len(ordered)]) if len(ordered) else iter(())


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _seconds(moment: datetime | None, otherwise: float) -> float:
    return otherwise if moment is None else moment.timestamp()
