"""The arrangement of the overlays: the ground cut along every border of every overlay, one grid of each on each cell.

It is made owner by owner: each cell belongs to its grid of the first overlay that has one there. An owner's cells depend
on the grids that lie on it and on nothing else, so after a change only the owners it touches are cut anew, by the same
steps as the first time.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import NamedTuple

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from services.fabric.metric import square_degree
from services.fabric.model import GridEdition
from services.fabric.overlay import Floats, Overlay
from services.fabric.snapshot import Fabric
from services.grids.domain.cutting import LEAST_CELL_M2, Owner, Piece, Shapes, pieces_of, sources_of

# Owners cut between two words of progress.
_AT_ONCE = 32


class Cell(NamedTuple):
    """`grids`: overlay → code of its grid here, None in a gap of that overlay; `doubled` names the others that claim the
    cell too. `zone`: that of its grid of the zone overlay, else of the community."""

    geometry: BaseGeometry
    area_m2: float
    grids: dict[str, str | None]
    doubled: dict[str, tuple[str, ...]]
    zone: str | None


@dataclass(frozen=True, eq=False)
class Arrangement:
    """In order of place, west to east. `recut` of all `pieces` were cut for this one, the others taken over."""

    overlays: tuple[str, ...]
    pieces: Mapping[Owner, Piece]
    recut: int
    shapes: Shapes
    areas: Floats
    grids: Shapes
    zones: Sequence[str | None]
    doubled: Mapping[tuple[int, int], tuple[str, ...]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.shapes)

    def cell(self, number: int) -> Cell:
        columns = list(enumerate(self.overlays))
        return Cell(
            self.shapes[number],
            float(self.areas[number]),
            dict(zip(self.overlays, self.grids[number].tolist(), strict=True)),
            {code: self.doubled[number, column] for column, code in columns if (number, column) in self.doubled},
            self.zones[number],
        )

    @cached_property
    def tree(self) -> shapely.STRtree:
        return shapely.STRtree(self.shapes)

    def __iter__(self) -> Iterator[Cell]:
        return map(self.cell, range(len(self)))


def arrange(
    fabric: Fabric,
    at: datetime,
    overlays: Sequence[str] | None = None,
    before: Arrangement | None = None,
    told: Callable[[int, int], None] = lambda done, of: None,
) -> Arrangement:
    """`before`: an earlier arrangement, of which is kept what still holds; the answer is the same without it. `told` hears
    how many grids of how many are done."""
    wanted = tuple(code for code in fabric.overlays if overlays is None or code in overlays)
    layers = [fabric.overlays[code] for code in wanted]
    kept = before.pieces if before is not None and before.overlays == wanted else {}
    whole = sum(int(layer.in_force(at).sum()) for layer in layers)
    pieces: dict[Owner, Piece] = {}
    taken: Counter[Owner] = Counter()
    done, recut = 0, 0
    passed: frozenset[str] = frozenset()
    for layer in _finest_first(layers):
        owners = _left(layer, at, taken)
        done += int(layer.in_force(at).sum()) - len(owners)
        for start in range(0, len(owners), _AT_ONCE):
            some = owners[start : start + _AT_ONCE]
            recut += _settle(some, layers, passed, at, kept, pieces)
            for edition in some:
                taken.update(pieces[edition.overlay, edition.code].taken)
            done += len(some)
            told(done, whole)
        passed |= {layer.code}
    told(whole, whole)
    return _in_order(fabric, at, wanted, pieces, recut)


def _finest_first(layers: Sequence[Overlay]) -> list[Overlay]:
    """The finer the owners, the less is cut anew. By powers of two, so that one grid more does not change the order."""
    return sorted(layers, key=lambda layer: (-len(layer).bit_length(), layer.code))


def _left(layer: Overlay, at: datetime, taken: Mapping[Owner, float]) -> list[GridEdition]:
    """The grids of which ground is left, a cell's at least, that earlier owners have not taken."""
    here = np.flatnonzero(layer.in_force(at))
    bounds = shapely.bounds(layer.geometries[here])
    least = LEAST_CELL_M2 / square_degree((bounds[:, 1] + bounds[:, 3]) / 2)
    gone = np.array([taken.get((layer.code, layer.codes[index]), 0.0) for index in here.tolist()], dtype=np.float64)
    left = here[shapely.area(layer.geometries[here]) - gone >= least]
    return [layer.editions[index] for index in left.tolist()]


def _settle(
    owners: Sequence[GridEdition],
    layers: Sequence[Overlay],
    passed: frozenset[str],
    at: datetime,
    kept: Mapping[Owner, Piece],
    pieces: dict[Owner, Piece],
) -> int:
    """Puts the owners' pieces in; how many of them were cut anew."""
    fresh: list[tuple[GridEdition, tuple[GridEdition, ...]]] = []
    for edition, sources in zip(owners, sources_of(owners, layers, at), strict=True):
        piece = kept.get((edition.overlay, edition.code))
        if piece is not None and piece.cut_from(sources, passed):
            pieces[edition.overlay, edition.code] = piece
        else:
            fresh.append((edition, sources))
    if fresh:
        for (edition, _), piece in zip(fresh, pieces_of(fresh, layers, passed, at), strict=True):
            pieces[edition.overlay, edition.code] = piece
    return len(fresh)


def _in_order(
    fabric: Fabric, at: datetime, overlays: tuple[str, ...], pieces: Mapping[Owner, Piece], recut: int
) -> Arrangement:
    some = [piece for _, piece in sorted(pieces.items())]
    if not some:
        nothing: Shapes = np.array([], dtype=object)
        return Arrangement(overlays, {}, recut, nothing, np.array([]), nothing.reshape(0, len(overlays)), ())
    shapes = np.concatenate([piece.shapes for piece in some])
    areas = np.concatenate([piece.areas for piece in some])
    grids = np.concatenate([piece.grids for piece in some])
    bounds = shapely.bounds(shapes)
    order = np.lexsort((areas, *(bounds[:, side] for side in (3, 2, 1, 0))))
    place = np.empty(len(order), dtype=np.intp)
    place[order] = np.arange(len(order))
    starts = np.cumsum([0, *(len(piece.shapes) for piece in some)])
    doubled = {
        (int(place[start + row]), column): codes
        for start, piece in zip(starts, some, strict=False)
        for (row, column), codes in piece.doubled.items()
    }
    zones = _zones(fabric, at, overlays, grids[order])
    return Arrangement(overlays, pieces, recut, shapes[order], areas[order], grids[order], zones, doubled)


def _zones(fabric: Fabric, at: datetime, overlays: tuple[str, ...], grids: Shapes) -> list[str | None]:
    zones: list[str | None] = [None] * len(grids)
    for overlay in ("community", "zone"):
        if overlay not in overlays:
            continue
        layer = fabric.overlays[overlay]
        here = np.flatnonzero(layer.in_force(at)).tolist()
        told = {layer.codes[index]: layer.zones[index] for index in here}
        for number, code in enumerate(grids[:, overlays.index(overlay)].tolist()):
            zones[number] = told.get(code) or zones[number]
    return zones
