"""Municipal exports: columns by their names, addresses put together, every row that is not understood with its line."""

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.fabric.model import GazetteerEntry, Stretch
from services.grids.domain.gazetteer import ReadPlaces, report
from services.grids.usecases.gazetteer import read
from services.kit.problems import Unreadable
from tests.harness.zhenru import profile
from tests.unit.cli.workbook import write_workbook

HOME = profile().home
HEAD = "序号,标准地址,小区名称,幢号,经度,纬度,坐标系,类型,别名,曾用名,备注\n"


def places(table: str, encoding: str = "utf-8") -> ReadPlaces:
    return read(table.encode(encoding), "wgs84", HOME)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_an_estate_its_building_and_an_address(encoding: str) -> None:
    found = places(
        HEAD
        + "1,上海市普陀区真如镇街道兰溪路138弄3号301室,星河世纪小区,3,121.4,31.24,WGS-84,,,,看过\n"
        + "2,兰溪路138弄,星河世纪小区,,121.4,31.24,CGCS2000,住宅小区,星河世纪、星河,星河新村,\n"
        + "3,普陀区曹杨路１００号,,,121.41,31.25,,门牌,,,\n",
        encoding,
    )
    assert not found.faults
    assert found.unread == ["序号", "备注"]
    assert list(found.places) == [
        GazetteerEntry("星河世纪小区3幢", "building", 121.4, 31.24, ("兰溪路138弄3号",)),
        GazetteerEntry("星河世纪小区", "estate", 121.4, 31.24, ("兰溪路138弄", "星河世纪", "星河"), ("星河新村",)),
        GazetteerEntry("曹杨路100号", "address", 121.41, 31.25),
    ]


def test_a_shop_tells_of_its_address_too() -> None:
    found = places("名称,地址,经度(GCJ02),纬度,类别\n鲜果店,兰溪路58号,121.4065,31.2396,商铺\n")
    assert [(place.name, place.kind) for place in found.places] == [("鲜果店", "shop"), ("兰溪路58号", "address")]
    assert found.places[0].lon < 121.403


def test_numbers_from_parts() -> None:
    found = places(
        "道路,弄,门牌号,幢,经度,纬度\n兰溪路,138,,3,121.4,31.2\n兰溪路,,140,,121.4,31.2\n兰溪路,,142号,,121.4,31.2\n"
    )
    assert [place.name for place in found.places] == ["兰溪路138弄3幢", "兰溪路140号", "兰溪路142号"]


def test_a_stretch_of_road() -> None:
    head = "道路名称,起号,止号,单双号,起点经度,起点纬度,终点经度,终点纬度\n"
    found = places(f"{head}石泉路,1号,99号,单,121.40,31.26,121.41,31.26\n石泉路,90,2,双,121.4,31.26,121.41,31.26\n")
    assert found.places[0] == GazetteerEntry(
        "石泉路", "road", 121.4, 31.26, (), (), Stretch(1, 99, "odd", 121.41, 31.26)
    )
    assert [(fault.line, "起号" in fault.sentence) for fault in found.faults] == [(3, True)]


@pytest.mark.parametrize(
    ("cells", "line", "words"),
    [
        ("4,,,,121.41,31.25,,,,,", 2, "没有名称"),
        ("5,曹杨路102号,,,31.25,121.41,,,,,", 2, "填反"),
        ("6,曹杨路104号,,,东经,31.25,,,,,", 2, "数字"),
        ("6,曹杨路104号,,,,31.25,,,,,", 2, "请补上"),
        ("7,曹杨路106号,,,121.41,31.25,北京54,,,,", 2, "坐标系"),
        ("8,曹杨路106号,,,nan,31.25,,,,,", 2, "数字"),
        (f"9,{'长' * 300}路1号,,,121.4,31.25,,,,,", 2, "太长"),
        ("10,曹杨路\0号,,,121.4,31.25,,,,,", 2, ""),
    ],
)
def test_rows_that_are_not_understood(cells: str, line: int, words: str) -> None:
    found = places(f"{HEAD}{cells}\n")
    assert not found.places
    assert [fault.line for fault in found.faults] == [line]
    assert words in found.faults[0].detail


def test_x_and_y_either_way_and_no_projected_ones() -> None:
    found = places("名称,X,Y\n甲店,31.24,121.4\n乙店,121.4,31.24\n丙店,3456.2,-2145.7\n")
    assert [(place.lon, place.lat) for place in found.places] == [(121.4, 31.24)] * 2
    assert "平面坐标" in found.faults[0].detail


def test_a_workbook(tmp_path: Path) -> None:
    file = tmp_path / "places.xlsx"
    write_workbook(file, [["名称", "经度", "纬度", "类型"], ["真如公园", 121.4, 31.25, "公园"]])
    assert list(read(file.read_bytes(), "wgs84", HOME).places) == [GazetteerEntry("真如公园", "park", 121.4, 31.25)]


@pytest.mark.parametrize("raw", [b"PK\x03\x04no workbook", "名称,经度\n".encode(), b"\xff\xfe\x00", b"", b"{broken"])
def test_what_is_no_table(raw: bytes) -> None:
    with pytest.raises(Unreadable):
        read(raw, "wgs84", HOME)


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(Unreadable):
        read(f"名称,地址,经度\n{text}".encode("utf-8", "replace"), "wgs84", HOME)


def test_the_report_counts_what_changes() -> None:
    held = [
        GazetteerEntry("甲", "shop", 121.40, 31.25),
        GazetteerEntry("乙", "shop", 121.41, 31.25),
        GazetteerEntry("丙", "shop", 121.42, 31.25),
    ]
    told = [held[0], GazetteerEntry("乙", "shop", 121.43, 31.25), GazetteerEntry("丁", "estate", 121.4, 31.2), held[0]]
    found = report(ReadPlaces(told, [2, 3, 4, 5], []), held, None, part=False)
    assert {key: found[key] for key in ("places", "new", "changed", "gone", "same", "outside")} == {
        "places": 3,
        "new": 1,
        "changed": 1,
        "gone": 1,
        "same": 1,
        "outside": None,
    }
    assert found["kinds"] == {"estate": 1, "shop": 2}
    assert found["doubles"]["items"] == [{"name": "甲", "kind": "shop", "lines": [2, 5]}]
    assert report(ReadPlaces(told, [2, 3, 4, 5], []), held, None, part=True)["gone"] == 0
