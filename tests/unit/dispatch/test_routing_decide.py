"""How a decision comes about: conditions, targets in order, the street that holds what nobody takes."""

import re
from dataclasses import replace
from datetime import datetime
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.dispatch.domain.routing.decide import HELD, decide, decide_many
from services.dispatch.domain.routing.matter import Matter
from services.dispatch.domain.routing.row import Row, When
from services.dispatch.domain.routing.table import BUILT_IN, RuleTable
from services.fabric.calendar import SHANGHAI
from services.fabric.model import Unit
from services.fabric.resolve import resolve
from services.fabric.snapshot import Fabric, build
from tests.harness.zhenru import AT, OVERLAYS, SHOP, editions, places, profile, published, units, zhenru

NOISE = Matter("GL-03", "GL-03.shop", lon=SHOP[0], lat=SHOP[1])


def _row(row_id: str = "r", lead: tuple[str, ...] = ("unit:ZR-SAFETY",), priority: int = 100, **when: object) -> Row:
    return Row(id=row_id, priority=priority, when=When.model_validate(when), lead=lead)


def _taken(matter: Matter, when: dict[str, object], at: datetime = AT) -> bool:
    row = Row(id="r", when=When.model_validate(when), lead=("unit:ZR-SAFETY",))
    return decide(zhenru(), RuleTable(7, [row]), matter, at).rule == "r"


def test_the_first_by_priority_decides_and_the_next_are_told() -> None:
    table = RuleTable(
        7, [_row("late"), _row("early", ("unit:ZR-HOUSING",), 10), _row("later", ("unit:ZR-PARTY",), 200)]
    )
    came = decide(zhenru(), table, NOISE, AT)
    assert (came.rule, came.version, came.lead) == ("early", 7, "ZR-HOUSING")
    assert [(other.rule, other.lead) for other in came.alternatives] == [("late", "ZR-SAFETY"), ("later", "ZR-PARTY")]
    assert all(other.reason.endswith("主办。") for other in came.alternatives)


@pytest.mark.parametrize(
    ("when", "fits", "not_fitting"),
    [
        ({"concern": ["GL-03"]}, NOISE, replace(NOISE, concern="CS-02", sub_concern=None)),
        ({"sub": ["GL-03.shop"]}, NOISE, replace(NOISE, sub_concern="GL-03.fumes")),
        ({"category": ["GL"]}, NOISE, replace(NOISE, concern="AQ-03", sub_concern=None)),
        ({"channel": ["alarm_110"]}, replace(NOISE, channel="alarm_110"), NOISE),
        ({"kind": ["report", "dispute"]}, replace(NOISE, kind="report"), replace(NOISE, kind="consult")),
        ({"zone": ["campus"]}, replace(NOISE, zone="campus"), replace(NOISE, zone="block")),
        ({"level": ["community"]}, replace(NOISE, level="community"), NOISE),
        ({"grid": ["comprehensive:G4"]}, NOISE, replace(NOISE, lon=121.3955, lat=31.2595)),
        ({"unit": ["ZR-POLICE-4"]}, NOISE, replace(NOISE, lon=121.3955, lat=31.2595)),
        ({"unit": ["PROP-2"]}, NOISE, replace(NOISE, lon=None, lat=None)),
        ({"owner": ["power"]}, replace(NOISE, owner="power"), NOISE),
        ({"owner": ["property"]}, NOISE, replace(NOISE, lon=None, lat=None)),
        ({"emergency": True}, replace(NOISE, emergency=True), NOISE),
        ({"emergency": False}, NOISE, replace(NOISE, emergency=True)),
        ({"words": ["卸货", "叉车"]}, replace(NOISE, text="叉车声"), replace(NOISE, text="音响声")),
        ({"unless": ["卸货"]}, replace(NOISE, text="音响声"), replace(NOISE, text="夜里卸货")),
    ],
)
def test_each_condition(when: dict[str, object], fits: Matter, not_fitting: Matter) -> None:
    assert _taken(fits, when)
    assert not _taken(not_fitting, when)


@pytest.mark.parametrize(
    ("hours", "clock", "taken"),
    [
        ("22:00-06:00", "23:30", True),
        ("22:00-06:00", "05:59", True),
        ("22:00-06:00", "06:00", False),
        ("22:00-06:00", "21:59", False),
        ("09:00-17:00", "09:00", True),
        ("09:00-17:00", "17:00", False),
        ("00:00-00:00", "13:00", True),
    ],
)
def test_hours_are_shanghais_and_go_past_midnight(hours: str, clock: str, taken: bool) -> None:
    at = datetime.combine(AT.date(), datetime.strptime(clock, "%H:%M").time(), SHANGHAI)  # noqa: DTZ007
    assert _taken(NOISE, {"hours": hours}, at) is taken


