"""部件普查表 as municipalities write it, in the registry's words."""

from pathlib import Path

import pytest

from services.grids.reading.component_rows import component_rows
from services.grids.reading.tables import Table, read_table
from services.kit.files.bad import BadFile
from tests.unit.cli.workbook import write_workbook


def table_in(file: Path) -> Table:
    table = read_table(file.read_bytes())
    assert table is not None
    return table


def test_a_survey_with_chinese_columns(tmp_path: Path) -> None:
    file = tmp_path / "普查.csv"
    file.write_text(
        "部件标识码,部件名称,经度,纬度,权属单位名称,权属单位代码,部件状态,初始时间,照片\n"
        "3101070118000001,路灯,121.4079,31.2426,路灯管理所,310107-12,完好,2024/5/1,a.jpg\n"
        "3101070105000002,电力井盖,东经121,31.2426,,,破损,2024年11月23日,\n",
        "gb18030",
    )
    table = table_in(file)
    rows, unused = component_rows(table.rows)
    assert rows == [
        {
            "code": "3101070118000001",
            "kind": "路灯",
            "lon": 121.4079,
            "lat": 31.2426,
            "owner": "路灯管理所",
            "state": "完好",
            "valid_from": "2024-05-01",
        },
        {
            "code": "3101070105000002",
            "kind": "电力井盖",
            "lon": "东经121",
            "lat": 31.2426,
            "state": "破损",
            "valid_from": "2024-11-23",
        },
    ]
    assert unused == ["权属单位代码", "照片"]
    assert table.where("/1/lon") == "第 3 行 lon"


def test_a_workbook_with_the_standard_fields(tmp_path: Path) -> None:
    file = tmp_path / "parts.xlsx"
    write_workbook(
        file, [["ObjID", "ObjName", "X", "Y", "DeptName2"], [3101070118000001.0, "路灯", 121.4, 31.2, "路灯管理所"]]
    )
    rows, unused = component_rows(table_in(file).rows)
    assert rows == [{"code": "3101070118000001", "kind": "路灯", "lon": 121.4, "lat": 31.2, "owner": "路灯管理所"}]
    assert unused == []


def test_a_table_without_positions_ends_with_a_sentence(tmp_path: Path) -> None:
    file = tmp_path / "parts.csv"
    file.write_text("编号,名称\n1,路灯\n", "utf-8")
    with pytest.raises(BadFile, match="经度、纬度"):
        component_rows(table_in(file).rows)
