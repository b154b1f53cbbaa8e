"""What a map draws of a change: the borders of the grids that are not as they were, before and after."""

from collections.abc import Iterable, Sequence
from typing import Any

import shapely

from services.fabric.model import GridEdition

MOST_DRAWN = 2000
# Of a degree: a tenth of a metre, finer than any screen shows.
_FINE = 1e-6


def borders(before: Sequence[GridEdition], after: Sequence[GridEdition]) -> dict[str, Any]:
    """Two GeoJSON collections in WGS-84. `total` counts all that differ; no more than MOST_DRAWN are drawn a side. In a
    thread."""
    old, new = {_look(edition): edition for edition in before}, {_look(edition): edition for edition in after}
    gone = [edition for look, edition in old.items() if look not in new]
    came = [edition for look, edition in new.items() if look not in old]
    return {
        "total": len({edition.code for edition in (*gone, *came)}),
        "before": _collection(gone[:MOST_DRAWN]),
        "after": _collection(came[:MOST_DRAWN]),
    }


def _look(edition: GridEdition) -> tuple[str, str | None, bytes]:
    return edition.code, edition.unit, bytes(shapely.to_wkb(edition.geometry))


def _collection(editions: Iterable[GridEdition]) -> dict[str, Any]:
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "properties": {"code": edition.code, "name": edition.name, "unit": edition.unit},
                "geometry": shapely.geometry.mapping(shapely.set_precision(edition.geometry, _FINE, mode="pointwise")),
            }
            for edition in editions
        ],
    }
