"""An emergency at night: those on duty and the volunteers around are paged at once and again, until somebody answers."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio

from services.kit import failpoints
from tests.harness.single import publish_fabric
from tests.harness.staffed import staffed_entries
from tests.integration.dispatch.whistles.house import HERE, WHISTLES, Died, House, die, sweep, sweeper_of

MINUTES = timedelta(minutes=3)


@pytest_asyncio.fixture
async def staffed(house: House) -> House:
    """With people and a roster, at midnight."""
    await publish_fabric(house.one.bus, staffed_entries())
    copy = house.one.service.copy
    assert copy is not None
    assert await copy.wait_for(2, 30)
    await house.one.advance(timedelta(hours=14))
    return house


@pytest_asyncio.fixture
async def still(staffed: House) -> AsyncIterator[House]:
    """Whose sweeper turns only when told."""
    await sweeper_of(staffed).stop()
    yield staffed
    failpoints.disarm()


async def rounds(house: House, whistle: dict[str, Any]) -> list[tuple[int, list[str | None]]]:
    told = [event.data for event in await house.told(whistle) if event.name == "whistle.paged"]
    return [(one["round"], [page["person"] for page in one["pages"]]) for one in told]


async def test_at_once_and_again_until_somebody_answers(staffed: House) -> None:
    whistle = await staffed.blow("ZR-FIRE", kind="emergency", need="楼道电瓶车起火")
    assert whistle["paging"]["volunteers"] == ["ZR-G4-VOL"]
    assert whistle["matter"] == "public_danger"
    assert await rounds(staffed, whistle) == [(1, ["FIRE-01", "VOL4-01", "VOL4-02"])]
    await staffed.one.advance(2 * MINUTES)
    assert [who[:3] for _, who in await rounds(staffed, whistle)] == [
        ["FIRE-01", "VOL4-01", "VOL4-02"],
        ["FIRE-01", "FIRE-02", "VOL4-01"],
        ["FIRE-01", "FIRE-02", "FIRE-03"],
    ]
    accepted = (await staffed.act(whistle, "accept", "ZR-FIRE")).json()
    assert accepted["calls"][0]["answered_at"] is not None
    await staffed.one.advance(9 * MINUTES)
    assert len(await rounds(staffed, whistle)) == 3
    await staffed.comes(whistle, "ZR-FIRE")
    assert (await staffed.read(whistle))["state"] == "met"


async def test_volunteers_who_were_paged_come_without_being_called(staffed: House) -> None:
    whistle = await staffed.blow("ZR-FIRE", kind="emergency", need="起火")
    team = await staffed.one.visitor("volunteer", unit="ZR-G4-VOL")
    assert (await team.get(f"{WHISTLES}/{whistle['whistle_id']}")).status_code == 200
    came = await staffed.by(team, whistle, "report-in", **HERE)
    assert came.status_code == 200, came.text
    helper = came.json()["calls"][1]
    assert (helper["unit"], helper["helper"], helper["state"]) == ("ZR-G4-VOL", True, "reported_in")
    assert came.json()["state"] == "open"
    assert came.json()["missing"] == ["ZR-FIRE"]
    await staffed.one.advance(MINUTES)
    last = (await rounds(staffed, whistle))[-1]
    assert last == (2, ["FIRE-01", "FIRE-02"]), "somebody has answered: no more volunteers, the called go on"
    stranger = await staffed.one.visitor("volunteer", unit="ZR-G1-VOL")
    assert (await staffed.by(stranger, whistle, "report-in", **HERE)).status_code == 404
    assert (await staffed.comes(whistle, "ZR-FIRE"))["state"] == "met"


async def test_who_comes_in_anothers_place_is_paged_at_once(staffed: House) -> None:
    whistle = await staffed.blow("ZR-POLICE", kind="emergency")
    await staffed.act(whistle, "accept", "ZR-POLICE")
    answer = await staffed.by(staffed.desk, whistle, "substitute", unit="ZR-POLICE", substitute="ZR-FIRE")
    assert answer.status_code == 200, answer.text
    paged = [event.data["pages"] for event in await staffed.told(whistle) if event.name == "whistle.paged"]
    assert {page["of"] for page in paged[-1]} >= {"ZR-FIRE"}
    many = len(paged)
    await staffed.one.advance(MINUTES)
    assert len(await rounds(staffed, whistle)) == many + 1, "one chain of rounds, not two"


async def test_it_ends_with_the_whistle(staffed: House) -> None:
    whistle = await staffed.blow("ZR-FIRE", kind="emergency")
    await staffed.one.advance(timedelta(hours=3))
    told = await rounds(staffed, whistle)
    assert (await staffed.read(whistle))["state"] == "exhausted"
    assert [number for number, _ in told] == list(range(1, len(told) + 1))
    assert 19 <= len(told) <= 21, "an hour, every three minutes"


async def test_after_an_outage_there_is_one_round_and_no_burst(still: House) -> None:
    whistle = await still.blow("ZR-FIRE", kind="emergency")
    still.one.clock.advance(7 * MINUTES)
    await sweep(still)
    await sweep(still)
    assert len(await rounds(still, whistle)) == 2


@pytest.mark.parametrize("place", ["whistle.locked", "whistle.told", "whistle.written", "sweeper.before_commit"])
async def test_whoever_dies_between_two_steps_each_round_is_told_once(still: House, place: str) -> None:
    whistle = await still.blow("ZR-FIRE", kind="emergency")
    for _ in range(2):
        still.one.clock.advance(MINUTES)
        failpoints.arm(place, die)
        with pytest.raises(Died):
            await sweep(still)
        failpoints.disarm()
        await sweep(still)
        await sweep(still)
    assert [number for number, _ in await rounds(still, whistle)] == [1, 2, 3]


async def test_an_answer_races_the_next_round(still: House) -> None:
    await still.unit("ZR-FIRE")
    for round_ in range(4):
        whistle = await still.blow("ZR-FIRE", kind="emergency")
        still.one.clock.advance(MINUTES)
        steps = [still.act(whistle, "accept", "ZR-FIRE"), sweep(still)]
        await asyncio.gather(*(steps if round_ % 2 else reversed(steps)))
        told = await rounds(still, whistle)
        assert [number for number, _ in told] in ([1], [1, 2])
        still.one.clock.advance(2 * MINUTES)
        await sweep(still)
        assert await rounds(still, whistle) == told
        await still.by(still.desk, whistle, "cancel")
