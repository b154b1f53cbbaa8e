"""The routing table over HTTP: asked, tried, replaced by two at once, followed by every process."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from services.dispatch.domain.routing.table import BUILT_IN
from services.dispatch.main import build
from services.dispatch.settings import DispatchSettings
from services.dispatch.usecases.rules import RuleBook
from tests.harness.single import Single, single
from tests.harness.zhenru import SHOP
from tests.integration.dispatch.story import Order

ORDER = {
    "external_id": "SH12345-20261123-000123",
    "channel": "hotline_12345",
    "content": "兰溪路生鲜店每晚十一点后卸货,噪声很大",
    "reported_at": "2026-11-23T08:15:00+08:00",
    "location": {"lon": SHOP[0], "lat": SHOP[1], "crs": "wgs84"},
    "kind": "complaint",
    "concern": "GL-03",
}
EXAMPLE = {"matter": {"sub_concern": "GL-03.shop", "lon": SHOP[0], "lat": SHOP[1]}, "lead": "ZR-DUTY-5"}
RULES, EXPLAIN = "/dispatch/v1/rules", "/dispatch/v1/explain"


@pytest.fixture
async def house(database_url: str) -> AsyncIterator[Single]:
    async with single(build, DispatchSettings, database_url) as one:
        yield one


def _table(**changed: Any) -> dict[str, Any]:
    """The shipped rows, those of `changed` (id → fields) altered."""
    rows = [row.as_json() for row in BUILT_IN.written]
    return {"rows": [row | changed.get(row["id"], {}) for row in rows], "examples": []}


NIGHT = {
    "id": "night",
    "priority": 1,
    "when": {"sub": ["GL-03.unloading"], "hours": "22:00-06:00"},
    "lead": ["grid:police"],
}


async def test_explain(house: Single) -> None:
    source = await house.visitor("source", source="hotline")
    answer = await source.post(EXPLAIN, json=ORDER)
    assert answer.status_code == 200, answer.text
    said = answer.json()
    assert said["lead"] == "ZR-DUTY-5"
    assert said["assists"] == ["ZR-POLICE-4", "ZR-MARKET-1", "ZR-CITYLOOK", "ZR-C13", "PROP-2"]
    assert said["lead_name"] == "真如责任网格5组"
    assert (said["class"], said["level"], said["concern"], said["fallback"]) == ("key", "street", "GL-03", False)
    assert said["decision"] == {
        "rule": "GL-03.shop",
        "version": 1,
        "reason": "按规则 GL-03.shop：事项是噪声与油烟扰民·装卸货噪声，由所在责任网格的单位真如责任网格5组主办。",
        "ground": said["ground"],
        "alternatives": [],
        "fallback": False,
    }
    assert said["located"]["grids"]["duty"] == "DU5"
    assert said["concern_by"] == "given"


async def test_explain_needs_no_position_and_no_concern(house: Single) -> None:
    desk = await house.visitor("duty_desk")
    said = (await desk.post(EXPLAIN, json={"content": ORDER["content"]})).json()
    assert (said["lead"], said["sub_concern"], said["concern_by"]) == ("ZR-DUTY-5", "GL-03.unloading", "words")
    assert said["located"]["how"] == "content"
    held = (await desk.post(EXPLAIN, json={"concern": "FW-03"})).json()
    assert (held["lead"], held["fallback"]) == ("ZR-OPS", True)


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/concern"),
        ({"concern": "GL-99"}, "/concern"),
        ({"concern": "GL-03", "location": {"lon": SHOP[1], "lat": SHOP[0]}}, "/location"),
        ({"concern": "GL-03", "location": {"lon": "x", "lat": 1}}, "/location/lon"),
        ({"content": "x\x00"}, "/content"),
        ({"concern": "GL-03", "at": "0001-01-01T00:00:00Z"}, "/at"),
        ([], ""),
    ],
)
async def test_explain_of_what_cant_be_meant(house: Single, body: Any, pointer: str) -> None:
    answer = await (await house.visitor("duty_desk")).post(EXPLAIN, json=body)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["errors"][0]["pointer"] == pointer


async def test_the_shipped_table_is_in_force_at_first(house: Single) -> None:
    answer = await (await house.visitor("auditor")).get(RULES)
    assert answer.status_code == 200
    assert answer.headers["etag"] == '"1"'
    table = answer.json()
    assert (table["version"], table["rows"]) == (1, [row.as_json() for row in BUILT_IN.written])
    assert (await house.visitor.anonymous().get(RULES)).status_code == 401


async def test_what_is_read_may_be_sent_back_changed(house: Single) -> None:
    desk = await house.visitor("duty_desk")
    table = (await desk.get(RULES)).json()
    table["rows"].append(NIGHT)
    table["examples"].append(EXAMPLE)
    answer = await desk.put(RULES, json=table | {"note": "夜间卸货先由民警到场"}, headers={"If-Match": '"1"'})
    assert answer.status_code == 200, answer.text
    assert (answer.json()["version"], answer.headers["etag"]) == (2, '"2"')
    read = (await desk.get(RULES)).json()
    assert read == answer.json()
    assert (read["note"], read["examples"]) == ("夜间卸货先由民警到场", [EXAMPLE])
    night = ORDER | {"concern": None, "sub_concern": "GL-03.unloading", "at": "2026-11-23T23:30:00+08:00"}
    said = (await desk.post(EXPLAIN, json=night)).json()
    assert (said["lead"], said["rule"], said["version"]) == ("ZR-POLICE-4", "night", 2)
    assert [(other["rule"], other["lead"]) for other in said["alternatives"]] == [("GL-03.shop", "ZR-DUTY-5")]
    assert (await desk.get(RULES, params={"version": 1})).json()["version"] == 1
    assert (await desk.get(RULES, params={"version": 9})).status_code == 404
    assert (await desk.get(RULES, params={"version": 10**30})).status_code == 422


async def test_an_example_that_fails_says_what_came_instead(house: Single) -> None:
    desk = await house.visitor("duty_desk")
    changed = _table(**{"GL-03.shop": {"lead": ["grid:police"]}}) | {"examples": [EXAMPLE | {"name": "生鲜店"}]}
    answer = await desk.put(RULES, json=changed)
    assert answer.status_code == 422
    assert answer.json()["errors"] == [
        {
            "pointer": "/examples/0",
            "detail": "示例1（生鲜店）应由 ZR-DUTY-5 主办，得出的是真如警务责任区4组（ZR-POLICE-4，规则 GL-03.shop），请改规则或改示例。",
        }
    ]
    assert (await desk.get(RULES)).json()["version"] == 1


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/rows"),
        ({"rows": []}, "/rows"),
        ({"rows": [{"id": "a"}]}, "/rows/0/lead"),
        ({"rows": [{"id": "a", "lead": ["mars:1"]}]}, "/rows/0/lead/0"),
        ({"rows": [{"id": "a", "lead": ["grid:moon"]}]}, "/rows/0/lead/0"),
        ({"rows": [{"id": "a", "lead": ["operation"], "ground": "x\x00"}]}, "/rows/0/ground"),
        ({"rows": [{"id": "a", "lead": ["operation"]}]}, "/rows"),
        ({"rows": [{"id": "a", "lead": ["operation"], "priority": 10**30}]}, "/rows/0/priority"),
        ({"rows": [], "examples": [{"matter": {"content": "x\x00"}, "lead": "a"}]}, "/examples/0/matter/content"),
        ({"rows": "all"}, "/rows"),
        ({"rows": [], "more": 1}, "/more"),
    ],
)
async def test_tables_that_are_refused(house: Single, body: dict[str, Any], pointer: str) -> None:
    answer = await (await house.visitor("supervisor")).put(RULES, json=body)
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["pointer"] == pointer


async def test_who_may_change_it(house: Single) -> None:
    for role in ("department", "community", "auditor", "source", "grid_chief"):
        answer = await (await house.visitor(role, unit="ZR-POLICE" if role != "source" else None)).put(
            RULES, json=_table()
        )
        assert answer.status_code == 403
    assert (await (await house.visitor("admin")).put(RULES, json=_table())).status_code == 200


async def test_a_stale_change_and_one_that_names_no_version(house: Single) -> None:
    desk = await house.visitor("duty_desk")
    assert (await desk.put(RULES, json=_table(), headers={"If-Match": '"1"'})).status_code == 200
    stale = await desk.put(RULES, json=_table(), headers={"If-Match": '"1"'})
    assert (stale.status_code, stale.json()["version"]) == (412, 2)
    assert (await desk.put(RULES, json=_table(), headers={"If-Match": "x"})).status_code == 400
    assert (await desk.put(RULES, json=_table())).json()["version"] == 3


async def test_two_who_change_it_at_once(house: Single) -> None:
    """From the same version one wins; without a version both are kept, one after the other."""
    desk, district = await house.visitor("duty_desk"), await house.visitor("supervisor")
    both = [one.put(RULES, json=_table(), headers={"If-Match": '"1"'}) for one in (desk, district)]
    assert sorted(answer.status_code for answer in await asyncio.gather(*both)) == [200, 412]
    answers = await asyncio.gather(*(one.put(RULES, json=_table()) for one in (desk, district)))
    assert sorted(answer.json()["version"] for answer in answers) == [3, 4]


async def test_another_process_follows(house: Single) -> None:
    elsewhere = RuleBook("zhenru")
    async with house.service.db.reading() as tx:
        assert (await elsewhere.current(tx)).version == 1
    await (await house.visitor("duty_desk")).put(RULES, json=_table(**{"FW-03": {"title": "新的"}}))
    async with house.service.db.reading() as tx:
        table = await elsewhere.current(tx)
        assert table.version == 2
        assert await elsewhere.current(tx) is table
        assert (await elsewhere.at_version(tx, 1)).version == 1
    row = table.row("FW-03")
    assert row is not None
    assert row.title == "新的"


async def test_a_case_keeps_the_rule_by_which_it_was_routed(house: Single) -> None:
    """The table of its moment decides; the one after it changes nothing about it."""
    desk = await house.visitor("duty_desk")
    asked = (await desk.post(EXPLAIN, json=ORDER | {"sub_concern": "GL-03.shop"})).json()
    await house.publish(Order("ord_before").accepted())
    moved = _table(**{"GL-03.shop": {"lead": ["grid:police"], "title": "改由民警主办"}})
    assert (await desk.put(RULES, json=moved)).status_code == 200
    await house.publish(Order("ord_after").accepted())
    listed = (await desk.get("/dispatch/v1/cases")).json()["items"]
    cases = {case["orders"][0]: (await desk.get(f"/dispatch/v1/cases/{case['case_id']}")).json() for case in listed}
    before, after = cases["ord_before"], cases["ord_after"]
    assert (before["lead"], before["assists"]) == (asked["lead"], asked["assists"])
    assert (before["decision"]["rule"], before["decision"]["version"]) == ("GL-03.shop", 1)
    assert before["decision"]["reason"] == asked["reason"]
    assert before["decision"]["ground"] == asked["ground"]
    assert (after["lead"], after["decision"]["version"]) == ("ZR-POLICE-4", 2)


async def test_check_and_simulate_change_nothing(house: Single) -> None:
    desk = await house.visitor("duty_desk")
    sound = (await desk.post(f"{RULES}/check", json=_table() | {"examples": [EXAMPLE]})).json()
    assert {name: told for name, told in sound.items() if name != "warnings"} == {
        "ok": True,
        "rows": len(BUILT_IN),
        "examples": 1,
        "faults": [],
    }
    assert all(told["pointer"] and told["detail"].endswith("。") for told in sound["warnings"])
    bad = (await desk.post(f"{RULES}/check", json=_table() | {"examples": [EXAMPLE | {"lead": "ZR"}]})).json()
    assert (bad["ok"], bad["faults"][0]["pointer"]) == (False, "/examples/0")
    rows = _table(**{"GL-03.shop": {"lead": ["grid:police"]}})["rows"]
    tried = (await desk.post(f"{RULES}/simulate", json={"rows": rows, "orders": [ORDER, {"concern": "X"}]})).json()
    assert tried["summary"]["changed"] == 1
    assert (tried["items"][0]["lead"], tried["items"][0]["before"]["lead"]) == ("ZR-POLICE-4", "ZR-DUTY-5")
    assert tried["items"][1]["problem"]
    same = (await desk.post(f"{RULES}/simulate", json={"orders": [ORDER]})).json()
    assert same["summary"]["changed"] == 0
    assert (await desk.get(RULES)).json()["version"] == 1


async def test_before_there_is_a_fabric(database_url: str) -> None:
    async with single(build, DispatchSettings, database_url, fabric=False) as house:
        desk = await house.visitor("duty_desk")
        assert (await desk.get(RULES)).status_code == 200
        answer = await desk.post(EXPLAIN, json=ORDER)
        assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
