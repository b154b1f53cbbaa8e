"""Roads: where a number stands, where two of them cross, where a stretch between two others lies."""

from bisect import bisect_left
from collections.abc import Iterable
from functools import cached_property
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from services.fabric.metric import distance, scale_at
from services.fabric.model import GazetteerEntry, Parity, Stretch

CROSSING_METRES = 150.0
_BEYOND_THE_END = 10
_EVERY_METRES = 40.0
_MOST_COMPARED = 1500
_LEAST_KNOWN = 6

Named = Literal["name", "alias", "former"]
Found = Literal["exact", "other_kind", "stretch", "between", "between_sides", "beyond"]


class Position(NamedTuple):
    lon: float
    lat: float


class Known(NamedTuple):
    """An entry, and by which of its names it is spoken of."""

    entry: GazetteerEntry
    by: Named


class Numbered(NamedTuple):
    """A number of a road, 号 or 弄; `known` is what stands there, where that has a name of its own."""

    number: int
    kind: str
    lon: float
    lat: float
    known: Known | None = None


class OnRoad(NamedTuple):
    lon: float
    lat: float
    name: str
    how: Found
    known: Known | None = None


class Line(NamedTuple):
    """A stretch of a road with the point where it begins."""

    lon: float
    lat: float
    stretch: Stretch

    def holds(self, number: int) -> bool:
        wanted: Parity = "odd" if number % 2 else "even"
        return self.stretch.low <= number <= self.stretch.high and self.stretch.parity in (wanted, "both")

    def at(self, part: float) -> Position:
        return Position(
            self.lon + (self.stretch.lon - self.lon) * part, self.lat + (self.stretch.lat - self.lat) * part
        )

    def points(self) -> list[Position]:
        length = distance(self.lon, self.lat, self.stretch.lon, self.stretch.lat)
        steps = max(1, min(200, round(length / _EVERY_METRES)))
        return [self.at(step / steps) for step in range(steps + 1)]


class Road:
    """Of at least one number, stretch or point."""

    def __init__(
        self, name: str, numbers: Iterable[Numbered], lines: Iterable[Line], spots: Iterable[Position]
    ) -> None:
        self.name = name
        self.numbers = sorted(numbers, key=lambda row: (row.number, row.kind, row.known is not None, row[2:4]))
        self._lines = tuple(lines)
        self._spots = tuple(spots)

    @cached_property
    def _by_parity(self) -> dict[int | None, list[Numbered]]:
        return {
            None: self.numbers,
            0: [row for row in self.numbers if row.number % 2 == 0],
            1: [row for row in self.numbers if row.number % 2 == 1],
        }

    @cached_property
    def points(self) -> NDArray[np.float64]:
        """(n, 2): longitudes and latitudes along the road, in the order of its numbers."""
        along = [(row.lon, row.lat) for row in self.numbers]
        along += [(point.lon, point.lat) for line in self._lines for point in line.points()]
        return np.array(along or self._spots, dtype=np.float64)

    @cached_property
    def middle(self) -> Position:
        lon, lat = self.points[len(self.points) // 2]
        return Position(float(lon), float(lat))

    @cached_property
    def extent(self) -> float:
        """Metres from one end to the other, across; a road of which only few points are known may reach anywhere."""
        if len(self.points) < _LEAST_KNOWN:
            return float("inf")
        (west, south), (east, north) = self.points.min(axis=0), self.points.max(axis=0)
        return distance(float(west), float(south), float(east), float(north))

    def away(self, lon: float, lat: float) -> float:
        """Metres to the nearest known point of the road."""
        gap = (self.points - np.array([lon, lat])) * np.array(scale_at(lat))
        return float(np.hypot(gap[:, 0], gap[:, 1]).min())

    def nearest(self, lon: float, lat: float) -> Position:
        gap = (self.points - np.array([lon, lat])) * np.array(scale_at(lat))
        found = self.points[int(np.hypot(gap[:, 0], gap[:, 1]).argmin())]
        return Position(float(found[0]), float(found[1]))

    def find(self, number: int, kind: str) -> OnRoad | None:
        """Where the number is, or would be by its stretch or its neighbours on its own side of the road, else on
        either side."""
        at = bisect_left(self.numbers, (number,))
        here = [row for row in self.numbers[at : at + 6] if row.number == number]
        if here:
            row = min(here, key=lambda row: row.kind != kind)
            how: Found = "exact" if row.kind == kind else "other_kind"
            return OnRoad(row.lon, row.lat, f"{self.name}{number}{row.kind}", how, row.known)
        name = f"{self.name}{number}{kind}"
        for line in self._lines:
            if line.holds(number):
                part = (number - line.stretch.low) / ((line.stretch.high - line.stretch.low) or 1)
                return OnRoad(*line.at(part), name, "stretch")
        for parity, how in ((number % 2, "between"), (None, "between_sides")):
            place = _between(number, self._by_parity[parity])
            if place:
                return OnRoad(*place, name, "between" if how == "between" else "between_sides")
        return self._beyond(number, name)

    def _beyond(self, number: int, name: str) -> OnRoad | None:
        if not self.numbers:
            return None
        nearest = min(self.numbers, key=lambda row: abs(row.number - number))
        if abs(nearest.number - number) > _BEYOND_THE_END:
            return None
        return OnRoad(nearest.lon, nearest.lat, name, "beyond")

    def crossing(self, other: "Road") -> Position | None:
        """Where the two roads come nearest to each other; None when that is too far for a crossing."""
        scale = np.array(scale_at(self.middle.lat))
        reach = CROSSING_METRES / scale
        mine, theirs = _thin(_near(self.points, other.points, reach)), _thin(_near(other.points, self.points, reach))
        if not len(mine) or not len(theirs):
            return None
        gap = (mine[:, None, :] - theirs[None, :, :]) * scale
        away = np.hypot(gap[..., 0], gap[..., 1])
        first, second = np.unravel_index(int(away.argmin()), away.shape)
        if away[first, second] > CROSSING_METRES:
            return None
        lon, lat = (mine[first] + theirs[second]) / 2
        return Position(float(lon), float(lat))


def _near(points: NDArray[np.float64], others: NDArray[np.float64], reach: NDArray[np.float64]) -> NDArray[np.float64]:
    """Those in the box of the others, widened by `reach`."""
    inside = (points >= others.min(axis=0) - reach) & (points <= others.max(axis=0) + reach)
    found: NDArray[np.float64] = points[inside.all(axis=1)]
    return found


def _thin(points: NDArray[np.float64]) -> NDArray[np.float64]:
    thinned: NDArray[np.float64] = points[:: len(points) // _MOST_COMPARED + 1]
    return thinned


def _between(number: int, rows: list[Numbered]) -> Position | None:
    at = bisect_left(rows, (number,))
    if not 0 < at < len(rows):
        return None
    low, high = rows[at - 1], rows[at]
    part = (number - low.number) / (high.number - low.number)
    return Position(low.lon + (high.lon - low.lon) * part, low.lat + (high.lat - low.lat) * part)
