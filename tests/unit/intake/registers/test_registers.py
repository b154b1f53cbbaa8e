"""Registers read: columns by their names, dates in many notations, numbers that a spreadsheet mangled."""

import contextlib
import io
from datetime import date, datetime, time
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from services.intake.domain.registers.cells import BadCell, moment_of, phone_of, text_of
from services.intake.domain.registers.columns import Register, find_register
from services.intake.domain.registers.failed import workbook_of
from services.intake.domain.registers.rows import Row, header_of, rows_of
from services.kit.clock import SHANGHAI
from services.kit.files.bad import BadFile
from services.kit.files.sheets import Sheet, sheets_of
from tests.harness.zhenru import profile
from tests.unit.intake.registers.made import HEADER, ROWS, csv, xlsx


def read(raw: bytes) -> tuple[Register, list[Row]]:
    register = find_register(sheets_of(raw))
    assert register is not None
    return register, list(rows_of(register, profile(), "offline"))


@pytest.mark.parametrize(
    "raw",
    [
        xlsx([HEADER, *ROWS]),
        xlsx([HEADER, *ROWS], titles=["真如街道来访登记表", "", "2026年11月"]),
        xlsx([["说明", "请如实填写"]], [HEADER, *ROWS]),
        csv([HEADER, *ROWS]),
        csv([HEADER, *ROWS], "gb18030"),
        "\ufeff".encode() + csv([HEADER, *ROWS]),
    ],
)
def test_a_register_in_every_form(raw: bytes) -> None:
    register, rows = read(raw)
    assert [field for field in register.columns if field] == [
        *("reported_at", "reporter.name", "reporter.phone", "address", "content"),
    ]
    assert [row.faults for row in rows] == [[], [], []]
    assert rows[0].body["reported_at"] == "2026-11-20T09:30:00+08:00"
    assert rows[0].body["reporter"] == {"name": "赵铁柱", "phone": "13812345678"}
    assert rows[1].body["reporter"]["phone"] == "13912345678"
    assert rows[1].body["extra"] == {"备注": "=1+1"}
    assert rows[2].body["reported_at"] == "2026-11-22T15:00:00+08:00"
    assert len({row.body["external_id"] for row in rows}) == 3


def test_the_columns_of_12345() -> None:
    header = [
        "工单编号",
        "工号",
        "工单生成时间",
        "诉求地址",
        "内容描述",
        "工单类别",
        "工单类型",
        "是否匿名",
        "一级分类",
    ]
    row = ["20240101000072", 8001, "2024-01-01 08:00:01", "兰溪路", "噪声", "次紧急", "投诉举报类", "是", "公用事业类"]
    _, rows = read(xlsx([header, row]))
    body = rows[0].body
    assert (body["external_id"], body["source_urgency"], body["kind"]) == ("20240101000072", "次紧急", "complaint")
    assert body["reporter"] == {"anonymous": True}
    assert body["extra"] == {"工号": "8001", "一级分类": "公用事业类"}


def test_a_header_of_two_lines_with_merged_cells() -> None:
    upper = ["序号", "诉求人", "", "反映情况", "", "地址"]
    lower = ["", "姓名", "电话", "时间", "内容", ""]
    register, rows = read(xlsx([upper, lower, [1, "赵铁柱", 13812345678, "2026-11-20", "路灯不亮", "兰溪路"]]))
    assert register.columns == ["", "reporter.name", "reporter.phone", "reported_at", "content", "address"]
    assert rows[0].body["content"] == "路灯不亮"


def test_a_date_and_an_hour_in_two_columns() -> None:
    _, rows = read(xlsx([["日期", "时间", "诉求内容"], [46349, 0.5, "路灯不亮"], ["2026.11.23", "9:05", "路灯不亮"]]))
    assert [row.body["reported_at"][:16] for row in rows] == ["2026-11-23T12:00", "2026-11-23T09:05"]


def test_the_number_of_a_row_is_that_of_its_content() -> None:
    turned = [HEADER[::-1], *(row[::-1] for row in ROWS)]
    renumbered = [HEADER, *([9, *row[1:]] for row in ROWS)]
    wanted = [row.body["external_id"] for row in read(xlsx([HEADER, *ROWS]))[1]]
    for sheet in (turned, renumbered):
        assert [row.body["external_id"] for row in read(xlsx(sheet))[1]] == wanted
    _, counted = read(xlsx([["编号", "诉求内容", "日期"], [1, "甲", "2026-1-1"], ["A-1", "乙", "2026-1-1"]]))
    assert [row.body["external_id"][:4] for row in counted] == ["reg-", "A-1"]


def test_blank_rows_and_the_header_again() -> None:
    _, rows = read(xlsx([HEADER, ROWS[0], [], [5], HEADER, ROWS[1]]))
    assert [row.line for row in rows] == [2, 6]


def test_faults_name_the_column() -> None:
    bad = [
        ["", "昨天", "", "1.38E+10", "", "", ""],
        ["", "11月3日", "", "", "", "路灯", ""],
        ["", "", "某", "", "", "灯", ""],
    ]
    register, rows = read(xlsx([HEADER, *bad]))
    assert [len(row.faults) for row in rows] == [3, 1, 1]
    assert "来访日期：昨天 读不出时间" in rows[0].faults[0]
    assert "末几位已经丢了" in rows[0].faults[1]
    assert "没有写年份" in rows[1].faults[0]
    assert rows[2].faults == ["缺反映时间，请补上"]
    assert header_of(register, "/content") == "反映内容（必填）"
    assert header_of(register, "/reporter/phone") == "联系电话"


