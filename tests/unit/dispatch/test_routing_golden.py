"""The district's default table over the Zhenru ground: for every sub-concern at every place, who leads and who assists."""

import pytest

from services.dispatch.domain.routing.decide import decide
from services.dispatch.domain.routing.matter import Matter
from services.dispatch.domain.routing.table import BUILT_IN
from services.fabric.resolve import resolve
from tests.harness.zhenru import AT, SHOP, profile, zhenru

# Places of the gazetteer, one on each of several grounds.
PLACES = {
    "兰溪路生鲜店": SHOP,
    "西北角居民区": (121.3955, 31.2595),
    "东边": (121.4120, 31.2520),
}
ESTATE = "estate"

# Sub-concern → lead, assists. `x@` is the unit of the place's grid of that overlay, `estate` its property company.
GOLDEN: dict[str, tuple[str, list[str]]] = {
    "CS-01.carriageway": ("QP-TRAFFIC", ["community@", "duty@"]),
    "CS-01.pavement": ("duty@", ["community@"]),
    "CS-01.bikes": ("duty@", ["community@"]),
    "CS-01.estate": (ESTATE, ["community@", "duty@"]),
    "CS-02.stall": ("duty@", ["market@", "ZR-CITYLOOK"]),
    "CS-02.shopfront": ("duty@", ["market@", "ZR-CITYLOOK"]),
    "CS-02.goods": ("duty@", ["market@", "ZR-CITYLOOK"]),
    "CS-03.power": ("OWN-POWER", ["duty@", "community@"]),
    "CS-03.lamp": ("OWN-LAMP", ["duty@", "community@"]),
    "CS-03.gas": ("OWN-GAS", ["duty@", "community@"]),
    "CS-03.water": ("OWN-SUPPLY", ["duty@", "community@"]),
    "CS-03.telecom": ("OWN-TELECOM", ["duty@", "community@"]),
    "CS-03.municipal": ("OWN-MUNICIPAL", ["duty@", "community@"]),
    "CS-03.unknown": ("ZR-OPS", ["duty@", "community@"]),
    "GL-01.plain": ("duty@", [ESTATE, "community@", "fire@"]),
    "GL-01.escape_route": ("police@", [ESTATE, "community@", "fire@"]),
    "GL-01.burning": ("fire@", [ESTATE, "community@"]),
    "GL-02.building": ("duty@", [ESTATE, "community@", "QP-GREEN"]),
    "GL-02.green": ("duty@", [ESTATE, "community@", "QP-GREEN"]),
    "GL-02.structure": ("duty@", [ESTATE, "community@", "QP-GREEN"]),
    "GL-03.shop": ("duty@", ["police@", "market@", "ZR-CITYLOOK", "community@", ESTATE]),
    "GL-03.unloading": ("duty@", ["police@", "market@", "ZR-CITYLOOK", "community@", ESTATE]),
    "GL-03.fumes": ("duty@", ["police@", "market@", "ZR-CITYLOOK", "community@", ESTATE]),
    "GL-03.night_building": ("duty@", ["police@", "market@", "ZR-CITYLOOK", "community@", ESTATE]),
    "GL-03.people": ("police@", ["ZR-CITYLOOK", "community@", ESTATE]),
    "GL-03.dancing": ("police@", ["ZR-CITYLOOK", "community@", ESTATE]),
    "GL-03.neighbours": ("police@", ["community@", ESTATE]),
    "GL-03.equipment": ("QP-ECO", ["duty@", "market@", "community@", ESTATE]),
    "FW-01.plain": ("market@", ["duty@"]),
    "FW-01.ill": ("market@", ["duty@", "QP-HEALTH"]),
    "FW-01.consumer": ("market@", ["duty@"]),
    "FW-02.property": (ESTATE, ["ZR-HOUSING", "community@"]),
    "FW-02.none": ("community@", ["ZR-HOUSING"]),
    "FW-03.elderly": ("community@", ["party@", "volunteers"]),
    "FW-03.children": ("community@", ["party@", "volunteers"]),
    "FW-03.errand": ("community@", ["party@", "volunteers"]),
    "AQ-01.plain": ("police@", ["community@", "volunteers", "comprehensive@"]),
    "AQ-01.found": ("police@", ["community@", "volunteers", "comprehensive@"]),
    "AQ-02.gas": ("OWN-GAS", ["fire@", "ZR-HOUSING", "community@"]),
    "AQ-02.loose": (ESTATE, ["fire@", "ZR-HOUSING", "community@"]),
    "AQ-02.throwing": ("police@", ["fire@", "ZR-HOUSING", "community@"]),
    "AQ-02.hazard_home": ("police@", ["fire@", "ZR-HOUSING", "community@"]),
    "AQ-02.hazard_key_unit": ("fire@", ["ZR-HOUSING", "community@"]),
    "AQ-02.hazard_other": ("ZR-SAFETY", ["fire@", "ZR-HOUSING", "community@"]),
    "AQ-02.burning": ("fire@", ["ZR-HOUSING", "community@"]),
    "AQ-03.plain": ("mediation@", ["police@", "community@", "ZR-LAW"]),
    "AQ-03.violent": ("police@", ["mediation@", "community@"]),
    "OTHER": ("ZR-OPS", []),
}


