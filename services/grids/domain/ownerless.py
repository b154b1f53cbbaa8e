"""三不管地带, as far as the map knows: ground that no grid covers, that two claim, or whose grid answers to nobody."""

from collections.abc import Mapping, Sequence
from typing import Any

from services.fabric.model import GridEdition
from services.fabric.topology import Topology

MOST_LISTED = 500


def ownerless(
    topologies: Mapping[str, Topology], in_force: Mapping[str, Sequence[GridEdition]], units: frozenset[str]
) -> list[dict[str, Any]]:
    """Of all overlays, the largest first, and of each kind in each overlay the five hundred largest at most; borders that
    were meant to be one (slivers) are left out. `kind`: `gap`, `overlap`, `no_unit` (none named, or one that nobody
    knows)."""
    found: list[dict[str, Any]] = []
    for overlay, topology in topologies.items():
        for gap in topology.gaps:
            if not gap.sliver:
                found.append(_told(overlay, "gap", [], gap.area_m2, gap.lon, gap.lat))
        for overlap in topology.overlaps:
            if not overlap.sliver:
                grids = [overlap.first, overlap.second]
                found.append(_told(overlay, "overlap", grids, overlap.area_m2, overlap.lon, overlap.lat))
        areas = topology.areas_m2
        orphans = [e for e in in_force.get(overlay, ()) if e.unit is None or e.unit not in units]
        for orphan in sorted(orphans, key=lambda edition: -areas[edition.code])[:MOST_LISTED]:
            spot = orphan.geometry.representative_point()
            found.append(_told(overlay, "no_unit", [orphan.code], areas[orphan.code], spot.x, spot.y))
    found.sort(key=lambda place: (-place["area_m2"], place["overlay"], place["kind"], place["grids"]))
    return found


def _told(overlay: str, kind: str, grids: list[str], area_m2: float, lon: float, lat: float) -> dict[str, Any]:
    return {
        "overlay": overlay,
        "kind": kind,
        "grids": grids,
        "area_m2": round(area_m2, 1),
        "lon": round(lon, 7),
        "lat": round(lat, 7),
    }
