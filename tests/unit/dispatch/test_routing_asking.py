"""An order's fields as somebody asks about them."""

from datetime import timedelta

import pytest
from pydantic import ValidationError

from services.dispatch.domain.routing.asking import Asking, BadAsking, understand
from services.dispatch.domain.routing.row import Example
from services.dispatch.domain.routing.table import BUILT_IN, RuleTable
from services.dispatch.domain.routing.trial import as_item, simulate, summary, try_examples
from tests.harness.zhenru import AT, SHOP, zhenru

ORDER = {
    "external_id": "SH12345-20261123-000123",
    "channel": "hotline_12345",
    "title": "夜间噪声",
    "content": "兰溪路生鲜店每晚十一点后卸货,噪声很大",
    "reported_at": "2026-11-23T08:15:00+08:00",
    "location": {"lon": SHOP[0], "lat": SHOP[1], "crs": "wgs84"},
    "address": "兰溪路生鲜店",
    "reporter": {"name": "张三", "phone": "13800000000"},
    "kind": "complaint",
    "concern": None,
}


def test_a_whole_order_may_be_asked_about() -> None:
    asked = understand(zhenru(), Asking.model_validate(ORDER))
    assert (asked.matter.concern, asked.matter.sub_concern, asked.by) == ("GL-03", "GL-03.unloading", "words")
    assert (asked.how, asked.place, asked.matter.zone) == ("coordinates", "兰溪路生鲜店", "block")


def test_an_address_alone_and_a_text_alone() -> None:
    by_address = understand(zhenru(), Asking(concern="GL-03", address="兰溪路生鲜店"))
    assert by_address.how == "address"
    assert by_address.matter.lon == pytest.approx(SHOP[0], abs=1e-4)
    by_text = understand(zhenru(), Asking(content=str(ORDER["content"])))
    assert by_text.how == "content"
    nowhere = understand(zhenru(), Asking(concern="GL-03"))
    assert (nowhere.how, nowhere.matter.lon) == ("none", None)


def test_another_datum_is_the_same_place() -> None:
    gcj = understand(zhenru(), Asking(concern="GL-03", lon=121.41243, lat=31.24052, crs="gcj02"))
    assert gcj.matter.lon == pytest.approx(SHOP[0], abs=1e-3)


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({}, "/concern"),
        ({"content": "  "}, "/concern"),
        ({"concern": "GL-99"}, "/concern"),
        ({"sub_concern": "GL-03.nothing"}, "/sub_concern"),
        ({"concern": "CS-01", "sub_concern": "GL-03.shop"}, "/sub_concern"),
        ({"concern": "GL-03", "lon": SHOP[0]}, "/lat"),
        ({"concern": "GL-03", "lon": SHOP[1], "lat": SHOP[0]}, ""),
        ({"concern": "GL-03", "location": {"lon": 0, "lat": 0}}, "/location"),
        ({"concern": "GL-03", "location": {"lon": float("nan"), "lat": 1}}, "/location"),
    ],
)
def test_what_cant_be_meant(fields: dict[str, object], pointer: str) -> None:
    with pytest.raises(BadAsking) as caught:
        understand(zhenru(), Asking.model_validate(fields))
    assert caught.value.pointer == pointer


@pytest.mark.parametrize(
    "fields",
    [
        {"content": "x\x00"},
        {"content": 7},
        {"content": "长" * 4001},
        {"concern": "空 格"},
        {"at": "1200-01-01T00:00:00Z"},
        {"at": "2026-01-01T00:00:00"},
        {"location": {"lon": "x", "lat": 1}},
        {"crs": "mars"},
        {"emergency": "yes"},
    ],
)
def test_wrong_types(fields: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Asking.model_validate(fields)


def test_the_text_is_listened_to_unless_it_is_said() -> None:
    gas = Asking(concern="AQ-02.gas", content="楼道里闻到煤气味")
    assert understand(zhenru(), gas).matter.emergency
    assert not understand(zhenru(), gas.model_copy(update={"emergency": False})).matter.emergency


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("共享单车乱停，堵住路口", "CS-01.bikes"),
        ("楼道里飞线充电，堵住了消防通道", "GL-01.escape_route"),
        ("请问社保卡怎么办", "OTHER"),
        ("。", "OTHER"),
    ],
)
def test_words_choose_a_concern(text: str, code: str) -> None:
    matter = understand(zhenru(), Asking(content=text)).matter
    assert (matter.sub_concern or matter.concern) == code


def test_a_concern_that_was_given_gets_its_sub_from_the_words() -> None:
    assert understand(zhenru(), Asking(concern="GL-03", content="半夜装卸货物")).matter.sub_concern == "GL-03.unloading"
    assert understand(zhenru(), Asking(concern="GL-03.shop", content="半夜装卸货物")).matter.sub_concern == "GL-03.shop"


def test_a_fire_is_asked_about_as_it_would_be_routed() -> None:
    asked = Asking(content="小区楼道里电瓶车着火了,烟很大", lon=SHOP[0], lat=SHOP[1])
    assert understand(zhenru(), asked).matter.sub_concern == "GL-01.burning"
    assert understand(zhenru(), asked).matter.emergency
    assert not understand(zhenru(), Asking(content="楼道飞线充电,怕着火")).matter.emergency


def test_examples_say_what_came_instead() -> None:
    given = [
        {"matter": ORDER, "lead": "ZR-DUTY-5"},
        {"matter": ORDER, "lead": "ZR-POLICE", "name": "夜间卸货"},
        {"matter": {"concern": "CS-03.lamp", "lon": SHOP[0], "lat": SHOP[1]}, "lead": "OWN-LAMP", "assists": []},
        {"matter": {"concern": "GL-99"}, "lead": "ZR-OPS"},
    ]
    table = RuleTable(0, BUILT_IN.written, [Example.model_validate(one) for one in given])
    faults = [one.fault for one in try_examples(zhenru(), table, AT)]
    assert faults == [
        None,
        "示例2（夜间卸货）应由 ZR-POLICE 主办，得出的是真如责任网格5组（ZR-DUTY-5，规则 GL-03.shop），请改规则或改示例。",
        "示例3的协办应是 没有，得出的是 ZR-DUTY-5、ZR-C13（规则 CS-03.lamp），请改规则或改示例。",
        "示例4读不懂：没有“GL-99”这个事项，请对照城市方案填写编码。",
    ]


def test_a_simulation_tells_what_changes() -> None:
    moved = [
        row.model_copy(update={"lead": ("grid:police",)}) if row.id == "GL-03.shop" else row for row in BUILT_IN.written
    ]
    askings = [
        Asking.model_validate(ORDER),
        Asking(concern="GL-99"),
        Asking(concern="FW-03", at=AT + timedelta(days=1)),
    ]
    outcomes = simulate(zhenru(), RuleTable(0, moved), BUILT_IN, askings, AT)
    items = [as_item(zhenru(), place, outcome) for place, outcome in enumerate(outcomes)]
    assert items[1] == {"index": 1, "problem": "没有“GL-99”这个事项，请对照城市方案填写编码"}
    assert (items[0]["lead_name"], items[0]["before"]["lead"]) == ("真如警务责任区4组", "ZR-DUTY-5")
    assert summary(items) == {
        "orders": 3,
        "unreadable": 1,
        "changed": 1,
        "fallback": 1,
        "leads": {"ZR-POLICE-4": 1, "ZR-OPS": 1},
        "rules": {"GL-03.shop": 1, "FW-03": 1},
    }
