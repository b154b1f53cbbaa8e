"""What can't be taken, and the sentence that says so; what is wrong with one grid, and where it stands."""

import contextlib
import gzip
import io
import json
import sqlite3
import struct
import tempfile
import tracemalloc
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely.geometry import mapping

from services.fabric.boundaries import Boundaries, read_boundaries
from services.grids.domain.collection import NotJson
from services.grids.reading import BadFile, geojson, read_file
from services.kit.files import archives, workbooks
from tests.unit.grids.reading.making import EAST, ROWS, WEST, geopackage, gpkg_blob, shape_parts, workbook, zipped

BOW = "POLYGON ((121.40 31.24, 121.41 31.25, 121.41 31.24, 121.40 31.25, 121.40 31.24))"
HEAD = "code,name,wkt\n"


def read(raw: bytes, **options: Any) -> Boundaries:
    found = read_file(raw, "police")
    return read_boundaries(found.collection, "police", system=found.system, places=found.places, **options)


def refused(raw: bytes, match: str) -> None:
    with pytest.raises(BadFile, match=match):
        read_file(raw, "police")


def without(parts: Mapping[str, bytes], ending: str) -> bytes:
    return zipped({name: part for name, part in parts.items() if not name.endswith(ending)})


def test_a_shapefile_without_its_parts() -> None:
    refused(without(shape_parts(), ".dbf"), "缺少 .dbf")
    refused(shape_parts()["police.shp"], "压成一个 zip")
    assert read(without(shape_parts(), ".shx")).faults == ()
    cut = shape_parts()
    refused(zipped({**cut, "police.shp": cut["police.shp"][:-30]}), "Shapefile 读不懂")
    refused(zipped({**cut, "police.dbf": b"nonsense" * 20}), "Shapefile 读不懂")
    refused(zipped({**cut, "police.dbf": shape_parts(ROWS[:1])["police.dbf"]}), "行数不一样|读不懂")
    counted = bytearray(cut["police.shp"])
    counted[100 + 8 + 36 : 100 + 8 + 44] = struct.pack("<ii", 2**31 - 1, 2**31 - 1)
    refused(zipped({**cut, "police.shp": bytes(counted)}), "Shapefile 读不懂")


def test_a_prj_that_cannot_be_used() -> None:
    refused(zipped(shape_parts(prj="PROJCS[broken")), r"\.prj：.*读不懂")
    xian = 'GEOGCS["GCS_Xian_1980",DATUM["D_Xian_1980",SPHEROID["Xian_1980",6378140.0,298.257]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]'
    refused(zipped(shape_parts(prj=xian)), "没有公开的换算参数")
    assert read(zipped(shape_parts(prj=" \r\n"))).faults == ()


@pytest.mark.parametrize(
    "raw", [b"PK\x03\x04" + b"x" * 100, b"\x1f\x8b" + b"x" * 100, gzip.compress(b"{}" * 9, mtime=0)[:-9]]
)
def test_archives_that_do_not_open(raw: bytes) -> None:
    refused(raw, "打不开|解不开|不完整")


def test_archives_of_something_else() -> None:
    refused(zipped({"a.txt": b"x"}), "没有读得懂")
    refused(zipped({"a.json": b"[]", "b.json": b"[]"}), "有 2 个")
    refused(zipped({"a.json": zipped({"a.json": b"[]"})}), "压缩包里还有压缩包")
    refused(zipped({f"{n}.txt": b"" for n in range(1001)}), "1001 个文件")
    refused(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"x" * 600, "XLS")


def deflated(name: str, megabytes: int) -> bytes:
    info = ZipInfo(name)
    info.compress_type = ZIP_DEFLATED
    out = io.BytesIO()
    with ZipFile(out, "w") as archive, archive.open(info, "w", force_zip64=True) as part:
        for _ in range(megabytes):
            part.write(b" " * 1024 * 1024)
    return out.getvalue()


@pytest.mark.parametrize("name", ["a.geojson", "police.dbf", "xl/worksheets/sheet1.xml"])
def test_a_bomb_is_refused_before_memory_is_gone(name: str) -> None:
    raw = deflated(name, 300)
    more = {"police.dbf": ["police.shp"], "xl/worksheets/sheet1.xml": ["xl/workbook.xml"]}.get(name, [])
    if more:
        out = io.BytesIO(raw)
        with ZipFile(out, "a") as archive:
            for other in more:
                archive.writestr(other, b"<workbook/>")
        raw = out.getvalue()
    assert len(raw) < 1_000_000
    tracemalloc.start()
    try:
        refused(raw, "大得不合常理")
        assert tracemalloc.get_traced_memory()[1] < 100 * 1024 * 1024
    finally:
        tracemalloc.stop()


def test_a_gzip_bomb() -> None:
    machine = zlib.compressobj(9, zlib.DEFLATED, 31)
    raw = b"".join(machine.compress(b" " * 1024 * 1024) for _ in range(100)) + machine.flush()
    refused(raw, "大得不合常理")


