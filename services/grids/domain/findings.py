"""What the merged fabric shows to be wrong with an overlay: ground that others hold and it doesn't, and ground that two
of its grids claim. Each is one piece of ground with a place on the map."""

from collections import defaultdict
from typing import Any, Literal, NamedTuple

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from services.fabric.metric import all_in_metres, areas_m2
from services.fabric.resolve import OUTLINES
from services.fabric.topology import SLIVER_WIDTH_M
from services.grids.domain.cells import Arrangement
from services.grids.domain.cutting import TOGETHER, Shapes

Kind = Literal["gap", "double"]


class Finding(NamedTuple):
    """`lon`, `lat`: a point in it. `sliver`: narrower than two metres, so most likely one border drawn twice."""

    overlay: str
    kind: Kind
    grids: tuple[str, ...]
    area_m2: float
    lon: float
    lat: float
    sliver: bool
    ground: BaseGeometry

    @property
    def order(self) -> tuple[float, str, str, float, float]:
        return -self.area_m2, self.overlay, self.kind, self.lon, self.lat

    def as_json(self) -> dict[str, Any]:
        return {
            "overlay": self.overlay,
            "kind": self.kind,
            "grids": list(self.grids),
            "area_m2": round(self.area_m2, 1),
            "lon": round(self.lon, 7),
            "lat": round(self.lat, 7),
            "sliver": self.sliver,
        }


def findings(arrangement: Arrangement) -> list[Finding]:
    """The largest first. Gaps count inside the district's outline, or that of the streets, where there is one; else
    wherever another overlay has a grid."""
    found: list[Finding] = []
    inside = _inside(arrangement)
    for column, overlay in enumerate(arrangement.overlays):
        if overlay not in OUTLINES:
            empty = np.array([code is None for code in arrangement.grids[:, column].tolist()], dtype=bool)
            found += _pieces(overlay, "gap", (), arrangement.shapes[inside & empty])
        claims: dict[tuple[str, ...], list[int]] = defaultdict(list)
        for (number, where), others in arrangement.doubled.items():
            if where == column:
                claims[tuple(sorted({arrangement.grids[number, column], *others}))].append(number)
        for codes, numbers in claims.items():
            found += _pieces(overlay, "double", codes, arrangement.shapes[numbers])
    return sorted(found, key=lambda finding: finding.order)


def _inside(arrangement: Arrangement) -> np.ndarray[Any, np.dtype[np.bool_]]:
    outlines = [arrangement.overlays.index(code) for code in OUTLINES if code in arrangement.overlays]
    if not outlines:
        return np.ones(len(arrangement), dtype=bool)
    return np.array([code is not None for code in arrangement.grids[:, outlines[0]].tolist()], dtype=bool)


def _pieces(overlay: str, kind: Kind, grids: tuple[str, ...], cells: Shapes) -> list[Finding]:
    """The cells joined to whole pieces of ground."""
    if not len(cells):
        return []
    ground: Shapes = shapely.get_parts(shapely.union_all(cells, grid_size=TOGETHER))
    spots = shapely.point_on_surface(ground)
    lons, lats, areas = shapely.get_x(spots), shapely.get_y(spots), areas_m2(ground)
    around = shapely.length(all_in_metres(ground, float(lats.mean())))
    slim = 2.0 * areas / around < SLIVER_WIDTH_M
    rows = zip(areas.tolist(), lons.tolist(), lats.tolist(), slim.tolist(), ground, strict=True)
    return [Finding(overlay, kind, grids, *row) for row in rows]
