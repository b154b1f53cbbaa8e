"""Holes, several parts, vertices, outer edges and metres: the index against geometry asked point by point."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import pairwise

import numpy as np
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import MultiPolygon, Point, Polygon, box

from services.fabric.metric import in_metres
from services.fabric.model import GridEdition, Hit, How
from services.fabric.overlay import EDGE_DEGREES, Overlay
from services.fabric.resolve import resolve, resolve_codes, resolve_many
from services.fabric.snapshot import build
from tests.harness.zhenru import published

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
WEST, SOUTH, STEP = 121.0, 31.0, 1e-4
REACH = 50.0


def square(x: int, y: int, wide: int, high: int) -> Polygon:
    return box(WEST + x * STEP, SOUTH + y * STEP, WEST + (x + wide) * STEP, SOUTH + (y + high) * STEP)


@st.composite
def shapes(draw: st.DrawFn) -> shapely.Geometry:
    x, y = draw(st.integers(0, 40)), draw(st.integers(0, 40))
    kind = draw(st.sampled_from(["plain", "triangle", "hole", "two", "touching", "island"]))
    if kind == "plain":
        return square(x, y, draw(st.integers(1, 12)), draw(st.integers(1, 12)))
    if kind == "triangle":
        corners = [(x, y), (x + draw(st.integers(1, 12)), y), (x + 3, y + draw(st.integers(1, 12)))]
        return Polygon([(WEST + a * STEP, SOUTH + b * STEP) for a, b in corners])
    if kind == "hole":
        return Polygon(square(x, y, 9, 9).exterior, [square(x + 3, y + 3, 3, 3).exterior])
    if kind == "two":
        return MultiPolygon([square(x, y, 4, 4), square(x + 6, y, 3, 3)])
    if kind == "touching":
        return MultiPolygon([square(x, y, 4, 4), square(x + 4, y + 4, 4, 4)])
    return MultiPolygon(
        [Polygon(square(x, y, 9, 9).exterior, [square(x + 2, y + 2, 5, 5).exterior]), square(x + 3, y + 3, 2, 2)]
    )


@st.composite
def overlays(draw: st.DrawFn) -> list[GridEdition]:
    """Grids in any order of codes, over each other, beside each other, one in the hole of another."""
    grounds = draw(st.lists(shapes(), min_size=1, max_size=8))
    hole = draw(st.booleans())
    if hole and isinstance(grounds[0], Polygon) and grounds[0].interiors:
        grounds.append(Polygon(grounds[0].interiors[0]))
    codes = draw(st.permutations([f"P{n}" for n in range(len(grounds))]))
    return [
        GridEdition("police", code, f"网格{code}", f"U-{code}", ground)
        for code, ground in zip(codes, grounds, strict=True)
    ]


def asked(grids: Sequence[GridEdition], lon: float, lat: float) -> Hit:
    """By looking at every grid: interior before edge, the smallest code of these, all others named; else the nearest."""
    point = Point(lon, lat)
    touching = sorted((g for g in grids if g.geometry.distance(point) <= EDGE_DEGREES), key=lambda g: g.code)
    interior = [g for g in touching if g.geometry.boundary.distance(point) > EDGE_DEGREES]
    if touching:
        first = (interior or touching)[0]
        others = tuple(g.code for g in touching if g is not first)
        # On the outer edge, with nobody on the other side, it is that grid's ground.
        how: How = "inside" if interior or not others else "boundary"
        return Hit(first.code, first.name, first.unit, how, others)
    here = in_metres(point, lat)
    away = sorted((in_metres(g.geometry, lat).distance(here), g.code, g) for g in grids)
    if away[0][0] > REACH:
        return Hit(None, None, None, "none")
    tied = sorted(code for metres, code, _ in away if metres - away[0][0] <= 1e-3)
    first = next(g for g in grids if g.code == tied[0])
    return Hit(first.code, first.name, first.unit, "nearest", tuple(tied[1:]))


POINTS = st.lists(st.tuples(st.integers(-40, 160), st.integers(-40, 160)), min_size=1, max_size=30)


@settings(max_examples=120, deadline=None)
@given(overlays(), POINTS)
def test_the_index_is_the_geometry(grids: list[GridEdition], steps: list[tuple[int, int]]) -> None:
    """On the lattice of the vertices and half-way between them: corners, edges, holes and gaps all come up."""
    fabric = build(published({"police": grids}))
    for east, north in steps:
        lon, lat = WEST + east * STEP / 2, SOUTH + north * STEP / 2
        told, plain = resolve(fabric, lon, lat, NOW).overlays["police"], asked(grids, lon, lat)
        if "nearest" in (told.how, plain.how):
            # Metres are true to a thousandth only: near a tie or the limit either answer stands.
            metres = sorted(in_metres(g.geometry, lat).distance(in_metres(Point(lon, lat), lat)) for g in grids)
            clear = len(metres) < 2 or not 1e-6 < metres[1] - metres[0] < 0.1
            if clear and abs(metres[0] - REACH) > 0.1:
                assert (told.grid, told.how) == (plain.grid, plain.how)
        else:
            assert told == plain


@settings(max_examples=40, deadline=None)
@given(overlays(), POINTS)
def test_many_are_one_by_one_whatever_the_order(grids: list[GridEdition], steps: list[tuple[int, int]]) -> None:
    """The order in which grids were imported or points are asked changes nothing."""
    fabric = build(published({"police": grids}))
    turned = build(published({"police": grids[::-1]}))
    lons = WEST + np.array([east for east, _ in steps]) * STEP / 2
    lats = SOUTH + np.array([north for _, north in steps]) * STEP / 2
    many = resolve_many(fabric, lons, lats, NOW)
    assert many == resolve_many(turned, lons, lats, NOW)
    assert many == resolve_many(fabric, lons[::-1], lats[::-1], NOW)[::-1]
    assert many == [resolve(fabric, float(x), float(y), NOW) for x, y in zip(lons, lats, strict=True)]
    codes = resolve_codes(fabric, lons, lats, NOW)["police"].tolist()
    named = [fabric.overlays["police"].codes[index] if index >= 0 else None for index in codes]
    assert named == [told.grid_of("police") for told in many]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(1, 99), min_size=1, max_size=6, unique=True), st.integers(0, 10_000))
def test_a_shared_edge_names_both_sides(cuts: list[int], along: int) -> None:
    """Slanted edges: a point worked out on one is on it only to a rounding."""
    xs = [0, *sorted(cuts), 100]
    lean = 37 * STEP / 3
    strips = [
        Polygon(
            [(121 + w * STEP, 31), (121 + e * STEP, 31), (121 + e * STEP + lean, 31.01), (121 + w * STEP + lean, 31.01)]
        )
        for w, e in pairwise(xs)
    ]
    overlay = [GridEdition("police", f"S{n}", "条", None, strip) for n, strip in enumerate(strips)]
    fabric = build(published({"police": overlay}))
    share = along / 10_000
    for n, cut in enumerate(xs[1:-1]):
        lon, lat = 121 + cut * STEP + lean * share, 31 + 0.01 * share
        told = resolve(fabric, lon, lat, NOW).overlays["police"]
        assert (told.grid, told.how, told.also) == (f"S{n}", "boundary", (f"S{n + 1}",))


def test_asked_from_many_threads_at_once() -> None:
    """Indexes are made before anybody asks; nothing is written while they answer."""
    dice = np.random.default_rng(5)
    grids = [
        GridEdition("police", f"P{n}", "格", None, Point(*spot).buffer(4e-3))
        for n, spot in enumerate(dice.uniform((121, 31), (121.05, 31.05), (60, 2)))
    ]
    alone = build(published({"police": grids}))
    lons, lats = dice.uniform(121, 121.05, 4000), dice.uniform(31, 31.05, 4000)
    expected = resolve_many(alone, lons, lats, NOW)
    fresh = build(published({"police": grids}))
    with ThreadPoolExecutor(8) as pool:
        parts = list(pool.map(lambda at: resolve_many(fresh, lons[at::8], lats[at::8], NOW), range(8)))
    for at, part in enumerate(parts):
        assert part == expected[at::8]
    assert len(Overlay("none", [])) == 0


def test_a_long_border_is_indexed_and_answers_alike() -> None:
    """A lake of two thousand vertices in a square: on its edge, within it, beside it."""
    lake = Point(WEST + 20 * STEP, SOUTH + 20 * STEP).buffer(9 * STEP, quad_segs=500)
    around = square(0, 0, 40, 40).difference(lake)
    overlay = Overlay(
        "police", [GridEdition("police", "A", "A", "U", around), GridEdition("police", "L", "L", "U", lake)]
    )
    assert shapely.is_prepared(overlay.geometries).all()
    fabric = build(published({"police": list(overlay.editions)}))
    dice = np.random.default_rng(5)
    inside = dice.uniform((WEST, SOUTH), (WEST + 40 * STEP, SOUTH + 40 * STEP), (400, 2))
    edge = np.array(lake.exterior.coords)[::40]
    for lon, lat in [*inside.tolist(), *edge.tolist()]:
        hit = resolve(fabric, lon, lat, NOW).overlays["police"]
        point = Point(lon, lat)
        near = [code for code, shape in (("A", around), ("L", lake)) if shape.distance(point) <= EDGE_DEGREES]
        assert (hit.grid, *hit.also) == tuple(near)
        assert hit.how == ("inside" if len(near) == 1 else "boundary")