def test_the_total_is_limited_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MOST_INFLATED", 100)
    refused(zipped({"a.json": b"[" + b" " * 200 + b"]"}), "MB")
    refused(gzip.compress(b"[" + b" " * 200 + b"]", mtime=0), "MB")


def book(**parts: str) -> bytes:
    """A workbook with some of its parts written by hand."""
    with ZipFile(io.BytesIO(workbook([["code", "name", "wkt"], ["A", "甲", WEST.wkt]]))) as archive:
        held = {name: archive.read(name) for name in archive.namelist()}
    names = {"sheet": "xl/worksheets/sheet1.xml", "shared": "xl/sharedStrings.xml"}
    return zipped({**held, **{names[part]: told.encode() for part, told in parts.items()}})


def sheet(cells: str) -> str:
    return f'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{cells}</sheetData></worksheet>'


def test_workbooks_that_grow_when_they_are_read() -> None:
    assert not read(book()).faults
    refused(book(sheet=sheet('<row r="1"><c r="A1"/></row><row r="1048576"><c r="XFD1048576"/></row>')), "大得不合常理")
    many = "".join(f'<row r="{n}"><c r="A{n}" t="s"><v>0</v></c></row>' for n in range(1, 400))
    shared = f"<sst><si><t>{'x' * 1_000_000}</t></si></sst>"
    refused(book(sheet=sheet(many), shared=shared), "大得不合常理")
    entities = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    refused(book(sheet=entities + sheet("<row><c><v>&b;</v></c></row>")), "实体")
    refused(book(sheet="<broken"), "读不懂")
    refused(zipped({"xl/workbook.xml": b"x"}), "读不懂")


def test_limits_of_workbooks_are_sane() -> None:
    assert workbooks.MOST_CELLS >= 10_000 * 100


