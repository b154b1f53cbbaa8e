"""What a key is told that it may do to a whistle is what it may do."""

from typing import Any

import httpx

from tests.integration.dispatch.whistles.house import HERE, WHISTLES, House


async def _may(who: httpx.AsyncClient, whistle: dict[str, Any]) -> dict[str, Any]:
    answer = await who.get(f"{WHISTLES}/{whistle['whistle_id']}")
    assert answer.status_code == 200, answer.text
    return dict(answer.json()["may"])


async def test_each_side_is_offered_its_own(house: House) -> None:
    blower, police = await house.unit("ZR-CITYLOOK"), await house.unit("ZR-POLICE")
    told = {"kind": "joint_enforcement", "units": ["ZR-POLICE", "ZR-MARKET"], "place": {**HERE}}
    whistle = (await blower.post(WHISTLES, json=told)).json()
    assert await _may(police, whistle) == {
        "blower": False,
        "acts_for": ["ZR-POLICE"],
        "whistle": [],
        "units": {"ZR-POLICE": ["accept", "decline", "report-in"]},
    }
    mine = await _may(blower, whistle)
    assert (mine["blower"], mine["acts_for"], mine["whistle"]) == (True, [], ["cancel"])
    assert mine["units"] == {"ZR-POLICE": ["vouch"], "ZR-MARKET": ["vouch"]}
    await house.comes(whistle, "ZR-POLICE")
    await house.act(whistle, "done", "ZR-POLICE")
    assert (await _may(blower, whistle))["units"] == {"ZR-POLICE": ["release"], "ZR-MARKET": ["vouch"]}
    assert (await _may(police, whistle))["units"] == {}
    auditor = await house.one.visitor("auditor")
    assert await _may(auditor, whistle) == {"blower": False, "acts_for": [], "whistle": [], "units": {}}


async def test_what_is_offered_is_done_and_then_marks_are_asked_for(house: House) -> None:
    whistle = await house.blow("ZR-POLICE")
    police = await house.unit("ZR-POLICE")
    for action, more in (("accept", {}), ("report-in", HERE), ("done", {})):
        assert action in (await _may(police, whistle))["units"]["ZR-POLICE"]
        assert (await house.by(police, whistle, action, **more)).status_code == 200
    assert (await _may(house.desk, whistle))["whistle"] == ["release"]
    assert (await house.by(house.desk, whistle, "release")).status_code == 200
    assert await _may(house.desk, whistle) == {
        "blower": True,
        "acts_for": ["ZR-POLICE"],
        "whistle": [],
        "units": {"ZR-POLICE": ["evaluate"]},
    }


async def test_the_desk_is_offered_its_nod_and_paged_volunteers_may_come(house: House) -> None:
    community = await house.unit("ZR-C13", "community")
    told = {"kind": "joint_enforcement", "units": ["ZR-POLICE"], "place": {**HERE}}
    asked = (await community.post(WHISTLES, json=told)).json()
    assert (await _may(house.desk, asked))["whistle"] == ["approve", "refuse", "cancel"]
    assert (await _may(community, asked))["whistle"] == ["cancel"]
    urgent = await house.blow("ZR-POLICE", kind="emergency")
    teams = urgent["paging"]["volunteers"]
    assert teams
    units = (await _may(house.desk, urgent))["units"]
    assert units[teams[0]] == ["accept", "report-in", "vouch"]
