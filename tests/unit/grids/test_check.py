"""What a check tells beside the topology: ground without an owner."""

from shapely import box

from services.fabric.model import GridEdition
from services.fabric.topology import examine
from services.grids.domain.ownerless import ownerless


def grid(
    overlay: str, code: str, west: float, east: float, unit: str | None = "U", households: int | None = None
) -> GridEdition:
    return GridEdition(overlay, code, code, unit, box(west, 31.24, east, 31.25), households=households)


def test_gaps_overlaps_and_grids_of_nobody_are_ownerless() -> None:
    layers = {
        "police": [grid("police", "A", 121.400, 121.410), grid("police", "B", 121.408, 121.420)],
        "fire": [grid("fire", "F", 121.400, 121.405, None), grid("fire", "G", 121.405, 121.42, "NOBODY")],
        "market": [grid("market", "M", 121.400, 121.410)],
    }
    outline = box(121.40, 31.24, 121.42, 31.25)
    units = frozenset({"U"})
    found = ownerless({code: examine(grids, outline, units) for code, grids in layers.items()}, layers, units)
    assert [(place["overlay"], place["kind"], place["grids"]) for place in found] == [
        ("fire", "no_unit", ["G"]),
        ("market", "gap", []),
        ("fire", "no_unit", ["F"]),
        ("police", "overlap", ["A", "B"]),
    ]
    overlap = found[-1]
    assert 121.408 < overlap["lon"] < 121.410
    assert 31.24 < overlap["lat"] < 31.25
