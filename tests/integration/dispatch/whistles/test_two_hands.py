"""Every step of a whistle with two writers at one moment; and what comes from the wrong place, the wrong hands, twice."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest

from services.fabric.entries import MANIFEST, encode_unit, entry_hash
from services.fabric.manifest import encode_manifest
from tests.harness.single import publish_fabric
from tests.harness.zhenru import AT, units, zhenru_entries
from tests.integration.dispatch.whistles.house import HERE, WHISTLES, House

BEIJING = {"lon": 116.4074, "lat": 39.9042}
Request = tuple[str, str, dict[str, Any]]
POLICE: dict[str, Any] = {"unit": "ZR-POLICE"}
# What came before, and two requests (who, action, body) at one moment.
PAIRS: dict[str, tuple[tuple[Request, ...], Request, Request]] = {
    "accept, decline": ((), ("ZR-POLICE", "accept", POLICE), ("ZR-POLICE", "decline", POLICE)),
    "report in, vouch": ((), ("ZR-POLICE", "report-in", POLICE | HERE), ("ZR-OPS", "vouch", POLICE)),
    "report in, substitute": (
        (),
        ("ZR-POLICE", "report-in", POLICE | HERE),
        ("ZR-OPS", "substitute", POLICE | {"substitute": "ZR-FIRE"}),
    ),
    "report in, cancel": ((), ("ZR-POLICE", "report-in", POLICE | HERE), ("ZR-OPS", "cancel", {})),
    "two substitutes": (
        (),
        ("ZR-OPS", "substitute", POLICE | {"substitute": "ZR-FIRE"}),
        ("ZR-OPS", "substitute", POLICE | {"substitute": "ZR-CITYLOOK"}),
    ),
    "done, release": (
        (("ZR-POLICE", "report-in", POLICE | HERE),),
        ("ZR-POLICE", "done", POLICE),
        ("ZR-OPS", "release", {"force": True}),
    ),
    "agreed decline, report in": (
        (("ZR-POLICE", "decline", POLICE),),
        ("ZR-OPS", "release", POLICE),
        ("ZR-POLICE", "report-in", POLICE | HERE),
    ),
}


async def go(house: House, whistle: dict[str, Any], request: Request, **headers: str) -> httpx.Response:
    who, action, body = request
    client = house.desk if who == "ZR-OPS" else await house.unit(who)
    return await client.post(f"{WHISTLES}/{whistle['whistle_id']}/{action}", json=body, headers=headers)


@pytest.mark.parametrize("pair", PAIRS)
async def test_of_two_at_one_moment_each_takes_effect_once_or_is_refused(house: House, pair: str) -> None:
    before, one, other = PAIRS[pair]
    for turn in range(2):
        whistle = await house.blow("ZR-POLICE", "ZR-MARKET")
        for request in before:
            assert (await go(house, whistle, request)).status_code == 200
        version = (await house.read(whistle))["version"]
        both = (one, other) if turn else (other, one)
        answers = await asyncio.gather(*(go(house, whistle, request) for request in both))
        codes = sorted(answer.status_code for answer in answers)
        assert codes in ([200, 200], [200, 409])
        read = await house.read(whistle)
        assert read["version"] - version in (1, 2)
        told = await house.told(whistle)
        assert [event.sequence for event in told] == list(range(1, len(told) + 1))
        for name in ("whistle.reported_in", "whistle.substituted", "whistle.cancelled", "whistle.done"):
            assert sum(event.name == name for event in told) <= 1
        assert len({call["unit"] for call in read["calls"]}) == len(read["calls"])


async def test_of_two_with_one_version_one_is_stale(house: House) -> None:
    whistle = await house.blow("ZR-POLICE", "ZR-MARKET")
    held = {"If-Match": f'"{whistle["version"]}"'}
    requests: list[Request] = [
        ("ZR-POLICE", "accept", POLICE),
        ("ZR-MARKET", "accept", {"unit": "ZR-MARKET"}),
    ]
    answers = await asyncio.gather(*(go(house, whistle, request, **held) for request in requests))
    assert sorted(answer.status_code for answer in answers) == [200, 412]


async def test_from_another_city_by_the_wrong_unit_and_twice(house: House) -> None:
    whistle = await house.blow("ZR-POLICE", "ZR-MARKET")
    far = await go(house, whistle, ("ZR-POLICE", "report-in", POLICE | BEIJING))
    assert far.status_code == 422
    assert "离集合点约" in far.json()["detail"]
    swapped = {"lon": HERE["lat"], "lat": HERE["lon"]}
    assert (await go(house, whistle, ("ZR-POLICE", "report-in", POLICE | swapped))).status_code == 422
    assert (await go(house, whistle, ("ZR-MARKET", "report-in", POLICE | HERE))).status_code == 403
    assert (await go(house, whistle, ("ZR-FIRE", "report-in", {"unit": "ZR-FIRE", **HERE}))).status_code == 404
    assert (await go(house, whistle, ("ZR-OPS", "report-in", {"unit": "ZR-FIRE", **HERE}))).status_code == 422
    first = await go(house, whistle, ("ZR-POLICE", "report-in", POLICE | HERE))
    await house.one.advance(timedelta(minutes=5))
    again = await go(house, whistle, ("ZR-POLICE", "report-in", POLICE | HERE))
    assert again.json()["calls"] == first.json()["calls"]
    assert again.json()["version"] == first.json()["version"]


async def test_a_unit_that_is_no_more_can_not_be_called(house: House) -> None:
    """Neither by name nor by the nod to a whistle that was asked for while it was there."""
    chief = await house.one.visitor("grid_chief", unit="ZR-G4")
    body = {"kind": "daily", "place": HERE, "units": ["QP-ECO", "QP-WATER"], "need": "查油烟"}
    asked = (await chief.post(WHISTLES, json=body)).json()
    held = {key: value for key, value in zhenru_entries().items() if key.partition("/")[0] != MANIFEST}
    gone = next(unit for unit in units() if unit.code == "QP-ECO")
    held.pop(encode_unit(gone)[0])
    held.update(encode_manifest(2, AT, {key: entry_hash(value) for key, value in held.items()}))
    await publish_fabric(house.one.bus, held)
    copy = house.one.service.copy
    assert copy is not None
    assert await copy.wait_for(2, 30)
    named = await house.desk.post(WHISTLES, json=body)
    assert named.json()["errors"][0]["pointer"] == "/units/0"
    answer = await house.by(house.desk, asked, "approve")
    assert answer.status_code == 409
    assert answer.json()["allowed"] == ["cancel", "refuse"]
    assert (await house.by(house.desk, asked, "refuse")).json()["state"] == "cancelled"
