import json
from typing import Any

import numpy as np
import pytest
from shapely.geometry import box, mapping

from services.fabric.boundaries import read_boundaries
from services.fabric.datum import from_wgs84
from services.fabric.model import GridEdition
from services.fabric.topology import examine
from tests.harness.zhenru import editions

SQUARE = [[121.40, 31.24], [121.41, 31.24], [121.41, 31.25], [121.40, 31.25], [121.40, 31.24]]
BOWTIE = [[121.40, 31.24], [121.41, 31.25], [121.41, 31.24], [121.40, 31.25], [121.40, 31.24]]


def feature(ring: Any = SQUARE, **properties: Any) -> dict[str, Any]:
    told = {"code": "A", "name": "甲", "unit": "U", **properties}
    return {"type": "Feature", "properties": told, "geometry": {"type": "Polygon", "coordinates": [ring]}}


def collection(*features: Any) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": list(features)}


def kinds(told: Any, **options: Any) -> list[tuple[str, str]]:
    read = read_boundaries(told, "police", **options)
    return [(fault.kind, fault.pointer) for fault in read.faults]


def test_a_good_feature_is_an_edition() -> None:
    read = read_boundaries(
        collection(feature(households=300, parent="G", valid_from="2026-12-01", theme="题", code=7)), "police"
    )
    (edition,) = read.editions
    assert not read.faults
    assert (edition.code, edition.households, edition.parent, edition.properties) == ("7", 300, "G", {"theme": "题"})
    assert edition.valid_from is not None
    assert edition.valid_from.isoformat() == "2026-11-30T16:00:00+00:00"


def test_a_ring_that_is_not_closed_is_closed_only_when_asked() -> None:
    read = read_boundaries(collection(feature(SQUARE[:4])), "police", mend=True)
    assert [note.kind for note in read.notes] == ["mended"]
    assert read.editions[0].geometry.equals(box(121.40, 31.24, 121.41, 31.25))


@pytest.mark.parametrize(
    ("bad", "kind", "pointer"),
    [
        (feature(code=None), "no_code", "/properties/code"),
        (feature(name=" "), "no_name", "/properties/name"),
        (feature(households=-1), "households", "/properties/households"),
        (feature(valid_from="明天"), "dates", "/properties/valid_from"),
        (feature(valid_from="2026-12-02", valid_to="2026-12-01"), "dates", "/properties/valid_to"),
        (feature(unit=["U"]), "field", "/properties/unit"),
        (feature(BOWTIE), "invalid", "/geometry/coordinates"),
        (feature(SQUARE[:4]), "invalid", "/geometry/coordinates"),
        (feature([[str(x), y] for x, y in SQUARE]), "coordinates", "/geometry/coordinates"),
        (feature([[y, x] for x, y in SQUARE]), "swapped", "/geometry/coordinates"),
        (feature([[x * 1e5, y * 1e5] for x, y in SQUARE]), "not_degrees", "/geometry/coordinates"),
        (feature(SQUARE[:2]), "coordinates", "/geometry/coordinates"),
        (feature([["a", "b"]] * 4), "coordinates", "/geometry/coordinates"),
        (feature([[float("nan"), 31.0]] * 4), "coordinates", "/geometry/coordinates"),
        ({**feature(), "geometry": None}, "empty", "/geometry"),
        ({**feature(), "geometry": {"type": "Polygon", "coordinates": []}}, "empty", "/geometry/coordinates"),
        ({**feature(), "geometry": {"type": "Point", "coordinates": [1, 2]}}, "not_polygon", "/geometry"),
        ({**feature(), "geometry": {"type": "Polygon", "coordinates": "x"}}, "coordinates", "/geometry/coordinates"),
        ({**feature(), "properties": None}, "no_properties", "/properties"),
        ("x", "not_feature", ""),
    ],
)
def test_each_fault_is_named_with_its_place(bad: Any, kind: str, pointer: str) -> None:
    assert kinds(collection(feature(code="GOOD"), bad)) == [(kind, f"/features/1{pointer}")]


@pytest.mark.parametrize("told", [None, [], {"type": "Feature"}, {"type": "FeatureCollection", "features": {}}])
def test_what_is_no_collection_is_refused(told: Any) -> None:
    assert [kind for kind, _ in kinds(told)] == ["not_collection"]


def test_a_code_twice_is_a_fault_unless_the_editions_follow_each_other() -> None:
    assert kinds(collection(feature(), feature())) == [("duplicate", "/features/1/properties/code")]
    assert not kinds(collection(feature(valid_to="2026-12-01"), feature(valid_from="2026-12-01")))


def test_every_fault_of_a_feature_is_named() -> None:
    found = kinds(collection(feature(BOWTIE, code="", name="", households=-1, unit=[], valid_from="x")))
    assert [kind for kind, _ in found] == ["invalid", "no_code", "households", "no_name", "field", "dates"]


def test_a_feature_stands_where_the_file_says() -> None:
    read = read_boundaries(collection(feature(), feature()), "police", places=["第 2 行", "第 7 行"])
    assert read.faults[0].detail.startswith("第 7 行网格的编码 A 与第 2 行的重复")


@pytest.mark.parametrize("turned", [[[43.0, 80.0], [43.1, 80.0], [43.1, 80.1], [43.0, 80.0]], [[31.2, 121.4], *SQUARE]])
def test_swapped_positions_are_seen_where_they_could_be_degrees_too(turned: Any) -> None:
    closed = [*turned, turned[0]]
    assert kinds(collection(feature(closed))) == [("swapped", "/features/0/geometry/coordinates")]


