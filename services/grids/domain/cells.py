"""The arrangement of the overlays: the ground cut along every border of every overlay, one grid of each on each cell."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from services.fabric.metric import all_in_metres
from services.fabric.resolve import resolve_many
from services.fabric.snapshot import Fabric

LEAST_CELL_M2 = 1.0


class Cell(NamedTuple):
    """`grids`: overlay → code of its grid here, None in a gap of that overlay. `zone`: as a point in it resolves."""

    geometry: BaseGeometry
    area_m2: float
    grids: dict[str, str | None]
    zone: str | None


def arrange(fabric: Fabric, at: datetime, overlays: Sequence[str] | None = None) -> list[Cell]:
    """In order of place, west to east. Cells under a square metre are two borders that meant to be one, and left out."""
    wanted = [code for code in fabric.overlays if overlays is None or code in overlays]
    borders = [shapely.boundary(fabric.overlays[c].geometries[fabric.overlays[c].in_force(at)]) for c in wanted]
    lines = np.concatenate(borders) if borders else np.array([], dtype=object)
    if not len(lines):
        return []
    pieces: NDArray[np.object_] = shapely.get_parts(shapely.polygonize([shapely.union_all(lines)]))
    latitude = float(np.mean(shapely.total_bounds(pieces)[[1, 3]])) if len(pieces) else 0.0
    areas = shapely.area(all_in_metres(pieces, latitude))
    pieces, areas = pieces[areas >= LEAST_CELL_M2], areas[areas >= LEAST_CELL_M2]
    inner = shapely.point_on_surface(pieces)
    found = resolve_many(fabric, shapely.get_x(inner), shapely.get_y(inner), at)
    cells: list[Cell] = []
    for piece, area, here in zip(pieces, areas.tolist(), found, strict=True):
        hits = {code: here.overlays[code] for code in wanted}
        grids = {code: hit.grid if hit.how in ("inside", "boundary") else None for code, hit in hits.items()}
        if any(grids.values()):
            cells.append(Cell(piece, area, grids, here.zone))
    return sorted(cells, key=lambda cell: cell.geometry.bounds)
