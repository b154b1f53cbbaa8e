"""How two overlays divide the same ground between them: for each pair of their grids the ground they share."""

from datetime import datetime
from typing import Any, NamedTuple

import numpy as np
import shapely

from services.fabric.metric import areas_m2
from services.fabric.overlay import Overlay
from services.grids.domain.cutting import LEAST_CELL_M2

_SHARE_DIGITS = 6


class Crossing(NamedTuple):
    """Ground of `first` that is ground of `second` too; `second` None: that no grid of the other overlay covers. Shares
    are parts (0–1) of the whole ground of each."""

    first: str
    second: str | None
    area_m2: float
    share_of_first: float
    share_of_second: float | None

    def as_json(self) -> dict[str, Any]:
        return {
            "from": self.first,
            "to": self.second,
            "area_m2": round(self.area_m2, 1),
            "share_of_from": round(self.share_of_first, _SHARE_DIGITS),
            "share_of_to": None if self.share_of_second is None else round(self.share_of_second, _SHARE_DIGITS),
        }


def crosswalk(
    first: Overlay, second: Overlay, at: datetime, after: tuple[str, str] = ("", ""), limit: int = 1000
) -> list[Crossing]:
    """In order of the codes, the uncovered before the rest, those behind `after` (two codes, the second empty for what is
    uncovered). Less than a square metre is a border drawn twice and no crossing."""
    rows: list[Crossing] = []
    for index in np.flatnonzero(first.in_force(at)).tolist():
        if first.codes[index] < after[0]:
            continue
        rows += [row for row in _of_grid(first, index, second, at) if (row.first, row.second or "") > after]
        if len(rows) >= limit:
            break
    return rows[:limit]


def _of_grid(first: Overlay, index: int, second: Overlay, at: datetime) -> list[Crossing]:
    code, ground = first.codes[index], first.geometries[index]
    metres = float(areas_m2(np.array([ground]))[0]) / ground.area
    near = second.meeting(ground, at)
    common = shapely.intersection(second.geometries[near], ground)
    areas = shapely.area(common)
    rows: list[Crossing] = []
    uncovered = ground.area - (shapely.union_all(common).area if len(common) else 0.0)
    if uncovered * metres >= LEAST_CELL_M2:
        rows.append(Crossing(code, None, uncovered * metres, uncovered / ground.area, None))
    for other, area in zip(near.tolist(), areas.tolist(), strict=True):
        if area * metres >= LEAST_CELL_M2:
            share = area / second.geometries[other].area
            rows.append(
                Crossing(code, second.codes[other], area * metres, min(area / ground.area, 1.0), min(share, 1.0))
            )
    return rows
