"""Which reports are of one place: those in one square of a hundred metres.

Cells of the merged fabric would not do: where few overlays are known a cell is as large as a beat, and every publication
may cut it anew. A report without a point has only its grids to be known by.
"""

import math
from collections.abc import Mapping
from hashlib import blake2b

from services.fabric.metric import METRES_PER_DEGREE, scale_at

SIDE_M = 100.0


def spot_of(lon: float | None, lat: float | None, grids: Mapping[str, str]) -> str | None:
    """A key that lasts; None for a report of which nobody knows where it is."""
    if lon is not None and lat is not None:
        row = math.floor(lat * METRES_PER_DEGREE / SIDE_M)
        return f"square/{row}/{math.floor(lon * _east(row) / SIDE_M)}"
    if grids:
        told = "\n".join(f"{overlay}={code}" for overlay, code in sorted(grids.items()))
        return f"cell/{blake2b(told.encode(), digest_size=12).hexdigest()}"
    return None


def square_of(spot: str) -> tuple[float, float, float, float] | None:
    """West, south, east, north of a square in degrees; None for a cell."""
    family, _, told = spot.partition("/")
    if family != "square":
        return None
    row, column = map(int, told.split("/"))
    east = _east(row)
    return (
        column * SIDE_M / east,
        row * SIDE_M / METRES_PER_DEGREE,
        (column + 1) * SIDE_M / east,
        (row + 1) * SIDE_M / METRES_PER_DEGREE,
    )


def _east(row: int) -> float:
    """Metres to a degree of longitude in the middle of a row of squares."""
    return scale_at((row + 0.5) * SIDE_M / METRES_PER_DEGREE)[0]
