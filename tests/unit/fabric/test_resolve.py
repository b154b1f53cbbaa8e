from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import Point, box

from services.fabric.metric import distance
from services.fabric.model import GridEdition
from services.fabric.overlay import Overlay, Points
from services.fabric.resolve import resolve, resolve_codes, resolve_many
from services.fabric.snapshot import build
from tests.harness.zhenru import AT, OVERLAYS, SHOP, editions, published, zhenru

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


def grid(code: str, geometry: shapely.Geometry, overlay: str = "police", **more: object) -> GridEdition:
    return GridEdition(overlay=overlay, code=code, name=f"网格{code}", unit=f"U-{code}", geometry=geometry, **more)  # type: ignore[arg-type]


def found(overlay: Overlay, lon: float, lat: float, at: datetime = NOW) -> tuple[str | None, str, tuple[str, ...]]:
    layer = overlay.find(Points.of(np.array([lon]), np.array([lat])), at, 50)
    hit = layer.special.get(0) or overlay.hits[layer.edition[0]]
    return hit.grid, hit.how, hit.also


@st.composite
def tessellations(draw: st.DrawFn) -> list[GridEdition]:
    """A block of ground cut by random lines; cells share their edges exactly, codes are in no order of place."""
    xs = sorted({121.0, 121.01, *draw(st.lists(st.integers(1, 99).map(lambda n: 121 + n / 10000), max_size=5))})
    ys = sorted({31.0, 31.01, *draw(st.lists(st.integers(1, 99).map(lambda n: 31 + n / 10000), max_size=5))})
    cells = [box(w, s, e, n) for w, e in pairwise(xs) for s, n in pairwise(ys)]
    pieces: list[shapely.Geometry] = []
    for cell in cells:
        west, south, east, north = cell.bounds
        if draw(st.booleans()):
            pieces.append(shapely.Polygon([(west, south), (east, south), (east, north)]))
            pieces.append(shapely.Polygon([(west, south), (east, north), (west, north)]))
        else:
            pieces.append(cell)
    codes = draw(st.permutations([f"P{n:03d}" for n in range(len(pieces))]))
    return [grid(code, piece) for code, piece in zip(codes, pieces, strict=True)]


def by_brute_force(cells: Sequence[GridEdition], lon: float, lat: float) -> tuple[str | None, str, tuple[str, ...]]:
    point = Point(lon, lat)
    touching = sorted(cell.code for cell in cells if cell.geometry.distance(point) <= 1e-9)
    if len(touching) > 1:
        return touching[0], "boundary", tuple(touching[1:])
    return (touching[0], "inside", ()) if touching else (None, "none", ())


@settings(max_examples=60, deadline=None)
@given(tessellations(), st.lists(st.tuples(st.integers(0, 200), st.integers(0, 200)), min_size=1, max_size=40))
def test_the_index_answers_as_brute_force_does(cells: list[GridEdition], steps: list[tuple[int, int]]) -> None:
    overlay = Overlay("police", cells)
    for east, north in steps:
        lon, lat = 121 + east / 20000, 31 + north / 20000
        assert found(overlay, lon, lat) == by_brute_force(cells, lon, lat)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(*[st.integers(0, 40)] * 4), min_size=1, max_size=8), st.integers(0, 40), st.integers(0, 40))
def test_overlaps_name_the_others(rows: list[tuple[int, int, int, int]], east: int, north: int) -> None:
    cells = [
        grid(f"P{n}", box(121 + w / 1e4, 31 + s / 1e4, 121 + (w + dx + 1) / 1e4, 31 + (s + dy + 1) / 1e4))
        for n, (w, s, dx, dy) in enumerate(rows)
    ]
    point = Point(121 + east / 1e4 + 5e-6, 31 + north / 1e4 + 5e-6)
    holding = sorted(cell.code for cell in cells if cell.geometry.contains(point))
    code, how, also = found(Overlay("police", cells), point.x, point.y)
    if holding:
        assert (code, how, also) == (holding[0], "inside", tuple(holding[1:]))
    else:
        assert how in ("nearest", "none")


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), min_size=1, max_size=12))
def test_a_gap_goes_to_the_nearest_within_fifty_metres(corners: list[tuple[int, int]]) -> None:
    cells = [
        grid(f"P{n}", box(121 + x / 4e4, 31 + y / 4e4, 121 + (x + 1) / 4e4, 31 + (y + 1) / 4e4))
        for n, (x, y) in enumerate(corners)
    ]
    lon, lat = 121 + 30.3 / 4e4, 31 + 30.7 / 4e4
    away = {}
    for cell in cells:
        west, south, east, north = cell.geometry.bounds
        away[cell.code] = distance(lon, lat, min(max(lon, west), east), min(max(lat, south), north))
    nearest = min(away.values())
    code, how, _ = found(Overlay("police", cells), lon, lat)
    if nearest == 0:
        assert how == "inside"
    elif nearest < 49.9:
        assert how == "nearest"
        assert away[code or ""] - nearest < 0.01
    elif nearest > 50.1:
        assert (code, how) == (None, "none")


