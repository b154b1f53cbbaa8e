"""Ground that passes from grid to grid when an overlay changes: every piece of an old grid on a new one.

Grids that stay as they were are not cut with each other, so that a small change in a large overlay costs little.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from services.fabric.metric import all_in_metres
from services.fabric.model import GridEdition

Floats = NDArray[np.float64]
Indexes = NDArray[np.intp]
Shapes = NDArray[np.object_]
# Two borders drawn by different hands never agree to the last digit.
_LEAST_M2 = 1e-3


@dataclass(frozen=True, slots=True)
class Ground:
    """Pieces: `areas[i]` square metres pass from the old edition `old[i]` to the new one `new[i]`; -1 is nobody.
    `before_m2`, `after_m2`: the area of each edition. Where no grids of one side overlap, the pieces of an edition add
    up to its area."""

    old: Indexes
    new: Indexes
    areas: Floats
    before_m2: Floats
    after_m2: Floats


def moved_ground(before: Sequence[GridEdition], after: Sequence[GridEdition]) -> Ground:
    """Editions of one overlay, in force together on each side."""
    old, new = _shapes(before), _shapes(after)
    both = np.concatenate([old, new])
    latitude = float(np.mean(shapely.total_bounds(both)[[1, 3]])) if len(both) else 0.0
    old, new = all_in_metres(old, latitude), all_in_metres(new, latitude)
    before_m2, after_m2 = shapely.area(old), shapely.area(new)
    stays_old, stays_new = _staying(before, after)
    left = np.setdiff1d(np.arange(len(old)), stays_old)
    taken = np.setdiff1d(np.arange(len(new)), stays_new)
    given, got, areas = _cut(old, left, new, taken)
    pieces = [(stays_old, stays_new, before_m2[stays_old]), (given, got, areas)]
    # What somebody else holds, before and after alike, comes from nobody and goes to nobody; it is only claimed anew.
    others_left, _, also_left = _cut(old, left, new, stays_new)
    _, others_taken, also_taken = _cut(old, stays_old, new, taken)
    lost = before_m2.copy()
    np.subtract.at(lost, np.concatenate([given, others_left]), np.concatenate([areas, also_left]))
    won = after_m2.copy()
    np.subtract.at(won, np.concatenate([got, others_taken]), np.concatenate([areas, also_taken]))
    nobody_gets = left[lost[left] > _LEAST_M2]
    nobody_gave = taken[won[taken] > _LEAST_M2]
    pieces.append((nobody_gets, np.full(len(nobody_gets), -1), lost[nobody_gets]))
    pieces.append((np.full(len(nobody_gave), -1), nobody_gave, won[nobody_gave]))
    olds, news, sizes = (np.concatenate(column) for column in zip(*pieces, strict=True))
    return Ground(olds.astype(np.intp), news.astype(np.intp), sizes, before_m2, after_m2)


def _shapes(editions: Sequence[GridEdition]) -> Shapes:
    shapes = np.empty(len(editions), dtype=object)
    shapes[:] = [edition.geometry for edition in editions]
    return shapes


def _staying(before: Sequence[GridEdition], after: Sequence[GridEdition]) -> tuple[Indexes, Indexes]:
    """Pairs of one code on the same ground, whoever answers for it."""
    places = {edition.code: place for place, edition in enumerate(after)}
    pairs = [(mine, places[edition.code]) for mine, edition in enumerate(before) if edition.code in places]
    if not pairs:
        return np.array([], dtype=np.intp), np.array([], dtype=np.intp)
    mine, theirs = np.array(pairs, dtype=np.intp).T
    one, other = _shapes(before)[mine], _shapes(after)[theirs]
    same = np.array([a is b for a, b in zip(one, other, strict=True)], dtype=bool)
    same[~same] = shapely.equals_exact(shapely.normalize(one[~same]), shapely.normalize(other[~same]))
    return mine[same], theirs[same]


def _cut(old: Shapes, some: Indexes, new: Shapes, others: Indexes) -> tuple[Indexes, Indexes, Floats]:
    """(index into old, index into new, square metres in common) of those that have ground in common."""
    if not len(some) or not len(others):
        return np.array([], dtype=np.intp), np.array([], dtype=np.intp), np.array([], dtype=np.float64)
    tree = shapely.STRtree(new[others])
    asked, met = tree.query(old[some], predicate="intersects")
    mine, theirs = some[asked], others[met]
    areas = shapely.area(shapely.intersection(old[mine], new[theirs]))
    worth = areas > _LEAST_M2
    return mine[worth], theirs[worth], areas[worth]
