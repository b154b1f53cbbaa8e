"""The same overlay in every format over HTTP; what is wrong with a file, and the running fabric untouched by it."""

import json
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyproj import CRS
from shapely.geometry import MultiPolygon, box, mapping

from services.fabric.boundaries import read_boundaries
from services.fabric.datum import from_wgs84
from services.fabric.model import GridEdition
from services.grids.domain.telling import collection_json, grid_properties
from services.grids.reading import read_file
from tests.harness.single import Single
from tests.integration.grids.steps import collection, feature, get, put, square
from tests.unit.grids.reading.making import ROWS, geopackage, projected, shape_parts, workbook, zipped

TABLE = [["code", "name", "households", "wkt"], *([t["code"], t["name"], t["households"], g.wkt] for t, g in ROWS)]
IN_FIRST = {"lon": 121.405, "lat": 31.245}
FILES = {
    "Shapefile": zipped(shape_parts()),
    "Gauss-Krüger": zipped(
        shape_parts([(t, projected(g, 4549)) for t, g in ROWS], prj=CRS.from_epsg(4549).to_wkt("WKT1_ESRI"))
    ),
    "GeoPackage": geopackage(),
    "XLSX": workbook(TABLE),
    "TSV": "\n".join("\t".join("" if c is None else str(c) for c in row) for row in TABLE).encode("gb18030"),
    "array": json.dumps([{**t, "path": [list(p) for p in g.exterior.coords]} for t, g in ROWS]).encode(),
}


async def send(
    http: httpx.AsyncClient, raw: bytes, kind: str = "application/octet-stream", **asked: Any
) -> httpx.Response:
    return await http.put("/grids/v1/overlays/police", content=raw, params=asked, headers={"Content-Type": kind})


@pytest.mark.parametrize("form", FILES)
async def test_every_format_is_the_same_overlay(one: Single, admin: httpx.AsyncClient, form: str) -> None:
    answer = await send(admin, FILES[form], file=f"警务.{form}")
    assert answer.status_code == 200, answer.text
    assert answer.json()["impact"]["added"] == ["PO1", "PO2"]
    found = await get(admin, "resolve", **IN_FIRST)
    assert (found["overlays"]["police"]["grid"], found["overlays"]["police"]["name"]) == ("PO1", "真如第一责任区")
    (change,) = (await get(admin, "changes"))["items"]
    assert (change["file"], change["overlay"], change["counts"]["added"]) == (f"警务.{form}", "police", 2)
    stored = (await get(admin, "overlays/police"))["features"][0]["properties"]
    assert stored.get("source_crs") == ("CGCS2000 / 3-degree Gauss-Kruger CM 120E" if form == "Gauss-Krüger" else None)


async def test_what_comes_from_a_mapping_site_is_remarked(one: Single, admin: httpx.AsyncClient) -> None:
    ring = [list(from_wgs84(x, y, "gcj02")) for x, y in square(121.40, 31.24)["coordinates"][0]]
    raw = json.dumps([{"adcode": 310107, "name": "普陀区", "polyline": ";".join(f"{x},{y}" for x, y in ring)}]).encode()
    unstated = (await send(admin, raw, preview="true")).json()
    assert [note["kind"] for note in unstated["topology"]["notes"]] == ["datum_unstated"]
    answer = await send(admin, raw, crs="gcj02")
    assert answer.json()["topology"]["notes"] == []
    found = await get(admin, "resolve", **IN_FIRST)
    assert found["overlays"]["police"]["grid"] == "310107"


async def test_bad_files_leave_the_fabric_alone(one: Single, admin: httpx.AsyncClient) -> None:
    assert (await send(admin, FILES["Shapefile"])).status_code == 200
    parts = shape_parts([(t, projected(g, 4549)) for t, g in ROWS], prj=None)
    bad = {
        "缺少 .dbf": zipped({name: part for name, part in shape_parts().items() if not name.endswith(".dbf")}),
        "crs": zipped(parts),
        "打不开": b"PK\x03\x04nonsense",
        "GeoPackage 读不懂": b"SQLite format 3\0" + b"x" * 999,
        "没有边界": b"code,name\nA,b\n",
        "第 3 行": b"code,name,wkt\n" + f'A,b,"{ROWS[0][1].wkt}"\nB,b,POLYGON\n'.encode(),
    }
    for sentence, raw in bad.items():
        answer = await send(admin, raw, mend="true")
        assert answer.status_code == 422, sentence
        assert any(sentence in error["detail"] for error in answer.json()["errors"]), answer.text
    assert (await send(admin, b"\xff\xff\xff")).status_code == 400
    for asked in ({"crs": "EPSG:4610"}, {"crs": "EPSG:1"}, {"crs": "x" * 61}, {"file": "\0"}, {"file": "x" * 201}):
        assert (await send(admin, FILES["array"], **asked)).status_code == 422, asked
    assert (await get(admin, "overlays"))["items"][0]["version"] == 1
    assert len((await get(admin, "changes"))["items"]) == 1