def test_a_point_inside_one_grid_and_on_the_edge_of_another_is_inside() -> None:
    overlay = Overlay("police", [grid("A", box(121.005, 31, 121.01, 31.01)), grid("B", box(121, 31, 121.02, 31.02))])
    assert found(overlay, 121.005, 31.005) == ("B", "inside", ("A",))


def test_editions_hold_for_their_time() -> None:
    change = datetime(2026, 12, 1, tzinfo=UTC)
    old = grid("A", box(121, 31, 121.01, 31.01), valid_to=change)
    new = replace(old, name="新网格", unit="U-NEW", valid_from=change, valid_to=None)
    overlay = Overlay("police", [new, old])
    fabric = build(published({"police": [old, new]}))
    for lon, lat in ((121.005, 31.005), (121.0101, 31.005)):
        before, after = (resolve(fabric, lon, lat, at) for at in (change - timedelta(seconds=1), change))
        assert (before.unit_of("police"), after.unit_of("police")) == ("U-A", "U-NEW")
    assert overlay.grid("A", change) == new
    assert [edition.unit for edition in overlay.history("A")] == ["U-A", "U-NEW"]


def test_the_shop_of_the_story_is_found_on_every_overlay() -> None:
    fabric = zhenru()
    told = resolve(fabric, *SHOP, AT)
    assert set(told.overlays) == set(OVERLAYS)
    for overlay, hit in told.overlays.items():
        holding = [e.code for e in editions(overlay) if e.geometry.contains(Point(SHOP))]
        assert hit.how == "inside"
        assert [hit.grid] == holding
    assert told.as_json()["as_of"] == AT.isoformat()
    assert told.zone is None


def test_the_team_is_every_unit_on_the_comprehensive_grid() -> None:
    told = resolve(zhenru(), *SHOP, AT)
    ground = next(e for e in editions("comprehensive") if e.code == told.grid_of("comprehensive")).geometry
    expected: dict[str, float] = {}
    for overlay in OVERLAYS:
        for edition in editions(overlay):
            covered = edition.geometry.intersection(ground).area / ground.area
            if overlay != "micro":
                expected[edition.unit or ""] = expected.get(edition.unit or "", 0) + covered
    for member in told.team:
        assert abs(expected[member.unit] - member.share) < 0.002
    assert {member.unit for member in told.team} == {unit for unit, share in expected.items() if share > 0.0001}
    assert list(told.team) == sorted(told.team, key=lambda member: (-member.share, member.unit))


def test_many_points_are_as_one_by_one() -> None:
    fabric = zhenru()
    west, south, east, north = fabric.bounds or (0, 0, 0, 0)
    random = np.random.default_rng(7)
    lons, lats = random.uniform(west, east, 300), random.uniform(south, north, 300)
    many = resolve_many(fabric, lons, lats, AT)
    assert many == [resolve(fabric, float(x), float(y), AT) for x, y in zip(lons, lats, strict=True)]
    for overlay, indexes in resolve_codes(fabric, lons, lats, AT).items():
        codes = [None if i < 0 else fabric.overlays[overlay].codes[i] for i in indexes.tolist()]
        assert codes == [told.grid_of(overlay) for told in many]


def test_the_zone_is_the_zone_overlays_else_the_communitys() -> None:
    ground = box(121, 31, 121.02, 31.02)
    community = grid("C", ground, "community", properties={"zone": "community"})
    inner = grid("Z", box(121, 31, 121.01, 31.01), "zone", properties={"zone": "campus"})
    fabric = build(published({"community": [community], "zone": [inner]}))
    assert resolve(fabric, 121.005, 31.005, AT).zone == "campus"
    assert resolve(fabric, 121.015, 31.015, AT).zone == "community"
    assert resolve(fabric, 122, 32, AT).zone is None


def test_a_fabric_without_overlays_answers_nothing_at_all() -> None:
    told = resolve(build(published({})), *SHOP, AT)
    assert (told.overlays, told.team, told.zone) == ({}, (), None)


def test_units_below_and_the_grids_they_answer_for() -> None:
    fabric = zhenru()
    station = fabric.below("ZR-POLICE")
    assert {"ZR-POLICE", "ZR-POLICE-5"} <= station
    assert station < fabric.below("QP-POLICE") < fabric.below("QP")
    assert fabric.below("NOBODY") == {"NOBODY"}
    assert fabric.held_by(fabric.below("ZR-G4"), "comprehensive", AT) == {"G4"}
    assert fabric.held_by(station, "unheard", AT) == frozenset()
