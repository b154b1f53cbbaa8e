"""Overlaps, circles and ground on which nobody is found; tables that are absurd; how long a decision takes."""

import json
from typing import Any

import pytest

from services.dispatch.domain.routing.check import check
from services.dispatch.domain.routing.decide import decide
from services.dispatch.domain.routing.duties import LAYOUT, Duty, DutyList, read_duties, shipped
from services.dispatch.domain.routing.files import BadSheet
from services.dispatch.domain.routing.matter import Matter
from services.dispatch.domain.routing.overlaps import circles, ground_holes, overlaps, warnings
from services.dispatch.domain.routing.precedents import Precedent, Precedents
from services.dispatch.domain.routing.row import Row
from services.dispatch.domain.routing.sheet import to_csv, to_workbook
from services.dispatch.domain.routing.site import Site
from services.dispatch.domain.routing.table import BUILT_IN, BadTable, RuleTable, read_table
from services.dispatch.domain.routing.versions import differences
from services.dispatch.usecases.duties import check as check_duties
from services.dispatch.usecases.precedents import proposals
from tests.bench.routing import LIMIT_MICROSECONDS, matters, microseconds, wide_table
from tests.harness.zhenru import AT, SHOP, profile, zhenru

NOISE = Matter("GL-03", "GL-03.shop", lon=SHOP[0], lat=SHOP[1])


def _row(row_id: str, lead: str = "operation", priority: int = 10, **when: Any) -> Row:
    return Row.model_validate({"id": row_id, "priority": priority, "when": when, "lead": [lead]})


@pytest.mark.parametrize(
    ("one", "other", "overlap"),
    [
        ({"concern": ["GL-03"]}, {"sub": ["GL-03.shop"]}, True),
        ({"sub": ["GL-03.fumes"]}, {"sub": ["GL-03.shop"]}, False),
        ({"concern": ["GL-03"], "words": ["卸货"]}, {"concern": ["GL-03"], "words": ["油烟"]}, True),
        ({"concern": ["GL-03"], "words": ["卸货"]}, {"concern": ["GL-03"], "unless": ["卸"]}, False),
        ({"concern": ["GL-03"], "zone": ["block"]}, {"concern": ["GL-03"], "zone": ["campus"]}, False),
        ({"concern": ["GL-03"], "channel": ["patrol"]}, {"concern": ["GL-03"], "kind": ["report"]}, True),
        ({"concern": ["GL-03"], "grid": ["duty:DU3"]}, {"concern": ["GL-03"], "grid": ["duty:DU5"]}, False),
        ({"concern": ["GL-03"], "grid": ["duty:DU3"]}, {"concern": ["GL-03"], "grid": ["police:P4"]}, True),
        ({"concern": ["GL-03"], "hours": "22:00-06:00"}, {"concern": ["GL-03"], "hours": "06:00-22:00"}, False),
        ({"concern": ["GL-03"], "hours": "22:00-06:00"}, {"concern": ["GL-03"], "hours": "05:00-08:00"}, True),
        ({"concern": ["GL-03"], "emergency": True}, {"concern": ["GL-03"], "emergency": False}, False),
        ({"concern": ["GL-03"], "unit": ["ZR-POLICE-4"]}, {"concern": ["GL-03"], "unit": ["ZR-DUTY-5"]}, True),
    ],
)
def test_rows_whose_order_nobody_chose(one: dict[str, Any], other: dict[str, Any], overlap: bool) -> None:
    first, second = _row("a", **one), _row("b", "role:police", **other)
    assert [(found.first.id, found.second.id) for found in overlaps(profile(), [first, second])] == (
        [("a", "b")] if overlap else []
    )
    # With the same results, or at another priority, there is nothing to choose.
    assert list(overlaps(profile(), [first, _row("b", **other)])) == []
    assert list(overlaps(profile(), [first, _row("b", "role:police", 20, **other)])) == []


def test_overlaps_are_told_and_keep_nothing_from_going_live() -> None:
    table = RuleTable(0, [_row("a", sub=["GL-03.shop"], words=["卸货"]), _row("b", "role:police", sub=["GL-03.shop"], words=["音响"]), *BUILT_IN.written])  # fmt: skip
    assert check(table, zhenru()) == []
    [(pointer, said)] = warnings(table, zhenru(), AT)
    assert pointer == "/rows/1"
    assert said.startswith("规则 a 和 b 的优先级都是 10，都可能接“噪声与油烟扰民·商铺营业噪声”，写在前面的 a 说了算")


