"""A whistle that the street has to agree to: asked, given, refused, and everything that may happen in between."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from services.dispatch.reminders import Reminders
from tests.integration.dispatch.whistles.house import HERE, WHISTLES, House

HOUR = timedelta(hours=1)


async def ask(house: House, *units: str, role: str = "grid_chief", unit: str = "ZR-G4", **more: Any) -> dict[str, Any]:
    who = await house.one.visitor(role, unit=unit)
    body: dict[str, Any] = {"kind": "daily", "units": list(units or ["QP-ECO"]), "need": "查油烟"}
    if "case_id" not in more:
        body["place"] = HERE
    answer = await who.post(WHISTLES, json=body | more)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def seen(who: httpx.AsyncClient, whistle: dict[str, Any]) -> int:
    return (await who.get(f"{WHISTLES}/{whistle['whistle_id']}")).status_code


async def reminded(house: House, whistle: dict[str, Any]) -> int:
    return [name for name, _ in await house.names(whistle)].count("whistle.reminded")


async def test_nobody_is_called_and_nothing_runs_until_the_street_agrees(house: House) -> None:
    asked = await ask(house)
    eco, chief = await house.unit("QP-ECO"), await house.one.visitor("grid_chief", unit="ZR-G4")
    assert (asked["state"], asked["nod"]["state"], asked["missing"]) == ("open", "waiting", [])
    assert await seen(eco, asked) == 404
    assert await seen(chief, asked) == 200
    waiting = (await house.desk.get(WHISTLES, params={"nod": "waiting"})).json()["items"]
    assert [one["whistle_id"] for one in waiting] == [asked["whistle_id"]]
    for action in ("vouch", "release", "substitute", "evaluate"):
        early = await house.by(house.desk, asked, action, unit="QP-ECO", substitute="ZR-FIRE", marks={"到场": 5})
        assert early.status_code == 409, (action, early.text)
        assert early.json()["allowed"] == ["approve", "cancel", "refuse"]
    await house.one.advance(48 * HOUR)
    assert {name for name, _ in await house.names(asked)} == {"whistle.blown", "whistle.reminded"}
    given = (await house.by(house.desk, asked, "approve", note="确属区级权限")).json()
    now = house.one.clock.now()
    assert given["nod"] | {"at": None} == {
        "state": "given",
        "by": "城运中心",
        "at": None,
        "note": "确属区级权限",
        "reminded": 3,
    }
    assert now < datetime.fromisoformat(given["report_in_by"]) <= now + 8 * HOUR
    assert await seen(eco, asked) == 200
    assert (await house.act(asked, "accept", "QP-ECO")).status_code == 200
    await house.one.advance(8 * HOUR)
    read = await house.read(asked)
    assert read["calls"][0]["escalated_to"] == ["QP"]
    assert [name for name, _ in await house.names(asked) if name != "whistle.reminded"] == [
        "whistle.blown",
        "whistle.approved",
        "whistle.accepted",
        "whistle.missing",
        "whistle.escalated",
    ]
    assert read["timeline"][0]["text"] == "请街道同意吹响日常哨，叫普陀区生态环境局：查油烟"
    assert read["timeline"][-4]["text"].startswith("街道同意吹响日常哨，请普陀区生态环境局于11月25日 17:00前到")


async def test_a_refusal_ends_it_and_nobody_was_ever_called(house: House) -> None:
    asked = await ask(house, "ZR-POLICE", role="community", unit="ZR-C13")
    assert asked["nod"]["state"] == "waiting"
    refused = (await house.by(house.desk, asked, "refuse", note="请居民区先行劝导")).json()
    assert (refused["state"], refused["nod"]["state"]) == ("cancelled", "refused")
    assert (await house.by(house.desk, asked, "refuse")).json()["version"] == refused["version"], "the same again"
    assert (await house.by(house.desk, asked, "approve")).status_code == 409
    assert await seen(await house.unit("ZR-POLICE"), asked) == 404
    marks = {"unit": "ZR-POLICE", "marks": {"到场": 5}}
    assert (await house.by(house.desk, asked, "evaluate", **marks)).status_code == 409
    await house.one.advance(72 * HOUR)
    told = await house.told(asked)
    assert [(event.name, event.data["unit"], event.data["nod"]) for event in told] == [
        ("whistle.blown", "ZR-OPS", "waiting"),
        ("whistle.cancelled", "ZR-C13", "refused"),
    ]
    assert told[1].data["text"] == "街道不同意吹哨：请居民区先行劝导"


async def test_the_street_is_reminded_again_and_then_whoever_is_above(house: House) -> None:
    """By the profile: after one hour of work, after four, and the district after a day of it."""
    asked = await ask(house)
    assert asked["nod"]["reminded"] == 0
    heard = []
    for hours in (1, 3, 24, 200):
        await house.one.advance(hours * HOUR)
        heard.append([unit for name, unit in await house.names(asked) if name == "whistle.reminded"])
    assert heard == [["ZR-OPS"], ["ZR-OPS", "ZR-OPS"], *[["ZR-OPS", "ZR-OPS", "QP"]] * 2]
    read = await house.read(asked)
    assert (read["state"], read["nod"]["reminded"], read["calls"][0]["state"]) == ("open", 3, "called")
    assert read["timeline"][1]["text"] == (
        "第1次催请同意：兰溪综合网格11月23日 10:00请求吹响的日常哨还没有答复，请真如镇街道城运中心同意或不同意：查油烟"
    )


async def test_nobody_is_reminded_of_what_was_answered_or_taken_back(house: House) -> None:
    given, refused, gone = [await ask(house, need=need) for need in ("甲", "乙", "丙")]
    await house.by(house.desk, given, "approve")
    await house.by(house.desk, refused, "refuse")
    await house.by(await house.one.visitor("grid_chief", unit="ZR-G4"), gone, "cancel")
    await house.one.advance(72 * HOUR)
    for one in (given, refused, gone):
        assert "whistle.reminded" not in [name for name, _ in await house.names(one)]
    assert (await house.desk.get(WHISTLES, params={"nod": "waiting"})).json()["items"] == []


async def test_an_outage_tells_each_reminder_once(house: House) -> None:
    asked = await ask(house)
    house.one.clock.advance(100 * HOUR)
    await house.one.advance(timedelta())
    await house.one.advance(HOUR)
    units = [unit for name, unit in await house.names(asked) if name == "whistle.reminded"]
    assert units == ["ZR-OPS", "ZR-OPS", "QP"]


async def test_what_waited_before_there_were_reminders_gets_them(house: House) -> None:
    """Once, however many processes look; counted from when it was blown. What was answered meanwhile gets none."""
    old, case_id = await ask(house), await house.case()
    of_case, answered = await ask(house, case_id=case_id), await ask(house)
    one = house.one
    async with one.service.db.transaction() as tx:
        await tx.execute(text("DELETE FROM timer WHERE kind = 'whistle.nod'"))
        await tx.execute(text("UPDATE whistles SET nod = nod - 'reminded'"))
    await house.by(house.desk, answered, "refuse")
    await one.advance(2 * HOUR)
    assert one.service.copy is not None
    processes = [Reminders("dispatch", one.service.db, one.clock, one.service.copy) for _ in range(2)]
    await asyncio.gather(*(process.turn() for process in processes))
    assert await processes[0].idle()
    heard = []
    for hours in (0, 3, 200):
        await one.advance(hours * HOUR)
        heard.append([await reminded(house, each) for each in (old, of_case, answered)])
    assert heard == [[1, 1, 0], [2, 2, 0], [3, 3, 0]]
    assert await Reminders("dispatch", one.service.db, one.clock, one.service.copy).turn() is False
    await one.advance(200 * HOUR)
    assert (await house.read(old))["nod"]["reminded"] == 3


async def test_the_blower_may_take_it_back(house: House) -> None:
    asked = await ask(house)
    chief = await house.one.visitor("grid_chief", unit="ZR-G4")
    assert (await house.by(chief, asked, "approve")).status_code == 403
    assert (await house.by(chief, asked, "cancel")).json()["state"] == "cancelled"
    assert (await house.by(house.desk, asked, "approve")).status_code == 409


async def test_what_needs_no_nod_can_not_be_nodded_at(house: House) -> None:
    whistle = await house.blow("ZR-POLICE")
    assert whistle["nod"] is None
    for action in ("approve", "refuse"):
        answer = await house.by(house.desk, whistle, action)
        assert answer.status_code == 409
        assert action not in answer.json()["allowed"]
    asked = await ask(house)
    path, stale = f"{WHISTLES}/{asked['whistle_id']}/approve", {"If-Match": '"7"'}
    assert (await house.desk.post(path, json={}, headers=stale)).status_code == 412


async def test_a_case_knows_of_it_only_once_the_street_agreed(house: House) -> None:
    case_id = await house.case()
    asked = await ask(house, case_id=case_id)
    eco = await house.unit("QP-ECO")
    case = f"/dispatch/v1/cases/{case_id}"
    assert (await eco.get(case)).status_code == 404
    assert (await house.desk.get(case)).json()["called"] == []
    await house.by(house.desk, asked, "approve")
    assert (await house.desk.get(case)).json()["called"] == ["QP-ECO"]
    assert (await eco.get(case)).status_code == 200


async def test_a_case_that_is_over_needs_nobody(house: House) -> None:
    case_id = await house.case("case_2", state="verified")
    asked = await ask(house, case_id=case_id)
    over = await house.desk.post(f"/dispatch/v1/cases/{case_id}/actions", json={"action": "close"})
    assert over.status_code == 200, over.text
    answer = await house.by(house.desk, asked, "approve")
    assert answer.status_code == 409
    assert answer.json()["code"] == "case_is_over"
    assert (await house.by(house.desk, asked, "refuse")).status_code == 200


@pytest.mark.parametrize(("waits", "stays"), [(HOUR, True), (5 * HOUR, False)])
async def test_a_deadline_of_the_blowers_own(house: House, waits: timedelta, stays: bool) -> None:
    by = house.one.clock.now() + 3 * HOUR
    asked = await ask(house, report_in_by=by.isoformat())
    await house.one.advance(waits)
    given = (await house.by(house.desk, asked, "approve")).json()
    expected = by if stays else house.one.clock.now() + 3 * HOUR
    assert datetime.fromisoformat(given["report_in_by"]) == expected
    assert datetime.fromisoformat((await house.read(asked))["report_in_by"]) == expected
    await house.one.advance(expected - house.one.clock.now())
    assert (await house.read(asked))["calls"][0]["state"] == "missing"


async def test_two_at_the_desk_at_one_moment(house: House) -> None:
    for round_ in range(4):
        asked = await ask(house, "QP-ECO", "QP-WATER")
        actions = ("approve", "approve", "refuse", "refuse") if round_ % 2 else ("refuse", "approve") * 2
        answers = await asyncio.gather(*(house.by(house.desk, asked, action) for action in actions))
        assert sorted(answer.status_code for answer in answers) == [200, 200, 409, 409]
        names = [name for name, _ in await house.names(asked)]
        assert names in (["whistle.blown", "whistle.approved"], ["whistle.blown", "whistle.cancelled"])
        await house.one.advance(30 * HOUR)
        missing = [unit for name, unit in await house.names(asked) if name == "whistle.missing"]
        assert missing == (["QP-ECO", "QP-WATER"] if "whistle.approved" in names else [])