def test_conditions_are_said_in_the_reason() -> None:
    row = _row(channel=["alarm_110"], hours="08:00-20:00", words=["卸货"], grid=["comprehensive:G4"])
    matter = replace(NOISE, channel="alarm_110", text="半夜卸货")
    reason = decide(zhenru(), RuleTable(7, [row]), matter, AT).reason
    for said in (
        "来自110 非警务警情分流",
        "时间在 08:00-20:00 之间",
        "说到“卸货”",
        "comprehensive:G4",
        "真如街道平安办主办",
    ):
        assert said in reason


def test_the_first_target_that_exists_leads() -> None:
    came = decide(zhenru(), RuleTable(7, [_row(lead=("grid:zone", "unit:GONE", "grid:police"))]), NOISE, AT)
    assert (came.lead, came.found_by, came.fallback) == ("ZR-POLICE-4", "grid:police", False)
    assert "顺次由所在警务责任区的单位真如警务责任区4组主办" in came.reason


def test_the_street_holds_what_nobody_of_the_row_can_take() -> None:
    came = decide(zhenru(), BUILT_IN, Matter("FW-03", "FW-03.elderly"), AT)
    assert (came.lead, came.fallback, came.rule) == ("ZR-OPS", True, "FW-03")
    assert "街道托底" in came.reason
    listed = decide(zhenru(), RuleTable(7, [_row(lead=("unit:GONE", "operation"))]), NOISE, AT)
    assert (listed.lead, listed.fallback) == ("ZR-OPS", True)
    meant = decide(zhenru(), BUILT_IN, Matter("OTHER"), AT)
    assert (meant.lead, meant.fallback) == ("ZR-OPS", False)


def test_no_row_at_all() -> None:
    came = decide(zhenru(), RuleTable(7, [_row(concern=["CS-01"])]), NOISE, AT)
    assert (came.rule, came.lead, came.fallback, came.assists) == (HELD, "ZR-OPS", True, ())
    assert came.reason == "没有规则接住“噪声与油烟扰民·商铺营业噪声”，由街道托底，真如镇街道城运中心主办。"


def test_assists_leave_out_the_lead_and_doubles_and_keep_their_order() -> None:
    row = Row(
        id="r",
        lead=("grid:police",),
        assists=("role:housing", "grid:police", "unit:GONE|role:law", "unit:ZR-HOUSING", "grid:zone", "role:safety"),
    )
    assert decide(zhenru(), RuleTable(7, [row]), NOISE, AT).assists == ("ZR-HOUSING", "ZR-LAW", "ZR-SAFETY")


def test_results_of_a_row_go_before_the_profiles() -> None:
    row = Row.model_validate(
        {"id": "r", "lead": ["grid:duty"], "class": "hard", "level": "district", "clocks": "easy", "whistle": "daily"}
    )
    came = decide(zhenru(), RuleTable(7, [row]), NOISE, AT)
    assert (came.case_class, came.level, came.clocks, came.whistle) == ("hard", "district", "easy", "daily")


def test_an_emergency_is_one_whatever_the_row_says() -> None:
    row = Row.model_validate({"id": "r", "lead": ["grid:duty"], "class": "easy", "clocks": "easy"})
    came = decide(zhenru(), RuleTable(7, [row]), replace(NOISE, emergency=True), AT)
    assert (came.case_class, came.clocks) == ("emergency", "emergency")
    by_sub = decide(zhenru(), RuleTable(7, [row]), Matter("AQ-02", "AQ-02.burning"), AT)
    assert by_sub.case_class == "emergency"


def test_a_fear_that_intake_has_heard_as_a_fear_is_no_emergency() -> None:
    matter = Matter("AQ-02", "AQ-02.hazard_home", text="楼道堆满纸板，怕着火了没人管", lon=SHOP[0], lat=SHOP[1])
    assert decide(zhenru(), BUILT_IN, matter, AT).case_class == "key"


@pytest.mark.parametrize(
    ("matter", "rule"),
    [
        (Matter("GL-03.fumes"), "GL-03.shop"),
        (Matter("GL-03"), "GL-03.shop"),
        (Matter("XX-99", "XX-99.unheard"), "OTHER"),
        (Matter("GL-03", "GL-03.unheard"), "GL-03.shop"),
    ],
)
def test_codes_are_taken_in_the_profiles_terms(matter: Matter, rule: str) -> None:
    assert decide(zhenru(), BUILT_IN, matter, AT).rule == rule


