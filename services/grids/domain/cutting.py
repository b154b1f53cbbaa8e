"""One grid's ground cut along the borders of the overlays that lie on it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from services.fabric.metric import areas_m2
from services.fabric.model import GridEdition
from services.fabric.overlay import Floats, Ints, Overlay

Shapes = NDArray[np.object_]
Owner = tuple[str, str]
LEAST_CELL_M2 = 1.0
# Degrees (a tenth of a millimetre) to which borders are brought together where cutting them as they are fails.
TOGETHER = 1e-9
# Square degrees (a hundredth of a square metre) by which the faces of a ground may miss the whole of it.
_MISSED = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """The cells of one owner: the ground of a grid that no grid of an overlay before its own covers. `sources` are all
    grids that lie on it, from which it was cut, `before` the overlays among theirs that came first. `grids[i, j]` is the
    code of cell i's grid of overlay j, None in a gap; `doubled[i, j]` names the others that claim the cell too. `taken`:
    square degrees of each later overlay's grid that are the owner's, those too small for a cell among them."""

    sources: tuple[GridEdition, ...]
    before: frozenset[str]
    shapes: Shapes
    areas: Floats
    grids: Shapes
    doubled: dict[tuple[int, int], tuple[str, ...]]
    taken: Mapping[Owner, float]

    def cut_from(self, sources: Sequence[GridEdition], before: frozenset[str]) -> bool:
        """Whether cutting again from these would give the same."""
        same = len(sources) == len(self.sources) and self.before == _first(sources, before)
        return same and all(map(_alike, self.sources, sources))


def _first(sources: Sequence[GridEdition], before: frozenset[str]) -> frozenset[str]:
    return before.intersection(source.overlay for source in sources)


def _alike(one: GridEdition, other: GridEdition) -> bool:
    return one is other or (
        (one.overlay, one.code) == (other.overlay, other.code)
        and bool(one.geometry is other.geometry or shapely.equals_identical(one.geometry, other.geometry))
    )


def sources_of(owners: Sequence[GridEdition], layers: Sequence[Overlay], at: datetime) -> list[tuple[GridEdition, ...]]:
    """Of each owner the grids in force whose bounds meet its own, it itself among them: by overlay and code."""
    grounds = np.array([owner.geometry for owner in owners], dtype=object)
    found: list[list[GridEdition]] = [[] for _ in owners]
    for layer in layers:
        for owner, number in zip(*(side.tolist() for side in layer.meeting_each(grounds, at)), strict=True):
            found[owner].append(layer.editions[number])
    return [tuple(some) for some in found]


def faces(edition: GridEdition, sources: Sequence[GridEdition], before: frozenset[str]) -> tuple[Shapes, Shapes]:
    """The ground of `edition` outside every grid of the overlays `before`, cut along all borders of the others; and a
    point in each of the faces. Borders are cut as they are, which is quick and goes wrong where two differ by a rounding:
    there they are brought together first."""
    earlier = [source.geometry for source in sources if source.overlay in before]
    others = [s.geometry for s in sources if s.overlay not in before and s is not edition]
    try:
        found, inner, whole = _cut(edition.geometry, earlier, others, None)
    except shapely.GEOSException:
        whole = False
    if not whole:
        found, inner, _ = _cut(edition.geometry, earlier, others, TOGETHER)
    return found, inner


def _cut(
    ground: BaseGeometry, earlier: Sequence[BaseGeometry], others: Sequence[BaseGeometry], grid_size: float | None
) -> tuple[Shapes, Shapes, bool]:
    """The third: whether the faces are the ground once, with no border that ends within it."""
    # Prepared is a shape of this call's own: the map's are asked by others at the same time.
    left = shapely.force_2d(ground)
    if earlier:
        left = shapely.difference(left, shapely.union_all(earlier, grid_size=grid_size), grid_size=grid_size)
    if left.is_empty:
        nothing: Shapes = np.array([], dtype=object)
        return nothing, nothing, True
    shapely.prepare(left)
    lines = shapely.linestrings(_segments(left, others))
    noded = shapely.union_all(lines[shapely.intersects(left, lines)], grid_size=grid_size)
    polygons, bridges, ends, broken = shapely.polygonize_full([noded])
    found: Shapes = shapely.get_parts(polygons)
    inner: Shapes = shapely.point_on_surface(found)
    mine = shapely.intersects(left, inner)
    found, inner = found[mine], inner[mine]
    loose = shapely.line_interpolate_point(shapely.get_parts([bridges, ends]), 0.5, normalized=True)
    whole = broken.is_empty and abs(float(shapely.area(found).sum()) - left.area) <= _MISSED
    return found, inner, whole and not shapely.intersects(left, loose).any()


def _segments(ground: BaseGeometry, others: Sequence[BaseGeometry]) -> Floats:
    """Of the borders of all, each once however many grids share it, those within the ground's bounds: two points each."""
    rings = shapely.get_parts(shapely.boundary(np.array([ground, *others], dtype=object)))
    points, ring = shapely.get_coordinates(rings, return_index=True)
    start, end = points[:-1], points[1:]
    west, south, east, north = ground.bounds
    low, high = np.minimum(start, end), np.maximum(start, end)
    near = (ring[1:] == ring[:-1]) & (low <= (east, north)).all(axis=1) & (high >= (west, south)).all(axis=1)
    start, end = start[near], end[near]
    turned = (start[:, 0] > end[:, 0]) | ((start[:, 0] == end[:, 0]) & (start[:, 1] > end[:, 1]))
    both = np.where(turned[:, None], np.hstack([end, start]), np.hstack([start, end]))
    both = both[np.lexsort(both.T)]
    fresh = np.append(True, (both[1:] != both[:-1]).any(axis=1))
    segments: Floats = both[fresh].reshape(-1, 2, 2)
    return segments


