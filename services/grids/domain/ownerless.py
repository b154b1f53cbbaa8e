"""三不管地带 as a check of the map lists it: ground that no grid covers, that two claim, or whose grid answers to nobody."""

from collections.abc import Mapping, Sequence
from typing import Any

from services.fabric.model import GridEdition
from services.fabric.topology import Topology
from services.grids.domain.surveying import survey


def ownerless(
    topologies: Mapping[str, Topology], in_force: Mapping[str, Sequence[GridEdition]], units: frozenset[str]
) -> list[dict[str, Any]]:
    """Of all overlays, the largest first, and of each kind in each overlay the five hundred largest at most. `kind`:
    `gap`, `overlap`, `no_unit` (none named, or one that nobody knows)."""
    found = [
        {
            "overlay": finding.overlay,
            "kind": finding.kind,
            "grids": list(finding.grids),
            "area_m2": round(finding.area_m2, 1),
            "lon": round(finding.lon, 7),
            "lat": round(finding.lat, 7),
        }
        for overlay, topology in topologies.items()
        for finding in survey(overlay, topology, in_force.get(overlay, ()), units).findings
    ]
    return sorted(found, key=lambda place: (-place["area_m2"], place["overlay"], place["kind"], place["grids"]))
