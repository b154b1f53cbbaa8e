"""What the deadline does: once, whoever dies and whoever comes in at that moment."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio

from services.kit import failpoints
from tests.integration.dispatch.whistles.house import HERE, WHISTLES, Died, House, die, sweep, sweeper_of

HOUR = timedelta(hours=1)


@pytest_asyncio.fixture
async def still(house: House) -> AsyncIterator[House]:
    """A house whose sweeper turns only when told."""
    await sweeper_of(house).stop()
    yield house
    failpoints.disarm()


async def out(house: House, whistle: dict[str, Any]) -> list[tuple[str, str | None]]:
    """What was told, read where the relay puts it."""
    return await house.names(whistle)


def count(told: list[tuple[str, str | None]], name: str, unit: str | None = None) -> int:
    return told.count((name, unit))


async def test_the_missing_are_escalated_once_and_then_it_is_exhausted(house: House) -> None:
    whistle = await house.blow("ZR-POLICE", "ZR-MARKET", "ZR-DUTY")
    await house.comes(whistle, "ZR-POLICE")
    await house.one.advance(7 * HOUR - timedelta(seconds=1))
    assert (await house.read(whistle))["state"] == "open"
    await house.one.advance(timedelta(seconds=1))
    partly = await house.read(whistle)
    assert partly["state"] == "partly_met"
    assert partly["missing"] == ["ZR-MARKET", "ZR-DUTY"]
    calls = {each["unit"]: each for each in partly["calls"]}
    assert calls["ZR-MARKET"]["state"] == "missing"
    assert calls["ZR-MARKET"]["escalated_to"] == ["QP-MARKET", "QP"]
    assert calls["ZR-DUTY"]["escalated_to"] == ["ZR", "QP-URBAN", "QP"]
    assert calls["ZR-POLICE"]["escalated_to"] == []
    await house.one.advance(24 * HOUR)
    ended = await house.read(whistle)
    assert ended["state"] == "exhausted"
    await house.one.advance(10 * 24 * HOUR)
    told = await house.told(whistle)
    assert [(event.name, event.data["unit"]) for event in told][2:] == [
        ("whistle.missing", "ZR-MARKET"),
        ("whistle.escalated", "ZR-MARKET"),
        ("whistle.missing", "ZR-DUTY"),
        ("whistle.escalated", "ZR-DUTY"),
        ("whistle.exhausted", None),
    ]
    assert told[3].data["escalated_to"] == ["QP-MARKET", "QP"]
    assert told[3].data["text"] == "真如市场监管所未报到，已上报普陀区市场监督管理局、普陀区城市运行管理中心"
    assert [event.sequence for event in told] == list(range(1, 8))


async def test_late_is_a_report_in_and_late(house: House) -> None:
    whistle = await house.blow("ZR-POLICE")
    await house.one.advance(8 * HOUR)
    met = await house.comes(whistle, "ZR-POLICE")
    assert met["state"] == "met"
    assert met["calls"][0]["late"]
    assert met["calls"][0]["escalated_to"] == ["QP-POLICE", "QP"]
    await house.one.advance(48 * HOUR)
    told = await house.names(whistle)
    assert count(told, "whistle.met") == 1
    assert count(told, "whistle.exhausted") == 0


async def test_an_emergency_is_called_in_at_night_and_again(house: House) -> None:
    await house.one.advance(14 * HOUR)
    whistle = await house.blow("ZR-FIRE", kind="emergency")
    assert datetime.fromisoformat(whistle["report_in_by"]) == house.one.clock.now() + HOUR / 2
    await house.one.advance(HOUR / 2)
    assert (await house.read(whistle))["calls"][0]["state"] == "missing"
    await house.one.advance(HOUR / 2)
    assert (await house.read(whistle))["state"] == "exhausted"


async def test_a_deadline_of_the_blowers_own_runs_again_as_long(house: House) -> None:
    by = house.one.clock.now() + 2 * HOUR
    whistle = await house.blow("ZR-FIRE", report_in_by=by.isoformat())
    await house.one.advance(2 * HOUR)
    assert datetime.fromisoformat((await house.read(whistle))["second_by"]) == by + 2 * HOUR


async def test_volunteers_climb_to_nobody(house: House) -> None:
    whistle = await house.blow("ZR-G4-VOL", kind="volunteer")
    await house.one.advance(30 * 24 * HOUR)
    assert await house.names(whistle) == [("whistle.blown", None), ("whistle.missing", "ZR-G4-VOL")]
    assert (await house.read(whistle))["state"] == "open"


async def test_what_is_over_is_left_alone(house: House) -> None:
    met, cancelled = await house.blow("ZR-POLICE"), await house.blow("ZR-POLICE")
    await house.comes(met, "ZR-POLICE")
    await house.by(house.desk, cancelled, "cancel")
    before = [await house.read(met), await house.read(cancelled)]
    await house.one.advance(10 * 24 * HOUR)
    assert [await house.read(met), await house.read(cancelled)] == before


async def test_whoever_it_was_escalated_to_sees_it_and_sends_another(house: House) -> None:
    whistle = await house.blow("ZR-DUTY")
    path = f"{WHISTLES}/{whistle['whistle_id']}"
    guide = await house.unit("QP-URBAN")
    assert (await guide.get(path)).status_code == 404
    await house.one.advance(7 * HOUR)
    assert (await guide.get(path)).status_code == 200
    answer = await house.by(guide, whistle, "substitute", unit="ZR-DUTY", substitute="ZR-DUTY-3")
    assert answer.status_code == 200, answer.text
    met = await house.comes(whistle, "ZR-DUTY-3")
    assert met["state"] == "met"
    assert not met["calls"][1]["late"]


async def test_many_at_once_keep_each_cases_order(still: House) -> None:
    first, second = await still.case("case_a"), await still.case("case_b")
    whistles = [await still.blow("ZR-POLICE", "ZR-MARKET", case_id=case_id) for case_id in (first, second, first)]
    whistles.append(await still.blow("ZR-POLICE"))
    still.one.clock.advance(8 * HOUR)
    await sweep(still)
    events = await still.one.events("duoge.cases")
    for subject in (first, second, whistles[3]["whistle_id"]):
        mine = [event for event in events if event.subject == subject]
        assert [event.sequence for event in mine] == list(range(1, len(mine) + 1))
    for whistle in whistles:
        told = await out(still, whistle)
        assert count(told, "whistle.escalated", "ZR-POLICE") == 1


@pytest.mark.parametrize(
    "place", ["sweeper.locked", "whistle.locked", "whistle.told", "whistle.written", "sweeper.before_commit"]
)
@pytest.mark.parametrize("with_case", [True, False])
async def test_whoever_dies_at_the_deadline_nothing_is_lost_and_nothing_twice(
    still: House, place: str, with_case: bool
) -> None:
    more = {"case_id": await still.case()} if with_case else {}
    whistle = await still.blow("ZR-POLICE", "ZR-MARKET", **more)
    for hours, state in ((7, "open"), (24, "exhausted")):
        still.one.clock.advance(hours * HOUR)
        failpoints.arm(place, die)
        with pytest.raises(Died):
            await sweep(still)
        failpoints.disarm()
        await sweep(still)
        await sweep(still)
        assert (await still.read(whistle))["state"] == state
    told = await out(still, whistle)
    for name in ("whistle.missing", "whistle.escalated"):
        assert [count(told, name, unit) for unit in ("ZR-POLICE", "ZR-MARKET")] == [1, 1]
    assert count(told, "whistle.exhausted") == 1


async def test_between_due_and_sweep_is_late_but_not_missing(still: House) -> None:
    whistle = await still.blow("ZR-POLICE", "ZR-MARKET")
    still.one.clock.advance(7 * HOUR + timedelta(minutes=1))
    came = await still.comes(whistle, "ZR-POLICE")
    assert came["calls"][0]["late"]
    await sweep(still)
    told = await out(still, whistle)
    assert count(told, "whistle.missing", "ZR-POLICE") == 0
    assert count(told, "whistle.missing", "ZR-MARKET") == 1
    assert (await still.read(whistle))["state"] == "partly_met"


async def test_after_an_outage_the_second_span_runs_from_its_real_opening(still: House) -> None:
    whistle = await still.blow("ZR-FIRE", kind="emergency")
    still.one.clock.advance(6 * HOUR)
    await sweep(still)
    now = still.one.clock.now()
    assert datetime.fromisoformat((await still.read(whistle))["second_by"]) == now + HOUR / 2
    assert count(await out(still, whistle), "whistle.exhausted") == 0


@pytest.mark.parametrize("with_case", [True, False])
async def test_two_report_ins_at_one_moment_both_count_and_meet_once(house: House, with_case: bool) -> None:
    more = {"case_id": await house.case()} if with_case else {}
    units = ("ZR-POLICE", "ZR-MARKET", "ZR-FIRE", "ZR-CITYLOOK")
    for _ in range(3):
        whistle = await house.blow(*units, **more)
        for unit in units:
            await house.unit(unit)
        answers = await asyncio.gather(*(house.act(whistle, "report-in", unit, **HERE) for unit in units * 2))
        assert {answer.status_code for answer in answers} == {200}
        told = await house.names(whistle)
        assert count(told, "whistle.met") == 1
        assert [count(told, "whistle.reported_in", unit) for unit in units] == [1, 1, 1, 1]
        assert (await house.read(whistle))["state"] == "met"


@pytest.mark.parametrize("with_case", [True, False])
async def test_a_report_in_races_the_deadline(still: House, with_case: bool) -> None:
    more = {"case_id": await still.case()} if with_case else {}
    for round_ in range(6):
        whistle = await still.blow("ZR-FIRE", "ZR-POLICE", kind="emergency", **more)
        await still.unit("ZR-FIRE")
        still.one.clock.advance(HOUR / 2)
        report = still.act(whistle, "report-in", "ZR-FIRE", **HERE)
        steps = [report, sweep(still)] if round_ % 2 else [sweep(still), report]
        answers = await asyncio.gather(*steps)
        assert 200 in [getattr(answer, "status_code", 0) for answer in answers]
        read, told = await still.read(whistle), await out(still, whistle)
        assert read["state"] == "partly_met"
        assert not read["calls"][0]["late"]
        assert count(told, "whistle.reported_in", "ZR-FIRE") == 1
        # Whoever was first holds: either it came in time, or it was missing and then came.
        assert count(told, "whistle.missing", "ZR-FIRE") == bool(read["calls"][0]["escalated_to"])
        assert count(told, "whistle.missing", "ZR-POLICE") == 1
        assert [event.sequence for event in await still.told(whistle)] == sorted(
            event.sequence for event in await still.told(whistle)
        )
        await still.by(still.desk, whistle, "cancel")