def test_without_a_position_the_grids_of_intake_count() -> None:
    grids = {code: hit.grid for code, hit in resolve(zhenru(), *SHOP, AT).overlays.items() if hit.grid}
    by_codes = decide(zhenru(), BUILT_IN, replace(NOISE, lon=None, lat=None, grids=grids), AT)
    by_point = decide(zhenru(), BUILT_IN, replace(NOISE, grids={"duty": "DU1"}), AT)
    assert (by_codes.lead, by_codes.assists) == (by_point.lead, by_point.assists)
    gone = decide(zhenru(), BUILT_IN, replace(NOISE, lon=None, lat=None, grids={"duty": "NO-SUCH"}), AT)
    assert gone.lead == "ZR-DUTY"


def test_on_an_edge_and_just_outside_somebody_still_leads() -> None:
    ground = next(e for e in editions("duty") if e.code == "DU1").geometry
    lon, lat = ground.exterior.coords[0]
    assert decide(zhenru(), BUILT_IN, replace(NOISE, lon=lon, lat=lat), AT).found_by == "grid:duty"
    west = min(ground.exterior.coords)
    beside = replace(NOISE, lon=west[0] - 0.0002, lat=west[1])
    assert decide(zhenru(), BUILT_IN, beside, AT).found_by == "grid:duty"


def _with_units(*known: Unit) -> Fabric:
    return build(published({name: editions(name) for name in OVERLAYS}, 1, known, places()))


def test_a_property_company_by_its_relation() -> None:
    """Where no grid names it: the company that belongs to the community here."""
    kept = [unit for unit in units() if unit.kind != "property"]
    fabric = _with_units(*kept, Unit("WY", "某物业", "community", parent="ZR-C13", kind="property"))
    assert decide(fabric, BUILT_IN, replace(NOISE, concern="FW-02", sub_concern=None), AT).lead == "WY"
    without = _with_units(*kept)
    came = decide(without, BUILT_IN, replace(NOISE, concern="FW-02", sub_concern=None), AT)
    assert (came.lead, came.found_by, came.fallback) == ("ZR-C13", "grid:community", False)


def test_a_fabric_without_units_still_gets_an_answer() -> None:
    came = decide(_with_units(), BUILT_IN, Matter("OTHER"), AT)
    assert came.lead == "operation"
    assert decide(_with_units(), BUILT_IN, NOISE, AT).lead == "ZR-DUTY-5"


SUBS = [(concern.code, sub) for concern in profile().concerns for sub in [*(s.code for s in concern.subs), None]]


@given(
    st.sampled_from(SUBS),
    st.sampled_from([None, "community", "block", "campus"]),
    st.floats(121.38, 121.425),
    st.floats(31.235, 31.265),
    st.booleans(),
)
def test_whatever_it_is_somebody_who_exists_leads(
    kind: tuple[str, str | None], zone: str | None, lon: float, lat: float, emergency: bool
) -> None:
    concern, sub = kind
    came = decide(zhenru(), BUILT_IN, Matter(concern, sub, zone=zone, lon=lon, lat=lat, emergency=emergency), AT)
    known = zhenru().units
    assert came.lead in known
    assert all(assist in known for assist in came.assists)
    assert came.lead not in came.assists
    assert len(set(came.assists)) == len(came.assists)
    assert re.search("主办(（.+）)?。$", came.reason)  # with the component, where one decided
    assert profile().rank(came.level) >= 0
    if resolve(zhenru(), lon, lat, AT).unit_of("community"):
        assert not came.fallback
    if came.fallback:
        assert came.lead == "ZR-OPS"


def test_a_batch_is_decided_as_one_by_one() -> None:
    matters = [replace(NOISE, concern=concern, sub_concern=sub) for concern, sub in SUBS]
    assert decide_many(zhenru(), BUILT_IN, matters, AT) == [decide(zhenru(), BUILT_IN, one, AT) for one in matters]
    assert decide_many(zhenru(), BUILT_IN, [], AT) == []


def test_two_thousand_rows_cost_next_to_nothing() -> None:
    """Of the processor's time, and loosely: beside other work it is slower, too."""
    subs = [sub for _, sub in SUBS if sub]
    rows = [_row(f"r{n}", priority=n, sub=[subs[n % len(subs)]], words=[f"词{n}"]) for n in range(2000)]
    table = RuleTable(7, [*rows, *(row.model_copy(update={"priority": 9999}) for row in BUILT_IN.written)])
    matters = [replace(NOISE, text="兰溪路生鲜店每晚十一点后卸货，噪声很大")] * 500
    decide_many(zhenru(), table, matters, AT)
    since = process_time()
    decide_many(zhenru(), table, matters, AT)
    assert (process_time() - since) / len(matters) < 0.001
