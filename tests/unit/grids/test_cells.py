"""The merged fabric: whole, without doubles, the same whichever way it was worked out."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import box

from services.fabric.metric import areas_m2
from services.fabric.model import GridEdition
from services.fabric.resolve import resolve
from services.fabric.snapshot import Fabric, build
from services.grids.domain.cells import Arrangement, arrange
from services.grids.domain.crosswalk import crosswalk
from services.grids.domain.findings import findings
from services.grids.domain.standing import standing
from tests.harness.zhenru import AT, published, zhenru

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
STEP = 1e-4


def grid(overlay: str, code: str, shape: shapely.Geometry, **more: object) -> GridEdition:
    return GridEdition(overlay=overlay, code=code, name=code, unit=f"U-{overlay}", geometry=shape, **more)  # type: ignore[arg-type]


@st.composite
def overlays(draw: st.DrawFn, code: str) -> list[GridEdition]:
    """A block cut by random lines, some of its pieces slanted or missing, sometimes one grid over others."""
    xs = sorted({0, 60, *draw(st.lists(st.integers(1, 59), max_size=3))})
    ys = sorted({0, 60, *draw(st.lists(st.integers(1, 59), max_size=3))})
    east = draw(st.sampled_from([0, 0, 5]))
    pieces: list[shapely.Geometry] = []
    for w, e in pairwise(xs):
        for s, n in pairwise(ys):
            corners = [(121 + (x + east) * STEP, 31 + y * STEP) for x, y in ((w, s), (e, s), (e, n), (w, n))]
            how = draw(st.sampled_from(["whole", "whole", "slanted", "missing"]))
            if how == "slanted":
                pieces += [shapely.Polygon(corners[:3]), shapely.Polygon([corners[0], *corners[2:]])]
            elif how == "whole":
                pieces.append(shapely.Polygon(corners))
    if draw(st.booleans()):
        w, s = draw(st.integers(0, 40)), draw(st.integers(0, 40))
        pieces.append(box(121 + w * STEP, 31 + s * STEP, 121 + (w + 17) * STEP, 31 + (s + 13) * STEP))
    codes = draw(st.permutations([f"{code}{n:02d}" for n in range(len(pieces))]))
    return [grid(code, name, piece) for name, piece in zip(codes, pieces, strict=True)]


def fabric_of(*layers: Sequence[GridEdition]) -> Fabric:
    return build(published({some[0].overlay: list(some) for some in layers if some}))


three = st.tuples(overlays("a"), overlays("b"), overlays("c"))


def told(arrangement: Arrangement) -> list[tuple[object, ...]]:
    return [(cell.geometry.wkb, cell.area_m2, cell.grids, cell.doubled, cell.zone) for cell in arrangement]


@settings(max_examples=60, deadline=None)
@given(three)
def test_the_cells_are_the_ground_once(layers: tuple[list[GridEdition], ...]) -> None:
    fabric = fabric_of(*layers)
    found = arrange(fabric, NOW)
    everything = shapely.union_all([edition.geometry for some in layers for edition in some], grid_size=1e-9)
    # Each sliver left out is under a square metre.
    assert abs(shapely.area(found.shapes).sum() - everything.area) < 100e-10
    together = shapely.union_all(found.shapes)
    assert abs(together.area - shapely.area(found.shapes).sum()) < 1e-12
    for overlay in fabric.overlays.values():
        for edition in overlay.editions:
            mine = [c for c in found if c.grids[overlay.code] == edition.code]
            claimed = [c for c in found if edition.code in c.doubled.get(overlay.code, ())]
            covered = sum(c.area_m2 for c in (*mine, *claimed))
            assert covered == pytest.approx(areas_m2(np.array([edition.geometry]))[0], rel=1e-3, abs=100)


@settings(max_examples=60, deadline=None)
@given(three, st.lists(st.tuples(st.integers(0, 140), st.integers(0, 130)), min_size=1, max_size=30))
def test_every_point_stands_on_exactly_one_cell(
    layers: tuple[list[GridEdition], ...], steps: list[tuple[int, int]]
) -> None:
    """Points on the edges and vertices of the lattice among them."""
    fabric = fabric_of(*layers)
    found = arrange(fabric, NOW)
    for east, north in steps:
        lon, lat = 121 + east * STEP / 2, 31 + north * STEP / 2
        hits = resolve(fabric, lon, lat, NOW).overlays
        here = standing(found, lon, lat, hits, 50)
        again = standing(found, lon, lat, hits, 50)
        assert here == again
        covered = any(hit.how in ("inside", "boundary") for hit in hits.values())
        assert (here.how in ("inside", "boundary")) == covered
        if here.how == "inside":
            cell = found.cell(here.number or 0)
            assert cell.grids == {c: h.grid if h.how != "nearest" else None for c, h in hits.items()}
        elif here.how == "boundary":
            touching = shapely.dwithin(found.shapes, shapely.Point(lon, lat), 1e-9)
            assert here.number in np.flatnonzero(touching)
            assert here.others == touching.sum() - 1


@settings(max_examples=60, deadline=None)
@given(three, three, st.data())
def test_what_is_recut_is_what_would_be_cut_at_once(
    layers: tuple[list[GridEdition], ...], others: tuple[list[GridEdition], ...], data: st.DataObject
) -> None:
    """Any grids are changed for others, taken away or added; the whole in one go gives the same to the last bit."""
    before = arrange(fabric_of(*layers), NOW)
    changed: list[list[GridEdition]] = []
    for some, new in zip(layers, others, strict=True):
        spare = {edition.code: edition for edition in new}
        mixed = {e.code: (spare.pop(e.code, e) if data.draw(st.integers(0, 3)) == 0 else e) for e in some}
        mixed |= {code: edition for code, edition in spare.items() if data.draw(st.integers(0, 3)) == 0}
        changed.append(list(mixed.values()))
    fabric = fabric_of(*changed)
    assert told(arrange(fabric, NOW, before=before)) == told(arrange(fabric, NOW))


def test_only_the_touched_ground_is_recut() -> None:
    fabric = zhenru()
    before = arrange(fabric, AT)
    assert before.recut == len(before.pieces)
    assert arrange(fabric, AT, before=before).recut == 0
    overlay = fabric.overlays["police"]
    moved = [replace(e, geometry=e.geometry.buffer(-2e-5)) if e.code == "PO6" else e for e in overlay.editions]
    layers = {code: list(layer.editions) for code, layer in fabric.overlays.items()}
    after = arrange(build(published({**layers, "police": moved})), AT, before=before)
    assert 0 < after.recut < len(after.pieces)
    steps: list[tuple[int, int]] = []
    arrange(fabric, AT, told=lambda done, of: steps.append((done, of)))
    assert steps == sorted(steps)
    assert steps[-1] == (201, 201)


def test_an_overlay_that_becomes_the_finest_is_cut_first_from_then_on() -> None:
    """Whose a cell is depends on the order of the overlays: pieces cut in another order are of no use."""

    def strips(code: str, count: int) -> list[GridEdition]:
        wide = 0.01 / count
        return [grid(code, f"{code}{n}", box(121 + n * wide, 31, 121 + (n + 1) * wide, 31.01)) for n in range(count)]

    few, many = fabric_of(strips("a", 3), strips("b", 3)), fabric_of(strips("a", 3), strips("b", 4))
    before = arrange(few, NOW)
    assert {owner for owner, _ in before.pieces} == {"a"}
    after = arrange(many, NOW, before=before)
    assert {owner for owner, _ in after.pieces} == {"b"}
    assert told(arrange(few, NOW, before=after)) == told(before)
    assert told(after) == told(arrange(many, NOW))


def test_borders_that_differ_by_a_rounding_are_one() -> None:
    """One slanted border, which each overlay reaches by points of its own: they cross and run along each other within the
    last digits. Cut as they are, they leave borders that end in the middle of the ground."""
    layers: list[list[GridEdition]] = []
    for overlay, count in zip("abcd", (3, 5, 7, 11), strict=True):
        share = np.linspace(0, 1, count + 1)[:, None]
        line = np.array([[121, 31.01]]) * (1 - share) + np.array([[121.0113, 31.0137]]) * share
        sides = [[(x, y) for x, y in line[number : number + 2]] for number in range(count)]
        layers.append(
            [
                grid(
                    overlay,
                    f"{overlay}{way}{number:02d}",
                    shapely.Polygon([*side, (side[1][0], end), (side[0][0], end)]),
                )
                for number, side in enumerate(sides)
                for way, end in (("n", 31.02), ("s", 31.0))
            ]
        )
    found = arrange(fabric_of(*layers), NOW)
    cuts = {Fraction(number, count) for count in (3, 5, 7, 11) for number in range(count)}
    assert len(found) == 2 * len(cuts)
    assert all({code[1:2] for code in cell.grids.values() if code} in ({"n"}, {"s"}) for cell in found)
    assert shapely.area(found.shapes).sum() == pytest.approx(0.0113 * 0.02, rel=1e-6)


def test_the_cells_are_those_of_all_borders_at_once() -> None:
    """Against the plain way: every border of every overlay noded together, brought to tenths of a millimetre."""
    fabric = zhenru()
    found = arrange(fabric, AT)
    lines = [shapely.boundary(layer.geometries[layer.in_force(AT)]) for layer in fabric.overlays.values()]
    plain = shapely.get_parts(shapely.polygonize([shapely.union_all(np.concatenate(lines), grid_size=1e-9)]))
    plain = plain[areas_m2(plain) >= 1]
    assert len(plain) == len(found)
    assert sorted(areas_m2(plain)) == pytest.approx(sorted(found.areas), rel=1e-6, abs=0.1)
    assert Counter(cell.grids["comprehensive"] for cell in found)["G1"] > 10


def test_a_point_on_a_sliver_is_on_the_nearest_cell() -> None:
    """Two borders that meant to be one, ten centimetres apart: the strip is no cell of its own."""
    layers = [
        [grid("a", "A1", box(121, 31, 121.0001, 31.0001)), grid("a", "A2", box(121.0001, 31, 121.0002, 31.0001))],
        [
            grid("b", "B1", box(121, 31, 121.00010001, 31.0001)),
            grid("b", "B2", box(121.00010001, 31, 121.0002, 31.0001)),
        ],
    ]
    layers[0] = [replace(e, geometry=e.geometry.intersection(box(121, 31, 122, 31.00005))) for e in layers[0]]
    layers[1] = [replace(e, geometry=e.geometry.intersection(box(121, 31, 122, 31.00005))) for e in layers[1]]
    fabric = fabric_of(*layers)
    found = arrange(fabric, NOW)
    assert [cell.grids for cell in found] == [{"a": "A1", "b": "B1"}, {"a": "A2", "b": "B2"}]
    lon, lat = 121.000100005, 31.00002
    hits = resolve(fabric, lon, lat, NOW).overlays
    assert {code: hit.grid for code, hit in hits.items()} == {"a": "A2", "b": "B1"}
    here = standing(found, lon, lat, hits, 50)
    assert (here.how, here.number) in {("nearest", 0), ("nearest", 1)}
    assert standing(found, 122, 32, resolve(fabric, 122, 32, NOW).overlays, 50) == (None, "none", 0)


def test_grids_of_another_day_make_other_cells() -> None:
    change = NOW + timedelta(days=1)
    old = grid("a", "A1", box(121, 31, 121.01, 31.01), valid_to=change)
    new = [
        grid("a", "A1", box(121, 31, 121.005, 31.01), valid_from=change),
        grid("a", "A2", box(121.005, 31, 121.01, 31.01), valid_from=change),
    ]
    fabric = fabric_of([old, *new])
    before = arrange(fabric, NOW)
    after = arrange(fabric, change, before=before)
    assert (len(before), len(after)) == (1, 2)
    assert len(arrange(fabric, NOW, before=after)) == 1
    assert len(arrange(build(published({})), NOW)) == 0


def test_gaps_and_doubles_have_a_place() -> None:
    district = [grid("district", "D", box(121, 31, 121.01, 31.01))]
    police = [
        grid("police", "P1", box(121, 31, 121.004, 31.01)),
        grid("police", "P2", box(121.003, 31, 121.008, 31.01)),
        grid("police", "P3", box(121.009, 31, 121.02, 31.01)),
    ]
    found = findings(arrange(fabric_of(district, police), NOW))
    assert [(f.overlay, f.kind, f.grids, f.sliver) for f in found] == [
        ("police", "double", ("P1", "P2"), False),
        ("police", "gap", (), False),
    ]
    double, gap = found
    assert shapely.symmetric_difference(gap.ground, box(121.008, 31, 121.009, 31.01)).area < 1e-10
    assert shapely.symmetric_difference(double.ground, box(121.003, 31, 121.004, 31.01)).area < 1e-10
    assert 121.008 < gap.lon < 121.009
    assert 121.003 < double.lon < 121.004
    assert all(finding.sliver for finding in findings(arrange(zhenru(), AT)))


@settings(max_examples=40, deadline=None)
@given(overlays("a"), overlays("b"), st.integers(1, 7))
def test_the_crosswalk_is_the_cells_summed(first: list[GridEdition], second: list[GridEdition], page: int) -> None:
    if not first or not second:
        return
    fabric = fabric_of(first, second)
    one, other = fabric.overlays["a"], fabric.overlays["b"]
    rows = crosswalk(one, other, NOW, limit=10_000)
    paged, after = [], ("", "")
    while some := crosswalk(one, other, NOW, after, page):
        paged += some
        after = some[-1].first, some[-1].second or ""
    assert paged == rows
    sums: defaultdict[tuple[str | None, str | None], float] = defaultdict(float)
    for cell in arrange(fabric, NOW):
        for mine in {cell.grids["a"], *cell.doubled.get("a", ())} - {None}:
            for theirs in {cell.grids["b"], *cell.doubled.get("b", ())}:
                sums[mine, theirs] += cell.area_m2
    for row in rows:
        assert row.area_m2 == pytest.approx(sums.pop((row.first, row.second), 0.0), abs=20, rel=1e-4)
        assert 0 < row.share_of_first <= 1
    assert all(area < 20 for area in sums.values())
