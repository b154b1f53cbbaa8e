"""Real boundaries as they came, where DUOGE_REAL_DATA names the folder: imported, and every fault of theirs named."""

import csv
import gzip
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from shapely.geometry import Point

from services.fabric.boundaries import Boundaries, read_boundaries
from services.fabric.datum import from_wgs84
from services.fabric.metric import METRES_PER_DEGREE, in_metres
from services.fabric.resolve import resolve_many
from services.fabric.snapshot import build
from services.fabric.topology import examine
from services.grids.reading import read_file
from tests.harness.zhenru import AT, editions, published

FOLDER = Path(os.environ.get("DUOGE_REAL_DATA", "."))
pytestmark = pytest.mark.skipif("DUOGE_REAL_DATA" not in os.environ, reason="DUOGE_REAL_DATA 没有设")
NYC = {
    "community_districts": "BoroCD", "fire_battalions": "FireBN", "municipal_courts": None, "police_precincts": "Precinct",
}  # fmt: skip

BOROUGHS = ("MANHATTAN", "BRONX", "BROOKLYN", "QUEENS", "STATEN ISLAND")


def read(raw: bytes, **options: Any) -> Boundaries:
    found = read_file(raw, "duty")
    return read_boundaries(found.collection, "duty", system=found.system, places=found.places, **options)


def named(raw: bytes, field: str | None) -> tuple[bytes, list[Any]]:
    """The same features, each with a code and a name: none of them came with any."""
    told = json.loads(raw)
    for number, feature in enumerate(told["features"]):
        properties = feature["properties"]
        code = f"N{number}" if field is None else str(properties[field])
        feature["properties"] = {**properties, "code": f"{code}-{number}", "name": code, "unit": "NYC"}
    return json.dumps(told).encode(), told["features"]


@pytest.mark.parametrize("name", NYC)
def test_new_york(name: str) -> None:
    packed = (FOLDER / "nyc" / f"{name}.geojson.gz").read_bytes()
    bare = read(packed)
    assert {fault.kind for fault in bare.faults} >= {"no_code"}
    raw, features = named(gzip.decompress(packed), NYC[name])
    broken = [i for i, f in enumerate(features) if not shapely.from_geojson(json.dumps(f["geometry"])).is_valid]
    refused = read(gzip.compress(raw))
    assert [(fault.index, fault.kind) for fault in refused.faults] == [(i, "invalid") for i in broken]
    mended = read(raw, mend=True)
    assert mended.faults == ()
    assert [note.index for note in mended.notes if note.kind == "mended"] == broken
    assert len(mended.editions) == len(features)
    assert all(edition.geometry.is_valid for edition in mended.editions)


def test_the_community_board_of_real_reports() -> None:
    """Each report states its board: the grid that holds its point agrees in at least 98.5 %."""
    raw, _ = named(gzip.decompress((FOLDER / "nyc" / "community_districts.geojson.gz").read_bytes()), "BoroCD")
    fabric = build(published({"duty": read(raw, mend=True).editions}))
    with gzip.open(FOLDER / "nyc_311.csv.gz", "rt", encoding="utf-8") as file:
        reports = list(csv.DictReader(file))
    lons, lats = (np.array([float(report[axis]) for report in reports]) for axis in ("lon", "lat"))
    found = [hit.overlays["duty"] for hit in resolve_many(fabric, lons, lats, AT)]
    stated = [board(report["community_board"]) for report in reports]
    judged = [(hit.name, code) for hit, code in zip(found, stated, strict=True) if code is not None]
    assert len(judged) > 1000
    assert sum(name == code for name, code in judged) / len(judged) >= 0.985


def board(told: str) -> str | None:
    """`18 BROOKLYN` → `318`."""
    number, _, borough = told.partition(" ")
    return f"{BOROUGHS.index(borough) + 1}{number}" if number.isdecimal() and borough in BOROUGHS else None


def test_linhe_has_each_of_its_faults_named() -> None:
    """Twenty streets that all have the district's number: none has a code of its own, and no mending makes one up. With
    codes they import, and the report is what a look at the polygons themselves gives."""
    raw = (FOLDER / "linhe_streets.json").read_bytes()
    bare = read(raw, mend=True)
    assert [(fault.index, fault.kind) for fault in bare.faults] == [(i, "no_code") for i in range(20)]
    assert all("150802 不止一个网格在用" in fault.detail for fault in bare.faults)
    told = json.loads(raw)
    for number, feature in enumerate(told["features"]):
        feature["properties"]["code"] = f"LH{number:02}"
    found = read(json.dumps(told).encode())
    assert found.faults == ()
    topology = examine(found.editions, units=frozenset())
    grounds = {e.code: in_metres(e.geometry, 40.9) for e in found.editions}
    crossing = {(a, b) for a in grounds for b in grounds if a < b and grounds[a].intersection(grounds[b]).area > 1.0}
    assert {(o.first, o.second) for o in topology.overlaps} == crossing
    covered = shapely.get_parts(shapely.union_all(list(grounds.values())))
    holes = [area for part in covered for ring in part.interiors if (area := shapely.Polygon(ring).area) > 1.0]
    assert topology.counts["gaps"] == len(holes)
    assert topology.without_unit == tuple(grounds)
    assert not topology.duplicate_names


def test_putuo_lines_up_with_a_wgs84_overlay() -> None:
    """真如镇 lies in 普陀区, and the bare array is in GCJ-02. Read as such the district holds the made-up street whole, as
    it must; and where the district's border was surveyed it comes back to within a metre of itself."""
    raw = (FOLDER / "putuo_district_gcj02.json").read_bytes()
    (district,) = read(raw, crs="gcj02").editions
    (taken_for_wgs84,) = read(raw).editions
    assert (district.code, district.name) == ("310107", "普陀区")
    ground = shapely.union_all([edition.geometry for edition in editions("comprehensive")])
    assert ground.difference(district.geometry).area / ground.area < 0.001
    there = shapely.get_coordinates(district.geometry)
    back = np.column_stack(from_wgs84(there[:, 0], there[:, 1], "gcj02"))
    assert np.abs(back - shapely.get_coordinates(taken_for_wgs84.geometry)).max() * METRES_PER_DEGREE < 1
    middle, unmoved = (in_metres(e.geometry, 31.25).centroid for e in (district, taken_for_wgs84))
    assert 300 < middle.distance(unmoved) < 700
    assert district.geometry.contains(Point(121.3917, 31.2495))


def test_measured_points_through_a_file() -> None:
    """Each measured city as a tiny square of a file in the other datum: its middle comes out within a metre."""
    told = json.loads((FOLDER / "datum_vectors.json").read_text("utf-8"))
    for crs, key in (("gcj02", "GCJ02"), ("bd09", "BD09"), ("EPSG:3857", "EPSG3857")):
        side = 2.0 if crs.startswith("EPSG") else 2e-5
        rows = [(str(i), city["coords"][key]) for i, city in enumerate(told)]
        array = [
            {
                "code": code,
                "name": code,
                "path": [[x - side, y - side], [x + side, y - side], [x + side, y + side], [x - side, y + side]],
            }
            for code, (x, y) in rows
        ]
        found = read(json.dumps(array).encode(), crs=crs)
        assert found.faults == ()
        for edition, city in zip(found.editions, told, strict=True):
            lon, lat = city["coords"]["WGS84"]
            middle = edition.geometry.centroid
            east = (middle.x - lon) * np.cos(np.radians(lat))
            assert np.hypot(east, middle.y - lat) * METRES_PER_DEGREE < 1