def pieces_of(
    owners: Sequence[tuple[GridEdition, tuple[GridEdition, ...]]],
    layers: Sequence[Overlay],
    before: frozenset[str],
    at: datetime,
) -> list[Piece]:
    """A piece for each owner, all of one overlay, with its sources. Of a face's grids each is the one that resolving a
    point in it names: which also says whose of several owners the face is. Faces under a square metre are two borders
    that meant to be one, and no cells."""
    cut = [faces(edition, sources, before) for edition, sources in owners]
    shapes = np.concatenate([found for found, _ in cut])
    inner = np.concatenate([points for _, points in cut])
    owner = np.repeat(np.arange(len(owners)), [len(found) for found, _ in cut])
    grids = np.full((len(shapes), len(layers)), None, dtype=object)
    numbers = np.full(grids.shape, -1, dtype=np.int32)
    doubled: dict[tuple[int, int], tuple[str, ...]] = {}
    for column, layer in enumerate(layers):
        which, holding = layer.holding(inner, at)
        first = np.append(True, which[1:] != which[:-1])[: len(which)]
        numbers[which[first], column] = holding[first]
        grids[:, column] = np.array((*layer.codes, None), dtype=object)[numbers[:, column]]
        for row, number in zip(which[~first].tolist(), holding[~first].tolist(), strict=True):
            doubled[row, column] = (*doubled.get((row, column), ()), layer.codes[number])
    own = next(column for column, layer in enumerate(layers) if layer.code == owners[0][0].overlay)
    earlier = [column for column, layer in enumerate(layers) if layer.code in before]
    codes = np.array([edition.code for edition, _ in owners], dtype=object)
    mine = np.equal(grids[:, own], codes[owner]).astype(bool) & (numbers[:, earlier] < 0).all(axis=1)
    areas = areas_m2(shapes)
    taken = _taken(len(owners), owner[mine], shapely.area(shapes[mine]), numbers[mine], layers)
    pieces: list[Piece] = []
    for number, (_, sources) in enumerate(owners):
        rows = np.flatnonzero((owner == number) & mine & (areas >= LEAST_CELL_M2))
        place = {int(row): new for new, row in enumerate(rows)}
        also = {(place[row], column): others for (row, column), others in doubled.items() if row in place}
        of_those = _first(sources, before)
        pieces.append(Piece(sources, of_those, shapes[rows], areas[rows], grids[rows], also, taken[number]))
    return pieces


def _taken(
    owners: int, owner: NDArray[np.intp], areas: Floats, numbers: Ints, layers: Sequence[Overlay]
) -> list[dict[Owner, float]]:
    """Of each owner, what its faces take of every grid; `numbers` are the indexes of the faces' editions."""
    taken: list[dict[Owner, float]] = [{} for _ in range(owners)]
    for column, layer in enumerate(layers):
        here = numbers[:, column] >= 0
        pairs, place = np.unique(owner[here] * len(layer) + numbers[here, column], return_inverse=True)
        sums = np.bincount(place, weights=areas[here], minlength=len(pairs))
        for pair, area in zip(pairs.tolist(), sums.tolist(), strict=True):
            number, index = divmod(pair, len(layer))
            taken[number][layer.code, layer.codes[index]] = area
    return taken
