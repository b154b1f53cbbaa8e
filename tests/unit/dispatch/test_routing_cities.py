"""The same matter on the same ground in four cities: who leads, by which clocks, and how it climbs."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from services.dispatch.domain.climbing import above
from services.dispatch.domain.routing.check import check
from services.dispatch.domain.routing.decide import Decision, decide
from services.dispatch.domain.routing.matter import Matter
from services.dispatch.domain.routing.table import BadTable, built_in, read_table
from services.dispatch.models import Case
from services.dispatch.usecases.opening import open_cases
from services.dispatch.usecases.recording import Record
from services.dispatch.usecases.work import Work
from services.fabric.calendar import SHANGHAI
from services.kit.contracts.orders import OrderAccepted
from services.kit.contracts.registry import body_of
from tests.harness.cities import CITIES, city
from tests.harness.zhenru import AT, SHOP
from tests.integration.dispatch.story import Order


def decided(name: str, sub: str) -> Decision:
    concern = sub.split(".")[0]
    matter = Matter(concern=concern, sub_concern=sub if "." in sub else None, lon=SHOP[0], lat=SHOP[1])
    return decide(city(name), built_in(name), matter, AT)


def opened(name: str, at: datetime = AT) -> Case:
    body = body_of(Order("ord_1", at).accepted())
    assert isinstance(body, OrderAccepted)
    [case] = open_cases(Work(Record(at), city(name), at, b"secret"), built_in(name), {"case_1": body})
    return case


@pytest.mark.parametrize("name", CITIES)
def test_each_citys_table_is_sound_on_its_own_profile(name: str) -> None:
    assert check(built_in(name), city(name)) == []
    assert built_in(name).note == ""


def test_only_zhenru_cites_shanghais_law() -> None:
    cited = {name: sum("上海" in row.ground for row in built_in(name).rows) for name in (*CITIES, "national")}
    assert cited.pop("zhenru") > 5
    assert set(cited.values()) == {0}
    assert any("北京市" in row.ground for row in built_in("beijing").rows)


def test_a_city_without_a_table_says_whose_it_takes() -> None:
    table = built_in("atlantis")
    assert table.note == "城市方案 atlantis 没有自己的派单规则，先用软件带的 national 规则；请核对后发布自己的规则表"
    assert [row.id for row in table.rows] == [row.id for row in built_in("national").rows]


def test_a_quarrel_is_first_the_communitys_where_the_city_says_so() -> None:
    led = {name: decided(name, "AQ-03.plain").lead for name in CITIES}
    assert led["zhenru"].startswith("ZR-MEDIATION-")
    assert led["beijing"] == led["zhenru"]
    assert led["jinan"] == led["dexinyuan"] == "ZR-C13"
    assert {name: decided(name, "AQ-03.violent").lead[:9] for name in CITIES} == dict.fromkeys(CITIES, "ZR-POLICE")


def test_levels_are_rungs_of_the_citys_own_ladder() -> None:
    for name in CITIES:
        rungs = {level.code for level in city(name).profile.ladder}
        for row in built_in(name).rows:
            for sub in row.when.sub or row.when.concern:
                assert decided(name, sub).level in rungs, (name, sub)


def test_the_same_order_runs_by_the_citys_clocks() -> None:
    due = {name: {clock.kind: clock.due.astimezone(SHANGHAI) - AT for clock in opened(name).clocks} for name in CITIES}
    assert due["zhenru"]["sign"] == timedelta(hours=2)
    assert due["zhenru"]["resolve"] == timedelta(days=7), "five working days with a weekend between"
    assert due["beijing"]["sign"] == timedelta(hours=2)
    assert due["beijing"]["contact"] == timedelta(hours=24)
    assert due["beijing"]["resolve"] == timedelta(days=7)
    assert due["jinan"] == due["dexinyuan"] == due["zhenru"], "of a key case their texts say nothing"
    saturday = datetime(2026, 11, 28, 10, 0, tzinfo=SHANGHAI)
    signed = {name: next(c.due for c in opened(name, saturday).clocks if c.kind == "sign") for name in CITIES}
    assert signed["beijing"] == saturday + timedelta(hours=2)
    assert signed["zhenru"] == signed["jinan"] == datetime(2026, 11, 30, 11, 0, tzinfo=SHANGHAI)


WAYS = {
    "zhenru": [("ZR-G4", "comprehensive"), ("ZR-OPS", "street"), ("QP", "district")],
    "beijing": [("ZR-OPS", "street"), ("QP", "district")],
    "jinan": [("ZR-OPS", "street"), ("QP", "district")],
    "dexinyuan": [("ZR-OPS", "street"), ("QP", "district")],
}


@pytest.mark.parametrize("name", CITIES)
def test_the_same_case_climbs_the_citys_ladder(name: str) -> None:
    case = opened(name)
    case = replace(case, lead="ZR-C13", level="community")
    way = []
    while (rung := above(city(name), case, AT)) is not None:
        way.append((rung.unit, rung.level))
        case = replace(case, lead=rung.unit, level=rung.level)
    assert way == WAYS[name]


def test_a_table_of_ones_own_on_a_shipped_one() -> None:
    own = b'extends = "jinan"\nremove = ["rows/GL-02.green"]\n[[rows]]\nid = "FW-03"\nlead = ["grid:party"]\n'
    table = read_table(own, "mine.toml")
    row = table.row("FW-03")
    assert row is not None
    assert row.lead == ("grid:party",)
    assert len(table) == len(built_in("jinan")) - 1
    with pytest.raises(BadTable, match="remove 里的 rows/GL-99 在 jinan 里没有"):
        read_table(b'extends = "jinan"\nremove = ["rows/GL-99"]', "mine.toml")
