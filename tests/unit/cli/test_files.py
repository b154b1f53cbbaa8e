"""Files as people hand them in: tables in every writing, each with its lines; borders as they are."""

import io
from pathlib import Path
from zipfile import ZipFile

import pytest
import typer

from duoge.cli.borders import read_borders
from duoge.cli.tables import pairs, read_table, several
from services.grids.reading import read_file
from tests.unit.cli.workbook import write_workbook
from tests.unit.grids.reading.making import shape_parts


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


def test_borders_go_as_they_are(tmp_path: Path) -> None:
    file = tmp_path / "a.geojson"
    file.write_bytes(b"\xff whatever")
    assert read_borders(file) == b"\xff whatever"


def test_a_shapefile_in_pieces_is_put_together(tmp_path: Path) -> None:
    for name, part in {**shape_parts(), **shape_parts(stem="others"), "police.txt": b"x"}.items():
        (tmp_path / name).write_bytes(part)
    with ZipFile(io.BytesIO(read_borders(tmp_path / "police.shp"))) as archive:
        assert archive.namelist() == ["police.dbf", "police.prj", "police.shp", "police.shx"]
    assert len(read_file(read_borders(tmp_path / "police.shp"), "police").collection["features"]) == 2