async def test_duplicate_names_and_units_nobody_knows(one: Single, admin: httpx.AsyncClient) -> None:
    body = collection(
        feature("A", square(121.40, 31.24), name="同名", unit="X"),
        feature("B", square(121.41, 31.24), name="同名", unit="X"),
    )
    topology = (await put(admin, "overlays/police", body))["topology"]
    assert topology["duplicate_names"] == [{"name": "同名", "grids": ["A", "B"]}]
    assert topology["unknown_units"] == ["X"]
    assert topology["of_unknown_units"] == ["A", "B"]
    assert topology["counts"]["duplicate_names"] == 1


async def test_exported_and_imported_again_nothing_changes(one: Single, admin: httpx.AsyncClient) -> None:
    for form in ("Gauss-Krüger", "GeoPackage"):
        await send(admin, FILES[form])
        exported = (await admin.get("/grids/v1/overlays/police")).content
        again = (await send(admin, exported)).json()
        assert again["impact"]["counts"] == {"added": 0, "changed": 0, "removed": 0, "unchanged": 2}
        assert (await admin.get("/grids/v1/overlays/police")).content == exported


CODES = st.text(st.characters(codec="utf-8", categories=["L", "N", "P"]), min_size=1, max_size=12)
DEGREES = st.floats(-1e-3, 1e-3)
# Not so far north: 18°E 73°N would be China, read the other way round.
CORNERS = st.tuples(st.floats(-179, 178), st.floats(-89, 72), st.floats(0.001, 0.9), st.floats(0.001, 0.9))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | CODES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(CODES, inner, max_size=3),
    max_leaves=5,
)


@st.composite
def grounds(draw: st.DrawFn) -> Any:
    west, south, wide, high = draw(CORNERS)
    outer = box(west, south, west + wide, south + high)
    shape = draw(st.sampled_from(["plain", "hole", "two"]))
    inner = box(west + wide / 4, south + high / 4, west + wide / 2, south + high / 2)
    if shape == "hole":
        return outer.difference(inner)
    return MultiPolygon([inner, box(west + wide * 0.6, south, west + wide, south + high)]) if shape == "two" else outer


@given(codes=st.lists(CODES, min_size=1, max_size=4, unique=True), data=st.data())
@settings(max_examples=80, suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_import_export_import_is_the_same_fabric(codes: list[str], data: st.DataObject) -> None:
    features = []
    for code in codes:
        more = data.draw(st.dictionaries(CODES, VALUES, max_size=3))
        properties = {**more, "code": code, "name": data.draw(CODES), "unit": data.draw(st.none() | CODES)}
        features.append({"type": "Feature", "properties": properties, "geometry": mapping(data.draw(grounds()))})
    first = read_back(json.dumps({"type": "FeatureCollection", "features": features}).encode())
    exported = collection_json([(grid_properties(e), e.geometry) for e in first], overlay="police", version=1)
    again = read_back(exported.encode())
    assert again == first
    assert collection_json([(grid_properties(e), e.geometry) for e in again], overlay="police", version=1) == exported


def read_back(raw: bytes) -> tuple[GridEdition, ...]:
    found = read_boundaries(read_file(raw, "police").collection, "police")
    assert found.faults == ()
    return found.editions


BOARDS: list[dict[str, Any]] = [{"BoroCD": 101.0, "Shape_Area": 5.5}, {"BoroCD": 102, "Shape_Area": 7}]


async def test_columns_under_their_own_names(one: Single, admin: httpx.AsyncClient) -> None:
    told = collection(
        *(
            {"type": "Feature", "properties": dict(row), "geometry": mapping(ground)}
            for row, (_, ground) in zip(BOARDS, ROWS, strict=True)
        )
    )
    raw = json.dumps(told).encode()
    refused = await send(admin, raw, code="BoroCd", name="BoroCD")
    assert refused.status_code == 422
    (error,) = refused.json()["errors"]
    assert (error["pointer"], "BoroCD、Shape_Area" in error["detail"]) == ("/code", True)
    answer = await send(admin, raw, code="BoroCD", name="BoroCD")
    assert answer.status_code == 200, answer.text
    grids = [feature["properties"] for feature in (await get(admin, "overlays/police"))["features"]]
    assert [(grid["code"], grid["name"], grid["Shape_Area"], "BoroCD" in grid) for grid in grids] == [
        ("101", "101", 5.5, False),
        ("102", "102", 7, False),
    ]


@pytest.mark.parametrize("form", ["Shapefile", "XLSX", "TSV"])
async def test_a_column_known_to_us_may_be_named_as_in_the_file(
    one: Single, admin: httpx.AsyncClient, form: str
) -> None:
    """A Shapefile has it in capitals, and the reader has told it by our name already."""
    answer = await send(admin, FILES[form], preview="true", code="CODE", name="code", households="HOUSEHOLDS")
    assert answer.status_code == 200, answer.text
    assert answer.json()["impact"]["added"] == ["PO1", "PO2"]


async def test_a_shapefile_without_its_prj_is_taken_with_a_remark(one: Single, admin: httpx.AsyncClient) -> None:
    raw = zipped(shape_parts(prj=None))
    (note,) = (await send(admin, raw, preview="true")).json()["topology"]["notes"]
    assert (note["kind"], ".prj" in note["detail"]) == ("datum_unstated", True)
    assert (await send(admin, raw, preview="true", crs="cgcs2000")).json()["topology"]["notes"] == []
