"""All overlays of a fabric under one index, for a point asked about alone: one question instead of one an overlay."""

from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from itertools import accumulate

import numpy as np
import shapely

from services.fabric.overlay import EDGE_DEGREES, Overlay

_NOTHING = np.array([], dtype=object)


class Stack:
    """The grids of all overlays, numbered through in the overlays' order."""

    def __init__(self, layers: Sequence[Overlay]) -> None:
        self._layers = layers
        self._starts = [0, *accumulate(len(layer) for layer in layers)]
        self._shapes = np.concatenate([_NOTHING, *(layer.geometries for layer in layers)])
        self._dated = [bool(layer.changes()) for layer in layers]
        # Boxes with the edge about them: the point itself is all that has to be looked up.
        west, south, east, north = shapely.bounds(self._shapes).T
        edge = EDGE_DEGREES
        self._tree = shapely.STRtree(shapely.box(west - edge, south - edge, east + edge, north + edge))
        self._tree.query(shapely.Point(0, 0))  # GEOS makes the nodes at the first question, not safely between threads

    def touching(self, lon: float, lat: float, at: datetime) -> list[list[int]]:
        """Per overlay the indexes of its editions in force on whose ground, or edge, the point is."""
        point = shapely.Point(lon, lat)
        near = self._tree.query(point)
        held = near[shapely.dwithin(self._shapes[near], point, EDGE_DEGREES)]
        found: list[list[int]] = [[] for _ in self._layers]
        for number in held.tolist():
            place = bisect_right(self._starts, number) - 1
            index = number - self._starts[place]
            if not self._dated[place] or self._layers[place].editions[index].in_force(at):
                found[place].append(index)
        return found


@lru_cache(maxsize=2)
def stack_of(layers: tuple[Overlay, ...]) -> Stack:
    """Made once for the overlays of a fabric, at whatever moment it is looked at."""
    return Stack(layers)