def _meant(word: str, place: tuple[float, float]) -> str:
    found = resolve(zhenru(), *place, AT)
    if word == ESTATE:
        community = zhenru().grid("community", found.grid_of("community") or "", AT)
        assert community is not None
        return str(community.properties["property"])
    if word == "volunteers":
        return f"{found.unit_of('comprehensive')}-VOL"
    return (found.unit_of(word[:-1]) or "") if word.endswith("@") else word


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("sub", GOLDEN)
def test_every_sub_concern_at_every_place(sub: str, place: str) -> None:
    lon, lat = PLACES[place]
    lead, assists = GOLDEN[sub]
    came = decide(zhenru(), BUILT_IN, Matter(sub.split(".")[0], sub, lon=lon, lat=lat), AT)
    assert came.lead == _meant(lead, PLACES[place])
    assert list(came.assists) == [_meant(assist, PLACES[place]) for assist in assists]
    assert came.fallback is False
    assert came.reason.startswith(f"按规则 {came.rule}：事项是{profile().concern_name(sub)}")
    assert came.ground
    assert came.version == BUILT_IN.version
    assert came.case_class == profile().concern(sub).class_for(sub)


def test_the_golden_table_leaves_nothing_out() -> None:
    subs = {sub.code for concern in profile().concerns for sub in concern.subs}
    assert {*subs, "OTHER"} == set(GOLDEN)


def test_the_noise_at_the_shop() -> None:
    """The story of the field: one noisy shop, five desks. Now one leads and four help, all of this very place."""
    came = decide(zhenru(), BUILT_IN, Matter("GL-03", "GL-03.shop", lon=SHOP[0], lat=SHOP[1]), AT)
    assert came.lead == "ZR-DUTY-5"
    assert came.assists == ("ZR-POLICE-4", "ZR-MARKET-1", "ZR-CITYLOOK", "ZR-C13", "PROP-2")
    assert (came.case_class, came.level) == ("key", "street")


def test_bikes_inside_the_wall_are_the_property_companys() -> None:
    came = decide(zhenru(), BUILT_IN, Matter("CS-01", "CS-01.bikes", zone="community", lon=SHOP[0], lat=SHOP[1]), AT)
    assert came.lead == "PROP-2"
    assert came.rule == "CS-01.inside"
    assert [(other.rule, other.lead) for other in came.alternatives] == [("CS-01.pavement", "ZR-DUTY-5")]
    assert "地点属于社区" in came.reason


@pytest.mark.parametrize(("sub", "level"), [("FW-03.elderly", "community"), ("CS-01.carriageway", "district")])
def test_the_level_is_the_leads_own(sub: str, level: str) -> None:
    came = decide(zhenru(), BUILT_IN, Matter(sub.split(".")[0], sub, lon=SHOP[0], lat=SHOP[1]), AT)
    assert came.level == level
