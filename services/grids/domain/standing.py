"""Which cell a point stands on: exactly one, wherever there is any."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import shapely

from services.fabric.metric import in_metres, scale_at
from services.fabric.model import Hit, How
from services.fabric.overlay import EDGE_DEGREES
from services.grids.domain.cells import Arrangement


class Standing(NamedTuple):
    """`number` of the cell, None for none. `others`: how many more it is on the edge of."""

    number: int | None
    how: How
    others: int = 0


def standing(
    arrangement: Arrangement, lon: float, lat: float, hits: Mapping[str, Hit], nearest_metres: float
) -> Standing:
    """`hits` is what resolving the point says. On an edge the cell is the one that agrees with it in most overlays, then
    the first in order of place. A point on a sliver, which is no cell, is on the nearest within `nearest_metres`."""
    reach_y = nearest_metres / scale_at(lat)[1]
    reach_x = nearest_metres / scale_at(lat)[0]
    point = shapely.Point(lon, lat)
    near = np.sort(arrangement.tree.query(point.buffer(EDGE_DEGREES, cap_style="square")))
    touching = near[shapely.dwithin(arrangement.shapes[near], point, EDGE_DEGREES)]
    if len(touching):
        said = [hits[code].grid if hits[code].how in ("inside", "boundary") else None for code in arrangement.overlays]
        agree = [sum(map(_same, arrangement.grids[number].tolist(), said)) for number in touching.tolist()]
        chosen = int(touching[int(np.argmax(agree))])
        return Standing(chosen, "inside" if len(touching) == 1 else "boundary", len(touching) - 1)
    around = shapely.box(lon - reach_x, lat - reach_y, lon + reach_x, lat + reach_y)
    near = np.sort(arrangement.tree.query(around))
    here = in_metres(point, lat)
    away = np.array([shapely.distance(in_metres(arrangement.shapes[number], lat), here) for number in near.tolist()])
    if not len(away) or away.min() > nearest_metres:
        return Standing(None, "none")
    return Standing(int(near[int(np.argmin(away))]), "nearest")


def _same(one: str | None, other: str | None) -> bool:
    return one == other
