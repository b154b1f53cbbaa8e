"""Every format to the same two grids, told by its content alone."""

import gzip
import json
from typing import Any

import numpy as np
import pytest
import shapely
from pyproj import CRS
from shapely.geometry import mapping

from services.fabric.boundaries import Boundaries, read_boundaries
from services.fabric.datum import from_wgs84
from services.fabric.metric import METRES_PER_DEGREE
from services.grids.reading import BadFile, read_file
from tests.unit.grids.reading.making import EAST, ROWS, WEST, geopackage, projected, shape_parts, workbook, zipped


def read(raw: bytes, **options: Any) -> Boundaries:
    found = read_file(raw, "police")
    return read_boundaries(found.collection, "police", system=found.system, places=found.places, **options)


def check(told: Boundaries, households: bool = True) -> None:
    assert told.faults == ()
    assert [(e.code, e.name) for e in told.editions] == [("PO1", "真如第一责任区"), ("PO2", "真如第二责任区")]
    if households:
        assert [e.households for e in told.editions] == [300, None]
    for edition, ground in zip(told.editions, (WEST, EAST), strict=True):
        assert shapely.hausdorff_distance(edition.geometry, ground) * METRES_PER_DEGREE < 0.01


def geojson(**more: Any) -> dict[str, Any]:
    features = [{"type": "Feature", "properties": dict(told), "geometry": mapping(ground)} for told, ground in ROWS]
    return {"type": "FeatureCollection", "features": features, **more}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_geojson(encoding: str) -> None:
    raw = json.dumps(geojson(), ensure_ascii=False).encode(encoding)
    check(read(raw))
    check(read(gzip.compress(raw)))
    check(read(zipped({"a/网格.geojson": raw})))


def test_geojson_in_a_projected_system_that_it_names() -> None:
    named = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4549"}}
    told = geojson(crs=named)
    for feature, (_, ground) in zip(told["features"], ROWS, strict=True):
        feature["geometry"] = mapping(projected(ground, 4549))
    found = read(json.dumps(told).encode())
    check(found)
    assert found.datum == "EPSG:4549"
    del told["crs"]
    check(read(json.dumps(told).encode(), crs="epsg:4549"))
    assert {fault.kind for fault in read(json.dumps(told).encode()).faults} == {"not_degrees"}
    assert {fault.kind for fault in read(json.dumps(told).encode(), crs="EPSG:4528").faults} == {"off_ground"}


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
@pytest.mark.parametrize("stated", [False, True])
def test_shapefile(encoding: str, stated: bool) -> None:
    parts = shape_parts(encoding=encoding)
    check(
        read(zipped({**parts, "police.cpg": {"utf-8": b"UTF-8", "gb18030": b"GBK\r\n"}[encoding]} if stated else parts))
    )


@pytest.mark.parametrize("epsg", [4490, 4549, 4528, 32651, 3857, 4510])
def test_shapefile_in_the_system_of_its_prj(epsg: int) -> None:
    rows = [(told, projected(ground, epsg)) for told, ground in ROWS]
    check(read(zipped(shape_parts(rows, prj=CRS.from_epsg(epsg).to_wkt("WKT1_ESRI")))))


def test_shapefile_without_prj_is_never_guessed() -> None:
    check(read(zipped(shape_parts(prj=None))))
    rows = [(told, projected(ground, 4549)) for told, ground in ROWS]
    without = zipped(shape_parts(rows, prj=None))
    assert {fault.kind for fault in read(without).faults} == {"not_degrees"}
    assert "crs" in read(without).faults[0].detail
    check(read(without, crs="EPSG:4549"))


def test_what_the_sender_says_goes_before_the_prj() -> None:
    shifted = [(told, shapely.transform(g, lambda p: _gcj(p))) for told, g in ROWS]
    check(read(zipped(shape_parts(shifted)), crs="gcj02"))


def _gcj(points: Any) -> Any:
    return np.column_stack(from_wgs84(points[:, 0], points[:, 1], "gcj02"))


def test_one_of_several_shapefiles_is_the_overlays() -> None:
    both = {**shape_parts(), **shape_parts(ROWS[:1], stem="others")}
    check(read(zipped(both)))
    with pytest.raises(BadFile, match="2 个图层"):
        read_file(zipped(both), "market")


@pytest.mark.parametrize("epsg", [4326, 4490, 4549, 32651])
def test_geopackage(epsg: int) -> None:
    rows = [(told, projected(ground, epsg)) for told, ground in ROWS]
    raw = geopackage(rows, srs=(epsg, "EPSG", epsg, ""))
    check(read(raw))
    check(read(zipped({"网格.gpkg": raw})))


