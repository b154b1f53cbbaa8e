"""What is found wrong with a table before it is live."""

import json

import pytest

from services.dispatch.domain.routing.check import check
from services.dispatch.domain.routing.row import Row
from services.dispatch.domain.routing.shadow import holes, unreachable
from services.dispatch.domain.routing.table import BUILT_IN, BadTable, RuleTable, built_in, read_table, table_from
from tests.harness.zhenru import profile, zhenru


def _with(*rows: dict[str, object]) -> RuleTable:
    """The shipped table with rows before it."""
    return RuleTable(0, [*(Row.model_validate({"lead": ["operation"]} | row) for row in rows), *BUILT_IN.written])


def _said(table: RuleTable) -> list[tuple[str, str]]:
    return [(fault.pointer, fault.detail) for fault in check(table, zhenru())]


def test_the_shipped_table_is_sound() -> None:
    assert check(BUILT_IN, zhenru()) == []
    assert built_in("some-other-city").version == BUILT_IN.version


@pytest.mark.parametrize(
    ("row", "pointer", "said"),
    [
        ({"when": {"concern": ["GL-99"]}}, "/rows/0/when/concern", "事项“GL-99”不存在"),
        ({"when": {"sub": ["GL-03.nothing"]}}, "/rows/0/when/sub", "子项“GL-03.nothing”不存在"),
        ({"when": {"category": ["ZZ"]}}, "/rows/0/when/category", "类别“ZZ”不存在"),
        ({"when": {"channel": ["pigeon"]}}, "/rows/0/when/channel", "渠道“pigeon”不存在"),
        ({"when": {"kind": ["joke"]}}, "/rows/0/when/kind", "诉求类型“joke”不存在"),
        ({"when": {"zone": ["moon"]}}, "/rows/0/when/zone", "三区“moon”不存在"),
        ({"when": {"level": ["city"]}}, "/rows/0/when/level", "层级“city”不存在"),
        ({"when": {"unit": ["NOBODY"]}}, "/rows/0/when/unit", "单位“NOBODY”不存在"),
        ({"when": {"owner": ["nobody"]}}, "/rows/0/when/owner", "权属角色“nobody”不存在"),
        ({"when": {"grid": ["moon:M1"]}}, "/rows/0/when/grid", "图层“moon”不存在"),
        ({"when": {"grid": ["duty:DU99"]}}, "/rows/0/when/grid", "网格“duty:DU99”不存在"),
        ({"lead": ["grid:moon"]}, "/rows/0/lead/0", "图层“moon”不存在"),
        ({"lead": ["grid:duty", "unit:NOBODY"]}, "/rows/0/lead/1", "单位“NOBODY”不存在"),
        ({"lead": ["role:nobody"]}, "/rows/0/lead/0", "角色“nobody”不存在"),
        ({"assists": ["grid:duty|owner:nobody"]}, "/rows/0/assists/0", "权属角色“nobody”不存在"),
        ({"level": "city"}, "/rows/0/level", "层级“city”不存在"),
        ({"whistle": "tin"}, "/rows/0/whistle", "哨型“tin”不存在"),
    ],
)
def test_codes_that_nobody_knows(row: dict[str, object], pointer: str, said: str) -> None:
    narrow = {"id": "x", "priority": 1, "when": {"words": ["某词"]}}
    (fault,) = _said(_with(narrow | row))
    assert fault[0] == pointer
    assert said in fault[1]
    assert fault[1].endswith("。")


def test_the_same_id_twice() -> None:
    table = _with({"id": "OTHER", "priority": 1, "when": {"words": ["某词"]}})
    place = len(BUILT_IN) + 0
    assert _said(table) == [(f"/rows/{place}/id", "规则编号“OTHER”写了两次，请改成唯一的。")]


def test_an_empty_table() -> None:
    assert _said(RuleTable(0, [])) == [("/rows", "规则表是空的，请至少写一行。")]


