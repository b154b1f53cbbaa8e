"""What a check tells: how grids lie to each other, and ground without an owner."""

from itertools import combinations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from shapely import box

from services.fabric.metric import areas_m2
from services.fabric.model import GridEdition
from services.fabric.topology import examine
from services.grids.domain.ownerless import ownerless
from tests.unit.grids.test_cells import overlays


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


@settings(max_examples=100, deadline=None)
@given(overlays("a"))
def test_overlaps_and_gaps_are_those_of_every_pair_and_of_the_whole(editions: list[GridEdition]) -> None:
    """However well the grids share their edges: only those that do not are held against each other."""
    outline = box(121, 31, 121.0055, 31.0055)
    found = examine(editions, outline)
    common = [(a.code, b.code, shapely.intersection(a.geometry, b.geometry)) for a, b in combinations(editions, 2)]
    pairs = {(min(a, b), max(a, b)) for a, b, shape in common if areas_m2(np.array([shape]))[0] > 1}
    assert {(overlap.first, overlap.second) for overlap in found.overlaps} == pairs
    if not editions:
        return
    bare = shapely.difference(outline, shapely.union_all([edition.geometry for edition in editions]))
    assert sum(gap.area_m2 for gap in found.gaps) == pytest.approx(areas_m2(np.array([bare]))[0], rel=1e-3, abs=1)


def test_grids_of_one_shape_and_a_grid_within_another_overlap() -> None:
    twice = [
        grid("police", "A", 121.4, 121.41),
        grid("police", "B", 121.4, 121.41),
        grid("police", "C", 121.41, 121.42),
    ]
    assert [(o.first, o.second) for o in examine(twice).overlaps] == [("A", "B")]
    island = GridEdition("police", "D", "D", "U", box(121.402, 31.242, 121.404, 31.244))
    assert [(o.first, o.second) for o in examine([twice[0], island]).overlaps] == [("A", "D")]
