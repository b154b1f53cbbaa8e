"""权属: whose the thing is, which company has the estate, inside or outside a wall."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from functools import cache
from typing import Any

import pytest

from services.dispatch.domain.routing.asking import Asking
from services.dispatch.domain.routing.check import check
from services.dispatch.domain.routing.decide import Decision, decide
from services.dispatch.domain.routing.matter import Matter
from services.dispatch.domain.routing.row import Row, When
from services.dispatch.domain.routing.shadow import entails
from services.dispatch.domain.routing.table import BUILT_IN, RuleTable
from services.dispatch.domain.routing.trial import Outcome, simulate
from services.fabric.components import Component
from services.fabric.model import GazetteerEntry, GridEdition, Unit
from services.fabric.snapshot import Fabric, build
from tests.harness.zhenru import AT, OVERLAYS, SHOP, editions, published, units

LON, LAT = SHOP
EAST = 1 / 95_200  # degrees of longitude to a metre, here
BROKEN = Matter("CS-03", "CS-03.lamp", text="路灯不亮，晚上漆黑", lon=LON, lat=LAT)
UNCLEAR = Matter("CS-03", "CS-03.unknown", text="街边的东西坏了没人修", lon=LON, lat=LAT)


def fabric(
    components: Sequence[Component] = (),
    estates: Sequence[GazetteerEntry] = (),
    more: Sequence[Unit] = (),
    layers: dict[str, tuple[GridEdition, ...]] | None = None,
) -> Fabric:
    ground = {name: editions(name) for name in OVERLAYS} | (layers or {})
    return build(published(ground, 1, [*units(), *more], estates, components))


def lamp(code: str, metres: float, owner: str | None, kind: str = "lamp", **more: Any) -> Component:
    return Component(code, kind, LON + metres * EAST, LAT, owner, **more)


def built_in(matter: Matter, *components: Component) -> Decision:
    return decide(fabric(components), BUILT_IN, matter, AT)


def test_a_broken_lamp_near_two_poles_goes_to_the_owner_of_the_nearest() -> None:
    came = built_in(BROKEN, lamp("LX-1", -4, "PROP-3"), lamp("LX-2", 9, "OWN-LAMP"))
    assert (came.lead, came.found_by, came.fallback) == ("PROP-3", "owner:lamp", False)
    assert "最近的路灯 LX-1，距 4 米，权属归它" in came.reason
    thing = came.inputs["thing"]
    assert (thing["component"]["code"], thing["component"]["metres"], thing["owner"]) == ("LX-1", 4.0, "PROP-3")
    other = built_in(replace(BROKEN, lon=LON + 6 * EAST), lamp("LX-1", -4, "PROP-3"), lamp("LX-2", 9, "OWN-LAMP"))
    assert (other.lead, other.inputs["thing"]["component"]["code"]) == ("OWN-LAMP", "LX-2")


@pytest.mark.parametrize(
    ("components", "lead"),
    [
        ([], "OWN-LAMP"),
        ([lamp("FAR", 31, "PROP-3")], "OWN-LAMP"),
        ([lamp("NEAR", 29, "PROP-3")], "PROP-3"),
        ([lamp("GONE", 3, "PROP-3", state="removed")], "OWN-LAMP"),
        ([lamp("LOST", 3, "PROP-3", state="missing")], "PROP-3"),
        ([lamp("OVER", 3, "PROP-3", valid_to=AT)], "OWN-LAMP"),
        ([lamp("COMING", 3, "PROP-3", valid_from=AT + timedelta(seconds=1))], "OWN-LAMP"),
        ([lamp("STRANGE", 3, "NO-SUCH-UNIT")], "OWN-LAMP"),
        ([lamp("TREE", 3, "PROP-3", kind="tree")], "OWN-LAMP"),
        ([lamp("COVER", 3, "PROP-3", kind="manhole.lamp")], "OWN-LAMP"),
    ],
)
def test_what_counts_as_the_thing(components: list[Component], lead: str) -> None:
    assert built_in(BROKEN, *components).lead == lead


def test_by_words_where_no_component_is_near() -> None:
    came = built_in(replace(UNCLEAR, text="箱子歪了，上面写着供电两个字"))
    assert (came.lead, came.found_by) == ("OWN-POWER", "owner")
    assert "来文说到“供电”" in came.reason
    named = built_in(replace(UNCLEAR, text="供水的人说这箱子是市北燃气真如站的"))
    assert (named.lead, named.inputs["thing"]["by"]) == ("OWN-GAS", "words")


def test_who_said_whose_it_is_goes_before_the_inventory() -> None:
    bench = lamp("B-1", 3, "PROP-3", kind="bench")
    assert built_in(replace(UNCLEAR, text="座椅坏了"), bench).lead == "PROP-3"
    assert built_in(replace(UNCLEAR, text="座椅坏了", owner="municipal"), bench).lead == "OWN-MUNICIPAL"


def test_unknown_is_held_by_the_operation_centre() -> None:
    came = built_in(UNCLEAR)
    assert (came.lead, came.rule, came.fallback) == ("ZR-OPS", "CS-03.unknown", False)
    ownerless = built_in(replace(UNCLEAR, text="座椅坏了"), lamp("B-9", 3, None, kind="bench"))
    assert ownerless.lead == "ZR-OPS"
    assert "最近的街头座椅 B-9，距 3 米，没有登记权属单位" in ownerless.reason


def test_the_nearest_without_an_owner_is_not_passed_over() -> None:
    came = built_in(
        replace(UNCLEAR, text="座椅坏了"), lamp("B-1", 2, None, kind="bench"), lamp("B-2", 5, "PROP-3", kind="bench")
    )
    assert came.lead == "ZR-OPS"


def test_the_text_singles_out_among_the_kinds_of_the_sub_concern() -> None:
    road = Matter("CS-03", "CS-03.municipal", text="", lon=LON, lat=LAT)
    things = (lamp("R-1", 2, "PROP-1", kind="rail"), lamp("M-1", 8, "OWN-POWER", kind="manhole.power"))
    assert built_in(replace(road, text="护栏歪了"), *things).lead == "PROP-1"
    assert built_in(replace(road, text="窨井盖响"), *things).lead == "OWN-POWER"
    assert built_in(replace(road, text="坏了"), *things).lead == "PROP-1"
    assert built_in(replace(road, text="雨水井盖响"), *things).lead == "OWN-MUNICIPAL"


def test_without_a_position_the_inventory_is_not_asked() -> None:
    came = built_in(replace(BROKEN, lon=None, lat=None), lamp("LX-1", 1, "PROP-3"))
    assert (came.lead, came.inputs["thing"]) == ("OWN-LAMP", {"component": None, "owner": "OWN-LAMP", "by": "words"})


def test_rows_may_ask_for_the_thing() -> None:
    def taken(when: dict[str, object], *components: Component, matter: Matter = BROKEN) -> bool:
        row = Row(id="r", when=When.model_validate(when), lead=("unit:ZR-SAFETY",))
        return decide(fabric(components), RuleTable(7, [row]), matter, AT).rule == "r"

    near = lamp("LX-1", 3, "OWN-POWER")
    assert taken({"component": ["lamp"]}, near)
    assert not taken({"component": ["lamp"]})
    assert not taken({"component": ["manhole", "tree"]}, near)
    assert taken({"owner": ["power"]}, near)
    assert not taken({"owner": ["power"]}, lamp("LX-1", 3, "OWN-LAMP"))


def test_rows_may_ask_for_the_wall() -> None:
    def walled(wall: str | None) -> Fabric:
        told = {"wall": wall, "zone": "community"} if wall else {}
        ground = tuple(replace(one, properties={**one.properties, **told}) for one in editions("community"))
        return fabric(layers={"community": ground})

    rows = [
        Row(id="in", when=When(inside_wall=True), lead=("estate:property",)),
        Row(id="out", when=When(inside_wall=False), lead=("grid:duty",)),
        Row(id="unsaid", lead=("operation",)),
    ]
    came = [decide(walled(wall), RuleTable(7, rows), BROKEN, AT) for wall in ("in", "out", None)]
    assert [one.rule for one in came] == ["in", "out", "unsaid"]
    assert [one.inputs["inside_wall"] for one in came] == [True, False, None]
    assert "地点在围墙内" in came[0].reason
    assert "地点在围墙外" in came[1].reason


def test_a_table_that_asks_for_what_does_not_exist() -> None:
    row = Row(id="r", when=When(concern=("CS-03",), component=("ufo",)), lead=("owner",))
    faults = check(RuleTable(1, [row, *BUILT_IN.written]), fabric())
    assert [fault.pointer for fault in faults] == ["/rows/0/when/component"]
    sound = row.model_copy(update={"priority": 1, "when": When(concern=("CS-03",), component=("manhole",))})
    assert check(RuleTable(1, [sound, *BUILT_IN.written]), fabric()) == []


def test_what_follows_from_what() -> None:
    assert entails(When(component=("lamp",)), When(component=("lamp", "pole")))
    assert not entails(When(), When(component=("lamp",)))
    assert entails(When(inside_wall=True), When())
    assert not entails(When(inside_wall=True), When(inside_wall=False))


ESTATE = GazetteerEntry("兰溪公寓", "estate", LON, LAT, ("兰溪小区",), unit="PROP-5")
LEAK = Matter("FW-02", "FW-02.property", text="楼道灯坏了", lon=LON, lat=LAT)


@cache
def estates() -> Fabric:
    far = GazetteerEntry("远处花园", "estate", LON + 300 * EAST, LAT, unit="PROP-6")
    bare = GazetteerEntry("没有物业的公房", "estate", LON, LAT + 0.002, unit="ZR-C17")
    unsaid = GazetteerEntry("不知归谁的小区", "estate", LON, LAT + 0.003)
    return fabric(estates=[ESTATE, far, bare, unsaid])


@pytest.mark.parametrize(
    ("matter", "lead"),
    [
        (LEAK, "PROP-5"),
        (replace(LEAK, address="远处花园3号"), "PROP-6"),
        (replace(LEAK, text="远处花园的楼道灯坏了"), "PROP-6"),
        (replace(LEAK, address="兰溪小区", text="从远处花园看过来"), "PROP-5"),
        (replace(LEAK, lon=None, lat=None, address="远处花园"), "PROP-6"),
        (replace(LEAK, lon=LON + 0.01, address="兰溪公寓"), "grid"),  # a namesake far away is another estate
        (replace(LEAK, lon=LON - 101 * EAST), "grid"),
        (replace(LEAK, lon=LON - 99 * EAST), "PROP-5"),
        (replace(LEAK, lat=LAT + 0.002), "community"),
    ],
)
def test_the_property_company_of_an_estate(matter: Matter, lead: str) -> None:
    came = decide(estates(), BUILT_IN, matter, AT)
    of_grid = decide(fabric(), BUILT_IN, matter, AT)
    if lead == "grid":
        assert came.lead == of_grid.lead
    elif lead == "community":
        assert came.lead.startswith("ZR-C")
        assert came.found_by == "grid:community"
    else:
        assert (came.lead, came.found_by) == (lead, "estate:property")


def test_of_a_batch_each_gets_its_own() -> None:
    city = fabric([lamp("LX-1", 3, "PROP-3")])
    asked = [
        Asking(sub_concern="CS-03.lamp", content="路灯不亮", lon=LON, lat=LAT),
        Asking(sub_concern="CS-03.lamp", content="路灯不亮", lon=LON + 0.001, lat=LAT),
    ]
    came = simulate(city, BUILT_IN, BUILT_IN, asked, AT)
    assert [one.decision.lead for one in came if isinstance(one, Outcome)] == ["PROP-3", "OWN-LAMP"]
