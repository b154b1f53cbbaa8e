"""What a change of boundaries moves: ground, households, open cases, load."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import box

from services.fabric.metric import in_metres
from services.fabric.model import GridEdition
from services.grids.domain.handover import OpenCase, handed_over
from services.grids.domain.impact import impact
from services.grids.domain.moving import moved_ground

WEST, SOUTH, SIDE = 121.40, 31.24, 0.01
DISTRICT = box(WEST, SOUTH, WEST + SIDE, SOUTH + SIDE)


def grid(code: str, ground: Any, unit: str | None = None, households: int | None = None) -> GridEdition:
    return GridEdition("police", code, code, unit or f"U-{code}", ground, households=households)


def strip(code: str, start: float, end: float, **more: Any) -> GridEdition:
    """A part of the district, from west to east."""
    return grid(code, box(WEST + SIDE * start, SOUTH, WEST + SIDE * end, SOUTH + SIDE), **more)


def case(number: int, share: float, lead: str | None = None, state: str = "dispatched") -> OpenCase:
    lon, lat = WEST + SIDE * share, SOUTH + SIDE / 2
    return OpenCase(f"case_{number}", lon, lat, None, lead, "GL-03", state)


def tessellation(seeds: Sequence[tuple[float, float]], homes: Sequence[int | None], units: int) -> list[GridEdition]:
    """The district cut up among these points, whole and without overlaps."""
    points = shapely.multipoints([(WEST + SIDE * x, SOUTH + SIDE * y) for x, y in seeds])
    cells = shapely.get_parts(shapely.voronoi_polygons(points, extend_to=DISTRICT))
    pieces = shapely.intersection(cells, DISTRICT)
    kept = [piece for piece in pieces if piece.area > 0]
    return [grid(f"G{n}", piece, f"U{n % units}", homes[n % len(homes)]) for n, piece in enumerate(kept)]


coordinate = st.integers(1, 999).map(lambda n: n / 1000)
seeds = st.lists(st.tuples(coordinate, coordinate), min_size=2, max_size=12, unique=True)
homes = st.lists(st.one_of(st.none(), st.integers(0, 5000)), min_size=1, max_size=4)


@settings(max_examples=60, deadline=None)
@given(one=seeds, other=seeds, stated=homes, units=st.integers(1, 4))
def test_on_whole_tessellations_nothing_is_lost(
    one: list[tuple[float, float]], other: list[tuple[float, float]], stated: list[int | None], units: int
) -> None:
    before, after = tessellation(one, stated, units), tessellation(other, [None], units)
    ground = moved_ground(before, after)
    whole = in_metres(DISTRICT, SOUTH + SIDE / 2).area
    assert ground.areas.sum() == pytest.approx(whole, rel=1e-6)
    for mine, theirs, count in ((ground.old, ground.before_m2, len(before)), (ground.new, ground.after_m2, len(after))):
        sums = np.zeros(count)
        np.add.at(sums, mine[mine >= 0], ground.areas[mine >= 0])
        assert sums == pytest.approx(theirs, rel=1e-4, abs=1.0)
    told = impact(before, after, [], 50.0)
    households = sum(edition.households or 0 for edition in before)
    assert told["households"]["total"] == pytest.approx(households, rel=1e-3, abs=1.0)
    load = told["load"]["items"]
    given_up = sum(unit["before"]["households"] - unit["after"]["households"] for unit in load)
    assert given_up == pytest.approx(0, abs=1.0 + households * 1e-3)
    moved = told["area"]["between_grids"]
    assert moved["total"] == len(moved["items"])
    assert sum(way["area_m2"] for way in moved["items"]) == pytest.approx(told["area"]["moved_m2"], rel=1e-3, abs=50.0)


def test_a_boundary_that_moves() -> None:
    before = [strip("A", 0, 0.5, households=1000), strip("B", 0.5, 1, households=500)]
    after = [strip("A", 0, 0.4), strip("B", 0.4, 1)]
    cases = [
        case(1, 0.45, lead="U-A"),
        case(2, 0.45, lead="U-A", state="signed"),
        case(3, 0.45, lead="SOMEBODY"),
        case(4, 0.1, lead="U-A"),
        case(5, 0.9, lead="U-B"),
    ]
    told = impact(before, after, cases, 50.0)
    assert told["area"]["share"] == pytest.approx(0.1, abs=1e-4)
    (way,) = told["area"]["between_grids"]["items"]
    assert (way["from"], way["to"]) == ({"grid": "A", "unit": "U-A"}, {"grid": "B", "unit": "U-B"})
    assert way["households"] == pytest.approx(200, abs=0.2)
    assert told["area"]["between_units"]["items"][0]["from"] == "U-A"
    assert told["households"] == {"total": 1500.0, "moved": pytest.approx(200, abs=0.2), "grids_unstated": 0}
    changed = told["cases"]
    assert [changed[name] for name in ("open", "changed", "rerouted", "kept")] == [5, 3, 1, 2]
    assert {item["case_id"]: item["will"] for item in changed["items"]} == {
        "case_1": "rerouted",
        "case_2": "kept",
        "case_3": "kept",
    }
    assert changed["items"][0]["to"] == {"grid": "B", "unit": "U-B"}
    assert changed["between_units"]["items"] == [{"from": "U-A", "to": "U-B", "rerouted": 1, "kept": 2}]
    load = {unit["unit"]: unit for unit in told["load"]["items"]}
    assert (load["U-A"]["before"]["open_cases"], load["U-A"]["after"]["open_cases"]) == (4, 1)
    assert load["U-B"]["after"]["households"] == pytest.approx(700, abs=0.2)


@pytest.mark.parametrize(
    ("state", "settled", "will"),
    [
        ("dispatched", False, "rerouted"),
        ("open", False, "rerouted"),
        ("dispatched", True, "kept"),
        ("signed", False, "kept"),
        ("reopened", False, "kept"),
        ("resolved", False, "kept"),
    ],
)
def test_whoever_has_taken_a_case_keeps_it(state: str, settled: bool, will: str) -> None:
    one = case(1, 0.5, "U-A", state)._replace(settled=settled)
    done = handed_over([strip("A", 0, 1)], [strip("B", 0, 1)], [one], 50.0)
    assert [change.will for change in done.changes] == [will]


def test_a_grid_that_only_changes_its_unit() -> None:
    before = [strip("A", 0, 0.5, households=10), strip("B", 0.5, 1)]
    after = [strip("A", 0, 0.5, unit="NEW", households=10), strip("B", 0.5, 1)]
    told = impact(before, after, [case(1, 0.2, "U-A"), case(2, 0.7, "U-B")], 50.0)
    assert told["area"]["between_units"]["items"][0]["to"] == "NEW"
    assert told["households"]["moved"] == 10.0
    assert [(item["case_id"], item["will"]) for item in told["cases"]["items"]] == [("case_1", "rerouted")]
    assert {unit["unit"] for unit in told["load"]["items"]} == {"U-A", "NEW"}


def test_ground_from_nobody_and_to_nobody() -> None:
    before, after = [strip("A", 0, 0.5, households=100)], [strip("A", 0.1, 0.6)]
    told = impact(before, after, [case(1, 0.05, "U-A"), case(2, 0.58)], 0.0)
    ways = {(way["from"]["grid"], way["to"]["grid"]) for way in told["area"]["between_grids"]["items"]}
    assert ways == {("A", None), (None, "A")}
    assert told["households"]["moved"] == pytest.approx(20, abs=0.1)
    assert [(item["from"]["unit"], item["to"]["unit"]) for item in told["cases"]["items"]] == [
        ("U-A", None),
        (None, "U-A"),
    ]


def test_what_stays_is_not_moved_by_an_overlap() -> None:
    before = [strip("A", 0, 0.5), strip("B", 0.5, 1)]
    after = [strip("A", 0, 0.5), strip("B", 0.4, 1)]
    told = impact(before, after, [], 0.0)
    assert told["area"]["moved_m2"] == 0.0


def test_a_case_without_a_point_follows_the_grid_it_names() -> None:
    nowhere = OpenCase("case_1", None, None, "A", "U-A", "GL-03", "dispatched")
    unknown = OpenCase("case_2", None, None, None, "U-A", "GL-03", "dispatched")
    done = handed_over([strip("A", 0, 1)], [strip("B", 0, 1)], [nowhere, unknown], 50.0)
    assert [(change.case.case_id, change.will) for change in done.changes] == [("case_1", "rerouted")]
    assert done.changes[0].after is None


def test_the_same_again_moves_nothing() -> None:
    turned = [grid("A", DISTRICT.reverse(), households=7)]
    told = impact([grid("A", DISTRICT, households=7)], turned, [case(1, 0.5)], 50.0)
    assert (told["area"]["moved_m2"], told["cases"]["changed"], told["load"]["total"]) == (0.0, 0, 0)


def test_an_overlay_that_begins_and_one_that_ends() -> None:
    assert impact([], [], [case(1, 0.5)], 50.0)["area"]["share"] is None
    began = impact([], [strip("A", 0, 1, households=9)], [case(1, 0.5)], 50.0)
    assert began["load"]["items"][0]["after"]["households"] == 9.0
    ended = impact([strip("A", 0, 1, households=9)], [], [case(1, 0.5, "U-A")], 50.0)
    assert (ended["area"]["share"], ended["cases"]["rerouted"]) == (1.0, 1)
    assert Counter(way["to"]["unit"] for way in ended["area"]["between_grids"]["items"]) == {None: 1}
