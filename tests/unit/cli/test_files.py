"""Files as people hand them in: tables in every writing, borders in every format, each with its lines."""

import json
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
import shapefile
import typer

from duoge.cli.borders import read_borders
from duoge.cli.tables import pairs, read_table, several
from tests.unit.cli.workbook import write_workbook

SQUARE = [[121.40, 31.24], [121.41, 31.24], [121.41, 31.25], [121.40, 31.25], [121.40, 31.24]]
WKT = "POLYGON ((121.40 31.24, 121.41 31.24, 121.41 31.25, 121.40 31.25, 121.40 31.24))"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_tables_in_every_writing(tmp_path: Path, encoding: str, separator: str) -> None:
    file = tmp_path / "units.csv"
    lines = ["code,name,aliases", 'A,甲站,"甲\n一"', "", "B,乙站,", ",,"]
    file.write_text("\r\n".join(line.replace(",", separator) for line in lines), encoding, newline="")
    table = read_table(file)
    assert [row["code"] for row in table.rows] == ["A", "B"]
    assert table.rows[1] == {"code": "B", "name": "乙站"}
    assert table.where("/1/level") == "第 5 行 level"


def test_a_workbook(tmp_path: Path) -> None:
    file = tmp_path / "units.xlsx"
    write_workbook(file, [["code", "name", "lon"], [310107.0, "普陀区", 121.4], [None, None, None], ["B", "乙", None]])
    table = read_table(file)
    assert table.rows == [{"code": "310107", "name": "普陀区", "lon": "121.4"}, {"code": "B", "name": "乙"}]
    assert table.where("/1/name") == "第 4 行 name"


@pytest.mark.parametrize(
    "content", [b"", b"code,name\n", b"code,name\nA,b,c\n", b"\xff\xfe\x00\x81\x00", b"PK\x03\x04"]
)
def test_what_is_no_table_ends_with_a_sentence(
    tmp_path: Path, content: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / ("units.xlsx" if content.startswith(b"PK") else "units.csv")
    file.write_bytes(content)
    with pytest.raises(typer.Exit):
        read_table(file)
    assert capsys.readouterr().err.strip()


def test_cells_of_several_things() -> None:
    assert several("甲、乙; 丙|") == ["甲", "乙", "丙"]
    assert pairs("sms:138;email:a@b.cn") == {"sms": "138", "email": "a@b.cn"}
    assert pairs('{"webhook": {"url": "https://x"}}') == {"webhook": {"url": "https://x"}}
    assert pairs("138") == "138"


def collection(file: Path) -> list[dict[str, Any]]:
    told = json.loads(read_borders(file).body)
    assert told["type"] == "FeatureCollection"
    features: list[dict[str, Any]] = told["features"]
    return features


def test_geojson_as_it_comes(tmp_path: Path) -> None:
    feature = {"type": "Feature", "properties": {"code": "A", "name": "甲"}, "geometry": None}
    file = tmp_path / "a.geojson"
    for told, encoding in (
        ({"type": "FeatureCollection", "features": [feature]}, "utf-8-sig"),
        ([feature], "utf-8"),
        ([feature], "gb18030"),
    ):
        file.write_text(json.dumps(told, ensure_ascii=False), encoding)
        assert collection(file) == [feature]


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
@pytest.mark.parametrize("zipped", [False, True])
def test_a_shapefile(tmp_path: Path, encoding: str, zipped: bool) -> None:
    with shapefile.Writer(str(tmp_path / "police"), encoding=encoding, shapeType=shapefile.POLYGON) as writer:
        for name, kind in (("CODE", "C"), ("NAME", "C"), ("HOUSEHOLDS", "N"), ("VALID_FROM", "D"), ("Note", "C")):
            writer.field(name, kind)
        writer.poly([SQUARE[::-1]])
        writer.record("PO1", "真如第一责任区", 300, "20260101", "")
        writer.null()
        writer.record("PO2", "真如第二责任区", None, None, "x")
    file = tmp_path / "police.shp"
    if zipped:
        with ZipFile(tmp_path / "police.zip", "w") as archive:
            for part in ("shp", "shx", "dbf"):
                archive.write(tmp_path / f"police.{part}", f"police.{part}")
        file = tmp_path / "police.zip"
    first, second = collection(file)
    assert first["properties"] == {
        "code": "PO1", "name": "真如第一责任区", "households": 300, "valid_from": "2026-01-01", "Note": None,
    }  # fmt: skip
    assert first["geometry"]["type"] == "Polygon"
    assert second["geometry"] is None


def test_borders_in_a_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    geometry = json.dumps({"type": "Polygon", "coordinates": [SQUARE]})
    rows = [["code", "name", "households", "wkt"], ["A", "甲", 300.0, WKT], ["B", "乙", None, geometry]]
    file = tmp_path / "grids.xlsx"
    write_workbook(file, rows)
    first, second = collection(file)
    assert first["properties"] == {"code": "A", "name": "甲", "households": 300}
    assert first["geometry"]["coordinates"] == second["geometry"]["coordinates"] == [SQUARE]
    assert read_borders(file).where("/features/1/geometry/coordinates") == "第 3 行 wkt/coordinates"
    write_workbook(file, [*rows, ["C", "丙", None, "POLYGON ((1 2"]])
    with pytest.raises(typer.Exit):
        read_borders(file)
    assert "第 4 行" in capsys.readouterr().err
    write_workbook(file, [["code", "name"], ["A", "甲"]])
    with pytest.raises(typer.Exit):
        read_borders(file)


@pytest.mark.parametrize("name", ["x.shp", "x.zip", "x.xlsx"])
def test_a_broken_file_is_said_to_be_one(tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / name).write_bytes(b"nonsense" * 20)
    with pytest.raises(typer.Exit):
        read_borders(tmp_path / name)
    assert name in capsys.readouterr().err
