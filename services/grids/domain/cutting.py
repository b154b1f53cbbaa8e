"""One grid's ground cut along the borders of the overlays that lie on it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from services.fabric.metric import areas_m2
from services.fabric.model import GridEdition
from services.fabric.overlay import Floats, Overlay, Points

Shapes = NDArray[np.object_]
LEAST_CELL_M2 = 1.0
# Degrees (a tenth of a millimetre) to which borders are brought together: two that differ by a rounding become one, and
# cutting never fails on them.
TOGETHER = 1e-9
# Degrees by which a border is followed beyond the ground it cuts.
_BEYOND = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """The cells of one owner: the ground of a grid that no grid of an overlay before its own covers. `sources` are all
    grids that lie on it, from which it was cut. `grids[i, j]` is the code of cell i's grid of overlay j, None in a gap;
    `doubled[i, j]` names the others that claim the cell too."""

    sources: tuple[GridEdition, ...]
    shapes: Shapes
    areas: Floats
    grids: Shapes
    doubled: dict[tuple[int, int], tuple[str, ...]]

    def cut_from(self, sources: Sequence[GridEdition]) -> bool:
        """Whether cutting again from these would give the same."""
        return len(sources) == len(self.sources) and all(map(_alike, self.sources, sources))


def _alike(one: GridEdition, other: GridEdition) -> bool:
    return one is other or (
        (one.overlay, one.code) == (other.overlay, other.code)
        and bool(one.geometry is other.geometry or shapely.equals_identical(one.geometry, other.geometry))
    )


def sources_of(ground: BaseGeometry, layers: Sequence[Overlay], at: datetime) -> list[GridEdition]:
    """The grids in force whose bounds meet the ground's: by overlay and code."""
    return [layer.editions[index] for layer in layers for index in layer.meeting(ground, at).tolist()]


def faces(edition: GridEdition, sources: Sequence[GridEdition], before: frozenset[str]) -> Shapes:
    """The ground of `edition` outside every grid of the overlays `before`, cut along all borders of the others. Faces
    beyond it may be among them; those under a square metre are not: they are two borders that meant to be one."""
    ground = edition.geometry
    earlier = [source.geometry for source in sources if source.overlay in before]
    if earlier:
        ground = shapely.difference(ground, shapely.union_all(earlier, grid_size=TOGETHER), grid_size=TOGETHER)
        if ground.is_empty:
            return np.array([], dtype=object)
    others = [s.geometry for s in sources if s.overlay not in before and s is not edition]
    west, south, east, north = ground.bounds
    lines = shapely.boundary(np.array(others, dtype=object))
    lines = shapely.clip_by_rect(lines, west - _BEYOND, south - _BEYOND, east + _BEYOND, north + _BEYOND)
    lines = lines[~shapely.is_empty(lines)]
    noded = shapely.union_all(np.append(lines, shapely.boundary(ground)), grid_size=TOGETHER)
    found: Shapes = shapely.get_parts(shapely.polygonize([noded]))
    return found[areas_m2(found) >= LEAST_CELL_M2]


def pieces_of(
    owners: Sequence[tuple[GridEdition, tuple[GridEdition, ...]]],
    layers: Sequence[Overlay],
    before: frozenset[str],
    at: datetime,
) -> list[Piece]:
    """A piece for each owner with its sources. Of a face's grids each is the one that resolving a point in it names:
    which also says whose of several owners the face is."""
    cut = [faces(edition, sources, before) for edition, sources in owners]
    shapes = np.concatenate(cut)
    counts = [len(some) for some in cut]
    inner = shapely.point_on_surface(shapes)
    points = Points.of(shapely.get_x(inner), shapely.get_y(inner))
    grids = np.full((len(shapes), len(layers)), None, dtype=object)
    doubled: dict[tuple[int, int], tuple[str, ...]] = {}
    free = np.ones(len(shapes), dtype=bool)
    for column, layer in enumerate(layers):
        found = layer.find(points, at, 0)
        grids[:, column] = np.array((*layer.codes, None), dtype=object)[found.edition]
        if layer.code in before:
            free &= found.edition < 0
        doubled |= {(row, column): hit.also for row, hit in found.special.items() if hit.also}
    areas = areas_m2(shapes)
    pieces: list[Piece] = []
    start = 0
    for (edition, sources), count in zip(owners, counts, strict=True):
        own = next(column for column, layer in enumerate(layers) if layer.code == edition.overlay)
        rows = np.arange(start, start + count)
        mine = rows[np.equal(grids[rows, own], edition.code).astype(bool) & free[rows]]
        at_row = {int(row): number for number, row in enumerate(mine)}
        also = {(at_row[row], column): codes for (row, column), codes in doubled.items() if row in at_row}
        pieces.append(Piece(sources, shapes[mine], areas[mine], grids[mine], also))
        start += count
    return pieces