def test_a_circle_of_returns_is_refused() -> None:
    rows = [
        _row("a", "unit:ZR-DUTY-5", unit=["ZR-POLICE-4"], concern=["GL-03"], words=["某词"]),
        _row("b", "unit:ZR-MARKET-1", unit=["ZR-DUTY-5"], concern=["GL-03"], words=["某词"]),
        _row("c", "unit:ZR-POLICE-4", unit=["ZR-MARKET-1"], sub=["GL-03.shop"], words=["某词"]),
    ]
    assert [set(ids) for ids in circles(profile(), rows)] == [{"a", "b", "c"}]
    assert circles(profile(), rows[:2]) == []
    assert circles(profile(), [*rows[:2], _row("c", "unit:ZR-POLICE-4", unit=["ZR-MARKET-1"], concern=["CS-02"])]) == []
    said = [fault.detail for fault in check(RuleTable(0, [*rows, *BUILT_IN.written]), zhenru())]
    assert len(said) == 1
    assert "谁退单都会再回到它手里" in said[0]


def test_where_returns_go_is_not_a_rules_to_say() -> None:
    with pytest.raises(BadTable):
        read_table(json.dumps({"rows": [{"id": "a", "lead": ["operation"], "returns_to": "b"}]}).encode(), "x.json")


def test_ground_on_which_nobody_is_found_is_named() -> None:
    assert ground_holes(zhenru(), BUILT_IN, AT) == []
    rows = [row.model_copy(update={"lead": ("grid:micro",)} if row.id == "FW-03" else {}) for row in BUILT_IN.written]
    rows = [row.model_copy(update={"lead": ("unit:GONE",)} if row.id == "OTHER" else {}) for row in rows]
    holes = {hole.leaf: hole.grids for hole in ground_holes(zhenru(), RuleTable(0, rows), AT)}
    assert "OTHER" in holes
    assert len(holes["OTHER"]) > 100
    assert set(holes) <= {"OTHER", "FW-03.elderly", "FW-03.children", "FW-03.errand"}


def test_ten_thousand_rows_are_refused_in_one_sentence() -> None:
    rows = [{"id": f"r{n}", "lead": ["operation"]} for n in range(10_000)]
    table = read_table(json.dumps({"rows": rows}).encode(), "x.json")
    assert [fault.detail for fault in check(table, zhenru())] == ["规则有 10000 行，最多 2000 行，请合并。"]


def test_lists_in_a_row_have_an_end() -> None:
    for when in ({"words": ["词"] * 501}, {"grid": ["duty:DU3"] * 201}, {"channel": ["patrol"] * 501}):
        with pytest.raises(BadTable):
            read_table(json.dumps({"rows": [{"id": "a", "lead": ["operation"], "when": when}]}).encode(), "x.json")


def test_a_decision_over_two_thousand_rows_is_quick() -> None:
    """Against the shipped table of a minute ago, as the machine is shared; `make bench` gives the figure itself."""
    asked = matters(profile(), 300)
    short, long = microseconds(BUILT_IN, asked), microseconds(wide_table(profile()), asked)
    assert long < max(LIMIT_MICROSECONDS, 2.5 * short), (long, short)


def test_the_duty_that_says_most_is_printed() -> None:
    listed = DutyList(
        3,
        [
            Duty(matter="GL-03", undertakes=("role:duty",)),
            Duty(matter="GL-03.shop", undertakes=("grid:duty",), supervises=("role:ecology",), article="甲法第一条"),
            Duty(matter="GL-03.shop", zone="campus", undertakes=("role:market",)),
            Duty(matter="GL-03.shop", owner="property", undertakes=("estate:property",)),
        ],
    )
    assert listed.find("GL-03", "GL-03.fumes", None, ()) is listed.duties[0]
    assert listed.find("GL-03", "GL-03.shop", "block", ()) is listed.duties[1]
    assert listed.find("GL-03", "GL-03.shop", "campus", ()) is listed.duties[2]
    assert listed.find("GL-03", "GL-03.shop", "campus", ("property",)) is listed.duties[3]
    assert listed.find("CS-01", None, None, ()) is None
    came = decide(zhenru(), BUILT_IN.standing_on(DutyList(3, listed.duties[:2]), None), NOISE, AT)
    assert came.duty == "职责清单第 3 版：承办真如责任网格5组，监管普陀区生态环境局，依据甲法第一条"
    assert came.ground.endswith("；" + came.duty)