@pytest.mark.parametrize("name", ["反映事项（诉求内容）", "来电内容", "群众反映", "情况说明"])
def test_what_registers_call_their_matter(name: str) -> None:
    register, rows = read(csv([["登记日期", name], ["2026-11-23", "路灯坏了"]]))
    assert list(register.columns) == ["reported_at", "content"]
    assert rows[0].body["content"] == "路灯坏了"


@pytest.mark.parametrize(
    ("cell", "wanted"),
    [
        ("2026-11-23 08:15", "2026-11-23T08:15:00+08:00"),
        ("2026-11-23T08:15:30Z", "2026-11-23T08:15:30+00:00"),
        ("2026/1/3", "2026-01-03T00:00:00+08:00"),
        ("2026.11.23 8:15:09", "2026-11-23T08:15:09+08:00"),
        ("2026年11月23日", "2026-11-23T00:00:00+08:00"),
        ("2026年11月23日星期一 晚上8点30分", "2026-11-23T20:30:00+08:00"),
        ("2026 年 1 月 3 日 8 时", "2026-01-03T08:00:00+08:00"),
        ("20261123", "2026-11-23T00:00:00+08:00"),
        ("20261123081500", "2026-11-23T08:15:00+08:00"),
        ("２０２６－１１－２３", "2026-11-23T00:00:00+08:00"),
        (46349.34375, "2026-11-23T08:15:00+08:00"),
        ("46349", "2026-11-23T00:00:00+08:00"),
        (date(2026, 11, 23), "2026-11-23T00:00:00+08:00"),
        (datetime(2026, 11, 23, 8, 15, tzinfo=SHANGHAI), "2026-11-23T08:15:00+08:00"),
    ],
)
def test_moments(cell: Any, wanted: str) -> None:
    found = moment_of(cell)
    assert found is not None
    assert found.isoformat() == wanted


@pytest.mark.parametrize("cell", ["2026-13-01", "2026-02-30", "2026-11-23 25:00", "1e9", "2026", time(8), True, 5.0])
def test_no_moments(cell: Any) -> None:
    with pytest.raises(BadCell):
        moment_of(cell)


def test_phones_and_texts() -> None:
    assert phone_of(13812345678.0) == phone_of("'13812345678") == phone_of("1.3812345678E+10") == "13812345678"
    assert phone_of("021-62345678") == "021-62345678"
    assert text_of(310107.0) == "310107"


def test_failed_rows_can_be_put_right_and_read_again_and_hold_no_formula() -> None:
    headers = [*HEADER, "失败原因"]
    made = workbook_of(
        headers, [(["1", "昨天", "=HYPERLINK(1)", "+1", "@x", "-1", "", "老原因"], ["来访日期：读不出"])]
    )
    sheet = CalamineWorkbook.from_object(io.BytesIO(made)).get_sheet_by_index(0).to_python()
    assert sheet[0] == headers
    assert sheet[1] == ["1", "昨天", "=HYPERLINK(1)", "+1", "@x", "-1", "", "来访日期：读不出"]
    register, rows = read(made)
    assert register.columns[-1] == ""
    assert "extra" not in rows[0].body


@pytest.mark.parametrize(
    "raw", [b"", b"\0\1\2", b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"\xff\xfe\xfa", b"a,b\n1,2"]
)
def test_what_is_no_register(raw: bytes) -> None:
    with pytest.raises(BadFile, match=r"。$"):
        _ = find_register(sheets_of(raw)) or _none()


def test_a_workbook_cut_short_anywhere() -> None:
    """A few bytes lost on the way: every offset behind them points somewhere else, before the file's beginning too."""
    raw = xlsx([HEADER, *ROWS])
    for place in range(4, len(raw) - 30, 97):
        for lost in (1, 3, 40):
            with contextlib.suppress(BadFile):
                find_register(sheets_of(raw[:place] + raw[place + lost :]))


def _none() -> None:
    raise BadFile("没有表头。")


_CELLS = (
    st.none()
    | st.booleans()
    | st.floats(allow_nan=False)
    | st.text(max_size=12)
    | st.datetimes()
    | st.dates()
    | st.times()
)
_NAMES = st.sampled_from([*HEADER, "编号", "时间", "经度", "类型", "是否匿名"]) | st.text(max_size=4)


@given(st.lists(_NAMES, max_size=8), st.lists(st.lists(_CELLS, max_size=9), max_size=5))
def test_no_cell_breaks_it(header: list[str], rows: list[list[Any]]) -> None:
    whole = [[*header, "诉求内容", "来访日期"], *rows]
    register = find_register([Sheet("s", whole, range(1, len(whole) + 1))])
    if register is not None:
        for row in rows_of(register, profile(), "offline"):
            assert row.body["external_id"]
            assert all(isinstance(fault, str) for fault in row.faults)


_WHOLE = xlsx([HEADER, *ROWS])


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.binary(max_size=200) | st.tuples(st.integers(0, len(_WHOLE)), st.binary(min_size=1, max_size=8)))
def test_no_bytes_break_it(noise: Any) -> None:
    raw = noise if isinstance(noise, bytes) else _WHOLE[: noise[0]] + noise[1] + _WHOLE[noise[0] + len(noise[1]) :]
    try:
        register = find_register(sheets_of(raw))
    except BadFile:
        return
    if register is not None:
        list(rows_of(register, profile(), "offline"))