def test_a_geopackage_that_is_none() -> None:
    raw = geopackage()
    refused(b"SQLite format 3\0" + b"x" * 2000, "读不懂")
    refused(raw[: len(raw) // 2], "读不懂")
    refused(geopackage(srs=(4610, "EPSG", 4610, "")), "没有公开的换算参数")
    refused(geopackage(srs=(99, "own", 1, "mars")), "读不懂")


def test_a_geopackage_with_a_view_that_never_ends() -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.gpkg"
        path.write_bytes(geopackage())
        database = sqlite3.connect(path)
        database.executescript(
            """DROP TABLE police; CREATE VIEW police AS WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)
               SELECT i AS fid, NULL AS geom, i AS code FROM n;"""
        )
        database.close()
        refused(path.read_bytes(), "没有带图形的图层")


def test_geometries_of_a_geopackage_are_judged_one_by_one() -> None:
    grounds: list[Any] = [
        None, b"nonsense", b"GP\0\x11" + b"\0" * 4, gpkg_blob(WEST, 4326)[:-9], WEST.centroid, WEST.buffer(0),
    ]  # fmt: skip
    rows = [({"code": f"P{n}", "name": "甲"}, ground) for n, ground in enumerate(grounds)]
    found = read(geopackage(rows))
    assert [(f.code, f.kind) for f in found.faults] == [
        ("P0", "empty"), ("P1", "coordinates"), ("P2", "empty"), ("P3", "coordinates"), ("P4", "not_polygon"),
    ]  # fmt: skip
    assert found.faults[0].detail.startswith("fid 1 的网格 P0 ")


def test_rows_of_a_table_are_named_by_their_line() -> None:
    rows = [
        f'A,甲,"{WEST.wkt}"',
        f'B,乙,"{BOW}"',
        '',
        f'A,丙,"{EAST.wkt}"',
        f',丁,"{EAST.wkt}"',
        f'E, ,"{EAST.wkt}"',
        'F,己,',
        'G,庚,"POLYGON ((1 2"',
        'H,辛,"POLYGON EMPTY"',
        'I,壬,"POLYGON Z ((121.40 31.24 5, 121.41 31.24 5, 121.41 31.25 5, 121.40 31.24 5))"',
        'J,癸,"POLYGON ((31.24 121.40, 31.25 121.40, 31.25 121.41, 31.24 121.40))"',
        'K,子,"POLYGON ((121.40 31.24, 121.41 31.24, 121.41 31.25, 121.40 31.25))"',
        'L,丑,"POINT (121 31)"',
        'M,寅,"{""type"":""Polygon""}"',
        'N,卯,"121.40,31.24;121.41,x;121.41,31.25"',
        'O,辰,"POLYGON ((350000 3400000, 350010 3400000, 350010 3400010, 350000 3400000))"',
    ]  # fmt: skip
    found = read((HEAD + "\n".join(rows)).encode())
    assert [(fault.detail.partition("网格")[0], fault.kind) for fault in found.faults] == [
        ("第 3 行", "invalid"), ("第 5 行", "duplicate"), ("第 6 行", "no_code"), ("第 7 行", "no_name"),
        ("第 8 行", "empty"), ("第 9 行", "coordinates"), ("第 10 行", "empty"), ("第 12 行", "swapped"),
        ("第 13 行", "invalid"), ("第 14 行", "not_polygon"), ("第 15 行", "coordinates"), ("第 16 行", "coordinates"),
        ("第 17 行", "not_degrees"),
    ]  # fmt: skip
    assert [(note.kind, note.detail.partition("网格")[0]) for note in found.notes] == [("z_dropped", "第 11 行")]


def test_tables_without_what_they_need() -> None:
    refused(b"code,name\nA,b\n", "没有边界")
    refused(HEAD.encode(), "没有数据")
    refused(b"code,name,wkt\nA,b,c,d\n", "第 2 行的格子比表头多")


@pytest.mark.parametrize("raw", [b"", b"nonsense", b"\xff\xff", b'{"type":NaN}', b"[" * 200_000, b"\0" * 64])
def test_what_is_nothing_at_all(raw: bytes) -> None:
    with pytest.raises(NotJson):
        read_file(raw, "police")


@pytest.mark.parametrize("told", [[], {}, "x", 1, {"type": "FeatureCollection"}, {"status": "0", "districts": []}])
def test_json_that_holds_no_borders(told: Any) -> None:
    assert [fault.kind for fault in read(json.dumps(told).encode()).faults] == ["not_collection"]


@pytest.mark.parametrize(
    "told", [[1, 2, 3], [[]], [[[]]], [None], ["x"], [{}], [{"path": 5}], [[[1, 2], [3, "x"], [5, 6]]]]
)
def test_arrays_of_something_else(told: Any) -> None:
    found = read(json.dumps(told).encode())
    assert found.editions == ()
    assert {fault.kind for fault in found.faults} <= {"no_code", "no_name", "empty", "coordinates", "not_feature"}


def test_a_megabyte_of_properties_is_refused_by_feature() -> None:
    told = {"code": "A", "name": "甲", "note": "长" * 400_000}
    body = {
        "type": "FeatureCollection",
        "features": [{"type": "Feature", "properties": told, "geometry": mapping(WEST)}],
    }
    assert [(f.code, f.kind) for f in read(json.dumps(body).encode()).faults] == [("A", "field")]


def test_a_broken_letter_does_not_make_utf8_another_encoding() -> None:
    raw = json.dumps({"name": "真如镇街道第一责任区"}, ensure_ascii=False).encode()
    with pytest.raises(NotJson):
        read_file(raw.replace("第".encode(), b"\xe7\xac"), "police")
    assert [f.kind for f in read(raw.decode().encode("gb18030")).faults] == ["not_collection"]


def test_json_of_nothing_but_brackets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(geojson, "MOST_BRACKETS", 1000)
    refused(b"[" + b"[]," * 1000 + b"[]]", "多得不合常理")
    monkeypatch.setattr(geojson, "MOST_COMMAS", 100)
    refused(b"[" + b"1," * 200 + b"1]", "多得不合常理")


def altered(raw: bytes, script: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.gpkg"
        path.write_bytes(raw)
        database = sqlite3.connect(path)
        database.executescript(script)
        database.close()
        return path.read_bytes()


def test_a_geopackage_whose_columns_are_worked_out() -> None:
    grown = "ALTER TABLE police ADD COLUMN big TEXT AS (printf('%.*c', 5000000, 'x')) VIRTUAL"
    refused(altered(geopackage(), grown), "比文件大得多")


def test_a_geopackage_with_a_list_of_layers_that_never_ends() -> None:
    endless = """ALTER TABLE gpkg_geometry_columns RENAME TO g; CREATE VIEW gpkg_geometry_columns AS
        WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)
        SELECT 'none' || i AS table_name, 'geom' AS column_name, 4326 AS srs_id FROM n"""
    refused(altered(geopackage(), endless), "读不懂")


SOUND = {
    "shp": shape_parts(),
    "gpkg": {"a": geopackage()},
    "xlsx": {"a": workbook([["code", "name", "wkt"], ["A", "甲", WEST.wkt]])},
    "json": {
        "a": json.dumps([{"code": "A", "name": "甲", "path": list(WEST.exterior.coords)}], ensure_ascii=False).encode()
    },
    "csv": {"a": f'code,name,wkt\nA,甲,"{WEST.wkt}"\n'.encode()},
}


@pytest.mark.parametrize("form", SOUND)
@given(data=st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_whatever_happens_to_the_bytes_there_is_a_sentence(form: str, data: st.DataObject) -> None:
    """Some bytes changed, or the end lost: read, refused by feature, or refused as a file; never anything else."""
    parts = dict(SOUND[form])
    name = data.draw(st.sampled_from(sorted(parts)))
    part = bytearray(parts[name])
    for _ in range(data.draw(st.integers(0, 6))):
        part[data.draw(st.integers(0, len(part) - 1))] = data.draw(st.integers(0, 255))
    parts[name] = bytes(part[: data.draw(st.one_of(st.just(len(part)), st.integers(0, len(part))))])
    with contextlib.suppress(BadFile, NotJson):
        read(zipped(parts) if form == "shp" else parts["a"], mend=data.draw(st.booleans()))