def test_the_shipped_list_is_sound_and_comes_back() -> None:
    listed = shipped("zhenru")
    assert check_duties(listed.duties, zhenru()) == []
    known = {sub.code for concern in profile().concerns for sub in concern.subs}
    assert known <= {duty.matter for duty in listed.duties}
    data = {"duties": listed.as_json()["duties"]}
    for content in (to_csv(data, (LAYOUT,)), to_workbook(data, (), (LAYOUT,))):
        assert read_duties(content) == list(listed.duties)
    assert len(shipped("some-other-city")) == 0


def test_bad_cells_of_duties_are_named() -> None:
    with pytest.raises(BadSheet) as bad:
        read_duties("事项或子项,承办\nGL-03,\n,role:police\nGL-03,=1\n".encode())
    assert [(cell.line, cell.column) for cell in bad.value.cells] == [(2, "承办"), (3, "事项或子项"), (4, "承办")]


def _ruling(number: int, target: str = "grid:police", zone: str | None = "block", **more: Any) -> Precedent:
    told = {"concern": "GL-03", "sub_concern": "GL-03.shop", "lead": "ZR-POLICE-4", "ground": f"依据{number}"} | more
    return Precedent(id=number, case_id=f"case_{number}", at=AT, zone=zone, grids={"duty": "DU5"}, previous=None, target=target, by_unit=None, **told)  # fmt: skip


def test_precedents_are_proposed_by_likeness() -> None:
    known = Precedents([_ruling(1), _ruling(2, "role:market"), _ruling(3, zone="campus"), _ruling(4, sub_concern=None)])
    block = Site({"duty": "DU5"}, {}, "block")
    assert [one.id for one in known.like("GL-03.shop", block)] == [2, 1]
    assert [one.id for one in known.like("GL-03.shop", Site({}, {}, "campus"))] == [3]
    assert known.like("AQ-01.plain", block) == []


@pytest.mark.parametrize(
    ("targets", "proposed"),
    [
        (["grid:police"] * 3, True),
        (["grid:police"] * 2, False),
        (["grid:police", "role:market", "grid:police", "grid:police"], False),
        (["role:market", "grid:police", "grid:police", "grid:police"], True),
        (["grid:police", "grid:police", "grid:police", "role:market"], False),
        (["grid:duty"] * 3, False),
    ],
)
def test_three_rulings_one_after_the_other(targets: list[str], proposed: bool) -> None:
    known = Precedents([_ruling(number, target) for number, target in enumerate(targets, 1)])
    found = proposals(zhenru(), BUILT_IN.standing_on(None, known))
    assert bool(found) is proposed
    for one in found:
        adopted = RuleTable(0, [*BUILT_IN.written, Row.model_validate(one["row"])])
        assert check(adopted, zhenru()) == []
        assert Duty.model_validate(one["duty"]).zone == "block"


def test_an_orders_level_and_owner_are_found_where_nobody_tells_them() -> None:
    """By the channel that it came by; by the owner that its text names."""
    table = RuleTable(1, [_row("level", level=["micro"]), _row("owner", priority=20, owner=["power"])])
    assert decide(zhenru(), table, Matter("OTHER", channel="patrol"), AT).rule == "level"
    assert decide(zhenru(), table, Matter("OTHER", channel="hotline_12345"), AT).rule != "level"
    assert decide(zhenru(), table, Matter("CS-03", "CS-03.unknown", text="电力公司的箱子坏了"), AT).rule == "owner"


def test_differences_name_fields() -> None:
    one: list[dict[str, Any]] = [{"id": "a", "lead": ["x"], "when": {"sub": ["s"]}}, {"id": "b"}]
    other: list[dict[str, Any]] = [{"id": "a", "lead": ["x"], "when": {"sub": ["s", "t"]}}, {"id": "c"}]
    assert differences(one, other, "id") == {
        "added": [{"id": "c"}],
        "removed": [{"id": "b"}],
        "changed": [{"id": "a", "fields": {"when.sub": {"before": ["s"], "after": ["s", "t"]}}}],
    }
