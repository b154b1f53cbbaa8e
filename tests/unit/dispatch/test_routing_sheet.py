"""A table of rules as a spreadsheet: what is written comes back exactly, and every bad cell is named."""

import csv
import io
from typing import Any

import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.dispatch.domain.routing.asking import Asking
from services.dispatch.domain.routing.columns import EXAMPLES, RULES
from services.dispatch.domain.routing.files import BadSheet, Form, read_file, write_file
from services.dispatch.domain.routing.row import Example, Row, When
from services.dispatch.domain.routing.table import BUILT_IN, BadTable, RuleTable

FORMS: tuple[Form, ...] = ("xlsx", "csv", "json")
_TEXT = st.text(
    st.one_of(
        st.sampled_from(list("、；;\n\r\t'=+-@\\ 无是否,\"|_x0041噪声 \x01\x85\u2028")),
        st.characters(codec="utf-8", exclude_characters="\x00"),
    ),
    max_size=12,
)
_WORD = _TEXT.filter(lambda word: 0 < len(word) <= 50)
_CODES = st.sampled_from(["GL-03", "a.b", "X_1", "-9", "1e5", "007"])
_WHEN = st.fixed_dictionaries(
    {},
    optional={
        "concern": st.lists(_CODES, min_size=1, max_size=3),
        "words": st.lists(_WORD, min_size=1, max_size=3),
        "unless": st.lists(_WORD, min_size=1, max_size=3),
        "grid": st.lists(_WORD.map(lambda word: f"duty:{word}"), min_size=1, max_size=2),
        "emergency": st.booleans(),
        "inside_wall": st.booleans(),
        "hours": st.just("22:00-06:00"),
    },
)
_ROW = st.fixed_dictionaries(
    {"id": _CODES, "priority": st.integers(0, 100_000), "lead": st.just(["grid:duty", "operation"])},
    optional={
        "title": _TEXT,
        "ground": _TEXT,
        "when": _WHEN,
        "class": st.sampled_from(["easy", "hard"]),
        "assists": st.just(["grid:market|role:market", "role:x"]),
    },
)
_EXAMPLE = st.fixed_dictionaries(
    {"lead": _CODES, "matter": st.fixed_dictionaries({"content": _TEXT}, optional={
        "lon": st.floats(-180, 180), "lat": st.floats(-90, 90), "emergency": st.booleans(),
        "location": st.just({"lon": 121.4079, "lat": 31.2426, "crs": "gcj02"}),
        "grids": st.just({"duty": "DU3", "police": "P、1"}), "at": st.just("2026-11-23T23:30:00+08:00"),
    })},
    optional={"name": _TEXT, "assists": st.lists(_CODES, max_size=2)},
)  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_the_shipped_table_comes_back_as_it_was(form: Form) -> None:
    again = read_file(write_file(BUILT_IN, form), f"x.{form}", BUILT_IN.version)
    assert again.as_json() == BUILT_IN.as_json()


@pytest.mark.parametrize("form", FORMS)
@given(rows=st.lists(_ROW, max_size=3), examples=st.lists(_EXAMPLE, max_size=2))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_whatever_stands_in_it_comes_back(form: Form, rows: list[Any], examples: list[Any]) -> None:
    table = RuleTable(0, [Row.model_validate(one) for one in rows], [Example.model_validate(one) for one in examples])
    assert read_file(write_file(table, form), f"x.{form}").as_json() == table.as_json()


def test_every_field_has_a_column() -> None:
    fields = {field.alias or name for name, field in Row.model_fields.items()} - {"when"}
    assert {column.path for column in RULES} == fields | {f"when.{name}" for name in When.model_fields}
    asked = {f"matter.{name}" for name in Asking.model_fields}
    assert {column.path for column in EXAMPLES} == {"name", "lead", "assists"} | asked


def _csv(*lines: list[str]) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out).writerows(lines)
    return out.getvalue().encode("utf-8")


HEAD = ["规则编号", "优先级", "条件：子项", "主办", "条件：紧急", "条件：时段"]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (["a", "x", "", "operation", "", ""], "第 2 行“优先级”要写整数"),
        (["a", "1", "", "operation", "也许", ""], "第 2 行“条件：紧急”只能写“是”“否”或空着"),
        (["a", "1", "", "operation", "", "晚上"], "第 2 行“条件：时段”写法不对：如 22:00-06:00"),
        (["a", "1", "", "", "", ""], "第 2 行“主办”没有写，请补上"),
        (["a", "1", "", "mars:1", "", ""], "第 2 行“主办”写法不对"),
        (["a", "1", "=SUM(A1)", "operation", "", ""], "第 2 行“条件：子项”以“=”开头，像是公式"),
        (["=1+1", "1", "", "operation", "", ""], "第 2 行“规则编号”以“=”开头，像是公式"),
        (["a", "1", "x" * 40_000, "operation", "", ""], "第 2 行“条件：子项”有 40000 个字，太长"),
        (["a", "1", "", "operation", "", "", "more"], "第 2 行“第 7 列”没有列名"),
        (["a", "9" * 30, "", "operation", "", ""], "第 2 行“优先级”写法不对：整数，小的先判断"),
    ],
)
def test_a_bad_cell_is_named(row: list[str], said: str) -> None:
    with pytest.raises(BadSheet) as bad:
        read_file(_csv(HEAD, row), "x.csv")
    assert any(said in fault for fault in bad.value.faults), bad.value.faults
    assert bad.value.cells[0].line == 2


def test_columns_that_nobody_knows_or_twice() -> None:
    with pytest.raises(BadSheet) as bad:
        read_file(_csv(["规则编号", "主办", "主办", "颜色"], ["a", "operation", "", "红"]), "x.csv")
    assert [(cell.line, cell.column) for cell in bad.value.cells] == [(1, "主办"), (1, "颜色")]


def test_a_formula_in_a_workbook_is_refused_whatever_it_gave() -> None:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        page = book.add_worksheet("规则")
        page.write_row(0, 0, ["规则编号", "主办", "依据"])
        page.write_row(1, 0, ["a", "operation"])
        page.write_formula(1, 2, '=HYPERLINK("http://x","依据")', None, "依据")
    with pytest.raises(BadSheet) as bad:
        read_file(out.getvalue(), "x.xlsx")
    assert bad.value.faults == ("第 2 行“依据”是公式；格子里不能写公式，请粘贴成值。",)


def test_names_may_stand_for_codes() -> None:
    raw = _csv(["规则编号", "条件：子项", "主办"], ["a", "噪声；GL-03.fumes", "operation"])
    table = read_file(raw, "x.csv", names={"when.sub": {"噪声": "GL-03.shop"}})
    assert table.rows[0].when.sub == ("GL-03.shop", "GL-03.fumes")


@pytest.mark.parametrize(
    "raw", [b"", b"PK\x03\x04zip", b"a,b\n1,2", b"\xff\xfe\x00", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"]
)
def test_what_is_no_table(raw: bytes) -> None:
    for name in ("x.csv", "x.xlsx"):
        with pytest.raises(BadTable):
            read_file(raw, name)