def test_geopackage_without_a_system_is_never_guessed() -> None:
    check(read(geopackage(srs=(-1, "NONE", -1, "undefined"))))
    rows = [(told, projected(ground, 4549)) for told, ground in ROWS]
    assert {f.kind for f in read(geopackage(rows, srs=(-1, "NONE", -1, "undefined"))).faults} == {"not_degrees"}


TABLE = [["编码", "网格名称", "户数", "WKT"], *([t["code"], t["name"], t["households"], g.wkt] for t, g in ROWS)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("separator", [";", "\t"])
def test_csv(encoding: str, separator: str) -> None:
    lines = [separator.join("" if cell is None else str(cell) for cell in row) for row in TABLE]
    check(read("\r\n".join(lines).encode(encoding)))


def test_csv_with_geojson_and_quotes() -> None:
    lines = ["code,name,households,geometry"]
    for told, ground in ROWS:
        shape = json.dumps(mapping(ground)).replace('"', '""')
        lines.append(f'{told["code"]},"{told["name"]}",{told["households"] or ""},"{shape}"')
    check(read("\n".join(lines).encode()))


def test_xlsx() -> None:
    check(read(workbook(TABLE)))
    check(read(zipped({"网格.xlsx": workbook(TABLE)})))


def path(ground: Any) -> list[list[float]]:
    return [list(point) for point in ground.exterior.coords[:-1]]


def flat(ground: Any) -> list[float]:
    return [number for point in path(ground) for number in point]


def text(ground: Any, gap: str = "") -> str:
    return ";".join(f"{x},{gap}{y}" for x, y in path(ground))


@pytest.mark.parametrize(
    "told",
    [
        [{"code": t["code"], "name": t["name"], "path": path(g)} for t, g in ROWS],
        [{"adcode": t["code"], "name": t["name"], "polyline": text(g)} for t, g in ROWS],
        [{"id": t["code"], "fullname": t["name"], "polygon": [flat(g)]} for t, g in ROWS],
        [{"code": t["code"], "name": t["name"], "boundaries": [text(g, " ")]} for t, g in ROWS],
        [{"code": t["code"], "name": t["name"], "points": [{"lng": x, "lat": y} for x, y in path(g)]} for t, g in ROWS],
        [{"code": t["code"], "name": t["name"], "path": [f"{x},{y}" for x, y in path(g)]} for t, g in ROWS],
        [{"code": t["code"], "name": t["name"], "geometry": mapping(g)} for t, g in ROWS],
        [{"type": "Feature", "properties": {"adcode": t["code"], "name": t["name"]}, "geometry": mapping(g)} for t, g in ROWS],
        {"status": "1", "districts": [{"adcode": "310107", "name": "区", "districts": [
            {"adcode": t["code"], "name": t["name"], "polyline": text(g), "districts": []} for t, g in ROWS]}]},
        {"status": 0, "result": [[{"id": t["code"], "fullname": t["name"], "polygon": [flat(g)]} for t, g in ROWS]]},
    ],
)  # fmt: skip
def test_what_mapping_sites_give(told: Any) -> None:
    check(read(json.dumps(told).encode()), households=False)
    assert read_file(json.dumps(told).encode(), "police").likely == "gcj02"


def test_several_polygons_and_holes_of_a_path() -> None:
    apart = [{"code": "A", "name": "甲", "polyline": f"{text(WEST)}|{text(EAST.buffer(-0.001).envelope)}"}]
    assert read(json.dumps(apart).encode()).editions[0].geometry.geom_type == "MultiPolygon"
    inner = WEST.buffer(-0.001, join_style="mitre")
    holed = [{"code": "A", "name": "甲", "path": [path(WEST), path(inner)]}]
    assert read(json.dumps(holed).encode()).editions[0].geometry.equals(WEST.difference(inner))


def test_bare_polygons_lack_a_code_each() -> None:
    for told in ([path(WEST), path(EAST)], [text(WEST), text(EAST)]):
        found = read(json.dumps(told).encode(), mend=True)
        assert [f.kind for f in found.faults] == ["no_code", "no_name"] * 2
    assert read(json.dumps(path(WEST)).encode()).faults[0].pointer == "/features/0/properties/code"


def test_a_number_that_several_share_is_no_code() -> None:
    told = geojson()
    for feature in told["features"]:
        feature["properties"] = {"adcode": 150802, "name": feature["properties"]["name"]}
    assert [f.kind for f in read(json.dumps(told).encode()).faults] == ["no_code", "no_code"]
    told["features"].pop()
    assert read(json.dumps(told).encode()).editions[0].code == "150802"