@pytest.mark.parametrize(
    ("first", "second", "dead"),
    [
        ({"concern": ["GL-03"]}, {"sub": ["GL-03.shop"]}, True),
        ({"category": ["GL"]}, {"concern": ["GL-03"], "words": ["卸货"]}, True),
        ({"sub": ["GL-03.shop"]}, {"concern": ["GL-03"]}, False),
        ({"concern": ["GL-03"], "zone": ["block"]}, {"concern": ["GL-03"]}, False),
        ({"concern": ["GL-03"], "zone": ["block", "campus"]}, {"concern": ["GL-03"], "zone": ["campus"]}, True),
        ({"words": ["噪声"]}, {"words": ["卸货噪声", "夜间噪声"]}, True),
        ({"words": ["卸货噪声"]}, {"words": ["噪声"]}, False),
        ({"unless": ["卸货噪声"]}, {"unless": ["噪声"]}, True),
        ({"unless": ["噪声"]}, {"unless": ["卸货噪声"]}, False),
        ({"hours": "20:00-08:00"}, {"hours": "22:00-06:00"}, True),
        ({"hours": "22:00-06:00"}, {"hours": "20:00-08:00"}, False),
        ({"emergency": True}, {"emergency": True, "channel": ["patrol"]}, True),
        ({"emergency": True}, {"emergency": False}, False),
        ({}, {"words": ["噪声"]}, True),
        ({"grid": ["duty:DU1"]}, {"grid": ["duty:DU1", "duty:DU2"]}, False),
    ],
)
def test_rows_that_never_decide(first: dict[str, object], second: dict[str, object], dead: bool) -> None:
    rows = [Row.model_validate({"id": n, "lead": ["operation"], "when": w}) for n, w in (("a", first), ("b", second))]
    assert unreachable(profile(), rows) == ([(rows[1], ("a",))] if dead else [])


def test_a_row_taken_piece_by_piece() -> None:
    subs = [sub.code for sub in profile().concern("GL-01").subs]
    rows = [Row.model_validate({"id": code, "lead": ["operation"], "when": {"sub": [code]}}) for code in subs]
    rows.append(Row.model_validate({"id": "rest", "lead": ["operation"], "when": {"concern": ["GL-01"]}}))
    assert unreachable(profile(), rows) == [(rows[-1], tuple(subs))]


def test_a_row_that_contradicts_itself() -> None:
    table = _with({"id": "x", "priority": 1, "when": {"concern": ["GL-03"], "sub": ["CS-02.stall"]}})
    assert _said(table) == [("/rows/0", "规则 x 永远用不上：类别、事项、子项互相矛盾，请只留一种写法。")]


def test_a_shadowed_row_is_named_with_those_before_it() -> None:
    ((pointer, said),) = _said(_with({"id": "x", "priority": 1, "when": {"concern": ["AQ-01"]}}))
    assert BUILT_IN.written[int(pointer.removeprefix("/rows/")) - 1].id == "AQ-01"
    assert said == "规则 AQ-01 永远用不上：前面的规则 x 已经接走它的全部情形，请调整优先级或删去。"


def test_a_concern_that_nobody_takes() -> None:
    rows = [row for row in BUILT_IN.written if row.id != "FW-03"]
    rows.append(Row.model_validate({"id": "all", "priority": 9999, "lead": ["operation"]}))
    assert holes(profile(), rows) == ["FW-03.elderly", "FW-03.children", "FW-03.errand"]
    assert "FW-03.elderly（为老为小与帮办代办·为老服务）" in _said(RuleTable(0, rows))[0][1]


def test_a_table_is_read_as_it_is_written() -> None:
    again = table_from(json.loads(json.dumps(BUILT_IN.as_json())), BUILT_IN.version)
    assert again.written == BUILT_IN.written
    assert read_table(json.dumps(BUILT_IN.as_json()).encode(), "x.json").written == BUILT_IN.written


@pytest.mark.parametrize(
    ("content", "file", "said"),
    [
        (b"\xff\xfe", "x.toml", "UTF-8"),
        (b"rows = [", "x.toml", "读不懂"),
        (b"[]", "x.json", "没有 rows"),
        (b"{}", "x.json", "rows"),
        (b'{"rows": [{"id": "a"}]}', "x.json", "第 1 行（a）的 lead 不对"),
        (b'{"rows": [{"id": "a", "lead": ["mars:1"]}]}', "x.json", "lead.0"),
        (b'{"rows": [{"id": "a", "lead": ["operation"], "wenn": {}}]}', "x.json", "wenn"),
        (b'{"rows": [{"id": "a", "lead": ["operation"], "when": {"hours": "25:00-06:00"}}]}', "x.json", "hours"),
        (b'{"rows": [{"id": "a", "lead": ["operation"], "ground": "\\u0000"}]}', "x.json", "ground"),
        (b'{"rows": [], "examples": [{"lead": "a"}]}', "x.json", "第 1 个示例"),
        (b'{"rows": [7]}', "x.json", "第 1 行"),
        (b"[" * 100000, "x.json", "读不懂"),
    ],
)
def test_files_that_are_no_table(content: bytes, file: str, said: str) -> None:
    with pytest.raises(BadTable) as caught:
        read_table(content, file)
    assert said in str(caught.value)