def test_missing_codes_are_not_made_up_by_mending() -> None:
    assert [kind for kind, _ in kinds(collection(feature(code=None), feature(name="")), mend=True)] == [
        "no_code",
        "no_name",
    ]


def test_too_much_of_anything() -> None:
    assert kinds(collection(feature(note="x" * 1_100_000))) == [("field", "/features/0/properties")]
    assert kinds({"type": "FeatureCollection", "features": [0] * 100_001}) == [("too_many", "/features")]
    assert kinds(collection(feature(code=10**200))) == [("no_code", "/features/0/properties/code")]


def test_an_invalid_ring_is_mended_when_asked() -> None:
    read = read_boundaries(collection(feature(BOWTIE)), "police", mend=True)
    assert not read.faults
    assert [note.kind for note in read.notes] == ["mended"]
    assert read.editions[0].geometry.is_valid
    assert read.editions[0].geometry.geom_type == "MultiPolygon"


def test_height_is_dropped_and_said() -> None:
    read = read_boundaries(collection(feature([[x, y, 5.0] for x, y in SQUARE])), "police")
    assert [note.kind for note in read.notes] == ["z_dropped"]
    assert not read.editions[0].geometry.has_z


@pytest.mark.parametrize("crs", ["gcj02", "bd09", "cgcs2000", "wgs84"])
def test_other_datums_are_stored_as_wgs84(crs: str) -> None:
    shifted = [list(from_wgs84(x, y, crs)) for x, y in SQUARE]
    read = read_boundaries(collection(feature(shifted)), "police", crs=crs)
    assert read.editions[0].geometry.symmetric_difference(box(121.40, 31.24, 121.41, 31.25)).area < 1e-9


def test_a_datum_written_in_the_file_is_heeded() -> None:
    told = collection(feature())
    assert not kinds({**told, "crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}})
    mercator = {**told, "crs": {"type": "name", "properties": {"name": "EPSG:3857"}}}
    assert kinds(mercator) == [("not_projected", "/features/0/geometry/coordinates")]
    assert not kinds(mercator, crs="gcj02")
    assert kinds({**told, "crs": {"type": "name", "properties": {"name": "mars"}}}) == [("crs", "/crs")]
    assert kinds(told, crs="mars") == [("crs", "/crs")]


def test_a_missing_unit_is_found_and_not_refused() -> None:
    read = read_boundaries(collection(feature(unit=None), feature([[x + 0.01, y] for x, y in SQUARE], code="B")), "p")
    assert not read.faults
    topology = examine(read.editions, units=frozenset({"X"}))
    assert topology.without_unit == ("A",)
    assert topology.unknown_units == ("U",)
    assert not topology.clean


def square(code: str, west: float, south: float, east: float, north: float) -> GridEdition:
    ground = box(121 + west / 1000, 31 + south / 1000, 121 + east / 1000, 31 + north / 1000)
    return GridEdition("police", code, code, "U", ground)


def test_overlaps_gaps_and_slivers() -> None:
    grids = [
        square("A", 0, 0, 10, 5),
        square("B", 9, 0, 20, 5),
        square("C", 0, 6, 20, 10),
        square("D", 0, 5, 2, 6),
        square("E", 18, 5, 20, 6),
        square("F", 20, 0, 20.01, 10),
    ]
    topology = examine(grids)
    assert [(o.first, o.second) for o in topology.overlaps] == [("A", "B")]
    assert topology.overlaps[0].area_m2 == pytest.approx(95.3 * 556, rel=0.01)
    (gap,) = topology.gaps
    assert (121.002, 31.005) < (gap.lon, gap.lat) < (121.018, 31.006)
    assert topology.thin == ("F",)
    wider = examine(grids, outline=box(121, 31, 121.02, 31.02))
    assert len(wider.gaps) == 2
    assert json.dumps(topology.as_json())


def test_neighbours_that_share_their_border_are_clean() -> None:
    for overlay in ("comprehensive", "police"):
        assert examine(editions(overlay)).clean
    assert examine([]).clean


def test_geojson_of_a_grid_reads_back() -> None:
    (edition,) = (e for e in editions("comprehensive") if e.code == "G4")
    told = collection(
        {"type": "Feature", "properties": {"code": "G4", "name": "兰溪"}, "geometry": mapping(edition.geometry)}
    )
    assert read_boundaries(json.loads(json.dumps(told)), "x").editions[0].geometry.equals(edition.geometry)


@pytest.mark.parametrize("crs", ["gcj02", "bd09"])
def test_a_long_way_out_of_a_datum_is_told_in_between(crs: str) -> None:
    """The same numbers come out as of all at once."""
    turn = np.linspace(0, 2 * np.pi, 90_001)[:-1]
    disc = np.column_stack([121.4 + 0.01 * np.cos(turn), 31.2 + 0.01 * np.sin(turn)])
    rings = [np.add(disc, (0.03 * n, 0)).tolist() for n in range(5)]
    told = collection(*(feature([*ring, ring[0]], code=f"G{n}") for n, ring in enumerate(rings)))
    heard: list[tuple[int, int]] = []
    read = read_boundaries(told, "police", crs=crs, moving=lambda done, of: heard.append((done, of)))
    assert [done for done, _ in heard] == sorted(done for done, _ in heard)
    assert len(heard) > 1
    assert heard[-1] == (5, 5)
    for n in (0, 4):
        alone = read_boundaries(collection(told["features"][n]), "police", crs=crs)
        assert read.editions[n].geometry.equals_exact(alone.editions[0].geometry, 0)
    assert read_boundaries(collection(feature(code="A")), "police", moving=lambda done, of: heard.append((0, 0)))
    assert (0, 0) not in heard
