"""Squares of ground of about 150 m, numbered: where to look for what lies near."""

import math
from functools import lru_cache

from services.fabric.metric import METRES_PER_DEGREE

_HEIGHT = 150 / METRES_PER_DEGREE  # degrees of latitude
_ROWS, _COLUMNS = 100_000, 10_000_000
_LEAST_COSINE = 1e-3


def cell_of(lon: float, lat: float) -> int:
    row = math.floor(lat / _HEIGHT)
    return _number(row, math.floor(lon / _width(row)))


# One order asks several times: for the locks, for what is near in the table, and in its own batch.
@lru_cache(maxsize=4096)
def cells_within(lon: float, lat: float, metres: float) -> tuple[int, ...]:
    """Every cell that has a point within so many metres, and few others; the own one is always among them."""
    up = metres / METRES_PER_DEGREE
    found: list[int] = []
    for row in range(math.floor((lat - up) / _HEIGHT), math.floor((lat + up) / _HEIGHT) + 1):
        width = _width(row)
        aside = up / 150 * METRES_PER_DEGREE * width  # as many degrees as metres, at this row's scale
        columns = range(math.floor((lon - aside) / width), math.floor((lon + aside) / width) + 1)
        found += [_number(row, column) for column in columns]
    return tuple(found)


def _width(row: int) -> float:
    """Degrees of longitude that 150 m are in the middle of the row."""
    return _HEIGHT / max(math.cos(math.radians((row + 0.5) * _HEIGHT)), _LEAST_COSINE)


def _number(row: int, column: int) -> int:
    return (row + _ROWS) * _COLUMNS + column + _COLUMNS // 2
