"""Many points on the ground, and which of them are near a place: numpy arrays in bands of latitude, no object a point."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from services.fabric.metric import METRES_PER_DEGREE, scale_at

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
# Degrees of latitude, about a hundred metres: a question of thirty metres looks into one or two bands.
_BAND = 0.001


class Near(NamedTuple):
    """Places in the arrays given, in no order, and how far each is."""

    at: Ints
    metres: Floats


_NOBODY = Near(np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float64))


def order_of(lons: Floats, lats: Floats) -> Ints:
    """The order in which `Nearby` wants its points."""
    order: Ints = np.lexsort((lons, _band(lats)))
    return order


def _band(lats: Floats) -> NDArray[np.int32]:
    bands: NDArray[np.int32] = np.floor(lats / _BAND).astype(np.int32)
    return bands


class Nearby:
    """`lons`, `lats` in degrees, in the order of `order_of`. A circle over the date line is cut off there."""

    def __init__(self, lons: Floats, lats: Floats) -> None:
        self.lons, self.lats = lons, lats
        bands, starts = np.unique(_band(lats), return_index=True)
        self._bands = bands
        self._starts = [*starts.tolist(), len(lats)]

    def __len__(self) -> int:
        return len(self.lons)

    def within(self, lon: float, lat: float, metres: float) -> Near:
        """Distances are those of `metric.distance`."""
        up = metres / METRES_PER_DEGREE * 1.0001
        first = int(self._bands.searchsorted(math.floor((lat - up) / _BAND)))
        last = int(self._bands.searchsorted(math.floor((lat + up) / _BAND), "right"))
        edge = min(abs(lat) + up, 89.9)
        aside = metres / scale_at(edge)[0] * 1.0001
        spans = [self._of_band(band, lon - aside, lon + aside) for band in range(first, last)]
        found = [np.arange(start, end) for start, end in spans if start < end]
        if not found:
            return _NOBODY
        at = np.concatenate(found)
        lats = self.lats[at]
        east = np.maximum(np.cos(np.radians((lats + lat) / 2)), 1e-3) * METRES_PER_DEGREE
        away = np.hypot((self.lons[at] - lon) * east, (lats - lat) * METRES_PER_DEGREE)
        inside = away <= metres
        return Near(at[inside], away[inside])

    def _of_band(self, band: int, west: float, east: float) -> tuple[int, int]:
        start, end = self._starts[band], self._starts[band + 1]
        here = self.lons[start:end]
        return start + int(here.searchsorted(west)), start + int(here.searchsorted(east, "right"))
