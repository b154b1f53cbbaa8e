"""Limits that pass while time moves: told once, whatever dies."""

import asyncio
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from services.dispatch.main import build
from services.dispatch.settings import DispatchSettings
from services.fabric.calendar import SHANGHAI
from services.kit import failpoints
from services.kit.bus.port import BusUnavailable
from tests.harness.single import Single, single
from tests.integration.dispatch.story import Order
from tests.integration.dispatch.test_cases import CASES, do, names, opened


@pytest.fixture(autouse=True)
def _disarmed() -> Iterator[None]:
    yield
    failpoints.disarm()


async def read(one: Single, case: dict[str, Any]) -> dict[str, Any]:
    return dict((await (await one.visitor("admin")).get(f"{CASES}/{case['case_id']}")).json())


def state(case: dict[str, Any], kind: str) -> str:
    return str(next(clock["state"] for clock in case["clocks"] if clock["kind"] == kind))


async def test_a_late_sign_is_warned_of_and_overdue_exactly_once(dispatch: Single) -> None:
    [case] = await opened(dispatch, Order("ord_1"))
    await dispatch.advance(timedelta(hours=1, minutes=30))
    found = await read(dispatch, case)
    assert (found["light"], state(found, "sign")) == ("yellow", "running")
    await dispatch.advance(timedelta(minutes=30))
    found = await read(dispatch, case)
    assert (found["light"], state(found, "sign")) == ("red", "overdue")
    assert found["lead"] != case["lead"]
    assert case["lead"] in found["assists"]
    await dispatch.advance(timedelta(hours=1))
    found = await do(await dispatch.visitor("admin"), case, "sign")
    assert (found["light"], state(found, "sign")) == ("green", "late")
    assert await names(dispatch, case["case_id"]) == [
        *("case.opened", "case.dispatched", "case.warned", "case.urged", "case.overdue", "case.climbed", "case.signed"),
    ]


async def test_signed_in_time_nothing_is_said(dispatch: Single) -> None:
    [case] = await opened(dispatch, Order("ord_1"))
    await do(await dispatch.visitor("admin"), case, "sign")
    await dispatch.advance(timedelta(hours=5))
    assert await names(dispatch, case["case_id"]) == ["case.opened", "case.dispatched", "case.signed"]


async def test_nothing_falls_due_at_night_or_in_the_holidays(database_url: str) -> None:
    at = datetime(2026, 9, 30, 16, tzinfo=SHANGHAI)
    async with single(build, DispatchSettings, database_url, at=at) as one:
        [case] = await opened(one, Order("ord_1", at))
        assert datetime.fromisoformat(case["clocks"][0]["due"]) == datetime(2026, 10, 8, 10, tzinfo=SHANGHAI)
        await one.advance(datetime(2026, 10, 8, 9, 29, tzinfo=SHANGHAI) - at)
        assert await names(one, case["case_id"]) == ["case.opened", "case.dispatched"]
        await one.advance(timedelta(minutes=31))
        assert (await names(one, case["case_id"]))[2:] == ["case.warned", "case.urged", "case.overdue", "case.climbed"]


async def test_an_emergency_runs_around_the_clock(database_url: str) -> None:
    at = datetime(2026, 10, 3, 2, tzinfo=SHANGHAI)
    async with single(build, DispatchSettings, database_url, at=at) as one:
        [case] = await opened(one, Order("ord_1", at), emergency=True)
        assert case["class"] == "emergency"
        assert [clock["kind"] for clock in case["clocks"]] == ["sign", "contact", "on_site", "resolve"]
        admin = await one.visitor("admin")
        await do(admin, case, "sign")
        await do(admin, case, "contact")
        await one.advance(timedelta(minutes=10))
        assert state(await do(admin, case, "progress"), "on_site") == "met"


@pytest.mark.parametrize("place", ["sweeper.locked", "sweeper.before_commit"])
async def test_a_sweeper_that_dies_half_way_fires_once(dispatch: Single, place: str) -> None:
    cases = await opened(dispatch, *(Order(f"ord_{number}") for number in range(3)))
    died: list[str] = []

    def die() -> None:
        if len(died) < 2:
            died.append(place)
            raise BusUnavailable("killed here")

    failpoints.arm(place, die)
    await dispatch.advance(timedelta(hours=2))
    assert len(died) == 2
    for case in cases:
        assert (await names(dispatch, case["case_id"]))[2:] == [
            "case.warned",
            "case.urged",
            "case.overdue",
            "case.climbed",
        ]


async def test_two_sweepers_at_once_fire_once(dispatch: Single) -> None:
    cases = await opened(dispatch, *(Order(f"ord_{number}") for number in range(20)))
    [sweeper] = dispatch.service.sweepers()
    await sweeper.stop()
    dispatch.clock.advance(timedelta(hours=2))
    await asyncio.gather(*(sweeper.turn() for _ in range(4)))
    sweeper.start()
    for case in cases:
        assert (await names(dispatch, case["case_id"]))[2:] == ["case.overdue", "case.climbed"]


async def test_a_person_and_the_sweep_at_the_same_moment(dispatch: Single) -> None:
    """Either order is right; never both a missed and a kept limit, and no limit told twice."""
    cases = await opened(dispatch, *(Order(f"ord_{number}") for number in range(8)))
    admin = await dispatch.visitor("admin")
    [sweeper] = dispatch.service.sweepers()
    await sweeper.stop()
    dispatch.clock.advance(timedelta(hours=2))
    await asyncio.gather(sweeper.turn(), *(do(admin, case, "sign") for case in cases), sweeper.turn())
    sweeper.start()
    for case in cases:
        told = await names(dispatch, case["case_id"])
        assert told.count("case.signed") == 1
        assert told.count("case.overdue") <= 1
        found = await read(dispatch, case)
        # On the dot is in time, whatever the sweep said in between.
        assert state(found, "sign") == "met"


async def test_after_an_outage_all_limits_are_told_and_nobody_is_passed_over(dispatch: Single) -> None:
    [case] = await opened(dispatch, Order("ord_1"), concern="AQ-03", sub_concern="AQ-03.plain")
    [sweeper] = dispatch.service.sweepers()
    await sweeper.stop()
    dispatch.clock.advance(timedelta(days=20))
    signed = await do(await dispatch.visitor("admin"), case, "sign")
    assert state(signed, "sign") == "late"
    assert signed["light"] == "red"
    sweeper.start()
    await dispatch.drain()
    told = await names(dispatch, case["case_id"])
    assert told.count("case.overdue") == 2
    assert told.count("case.climbed") <= 1
    assert "case.warned" not in told


async def test_a_clock_never_fires_again_after_it_was_met_and_timers_do_not_pile_up(dispatch: Single) -> None:
    [case] = await opened(dispatch, Order("ord_1"))
    admin = await dispatch.visitor("admin")
    await do(admin, case, "sign")
    await do(admin, case, "contact")
    await do(admin, case, "defer", until=(dispatch.clock.now() + timedelta(days=40)).isoformat())
    await dispatch.advance(timedelta(days=39))
    assert (await read(dispatch, case))["light"] == "green"
    await dispatch.advance(timedelta(days=2))
    found = await read(dispatch, case)
    assert found["state"] == "signed"
    assert state(found, "resolve") == "running"
    await dispatch.advance(timedelta(days=10))
    told = await names(dispatch, case["case_id"])
    assert told[4:] == ["case.deferred", "case.resumed", "case.warned", "case.urged", "case.overdue", "case.climbed"]


async def test_silence_of_the_source_closes_and_later_somebody_looks_again(dispatch: Single) -> None:
    [case] = await opened(dispatch, Order("ord_1"))
    admin = await dispatch.visitor("admin")
    await do(admin, case, "sign")
    await do(admin, case, "resolve", measures="已劝导")
    await do(admin, case, "verify")
    await dispatch.advance(timedelta(days=6))
    assert (await read(dispatch, case))["state"] == "verified"
    await dispatch.advance(timedelta(days=1))
    closed = await read(dispatch, case)
    assert closed["state"] == "closed"
    assert "没有收到回访意见" in closed["timeline"][-1]["text"]
    assert all(clock["kind"] != "recheck" for clock in closed["clocks"])
    await dispatch.advance(timedelta(days=6))
    assert all(clock["kind"] != "recheck" for clock in (await read(dispatch, case))["clocks"])
    await dispatch.advance(timedelta(days=26))
    looked = await read(dispatch, case)
    assert next(clock for clock in looked["clocks"] if clock["kind"] == "recheck")
    assert (await do(admin, case, "recheck"))["state"] == "closed"


async def test_the_sources_due_comes_first(dispatch: Single) -> None:
    due = dispatch.clock.now() + timedelta(hours=4)
    [case] = await opened(dispatch, Order("ord_1"), source_due=due)
    resolve = next(clock for clock in case["clocks"] if clock["kind"] == "resolve")
    assert datetime.fromisoformat(resolve["due"]) == due


async def test_a_clock_set_back_tells_nothing_twice(dispatch: Single) -> None:
    [case] = await opened(dispatch, Order("ord_1"))
    await dispatch.advance(timedelta(hours=2))
    before = await names(dispatch, case["case_id"])
    dispatch.clock.at -= timedelta(hours=3)
    await dispatch.drain()
    assert (await read(dispatch, case))["state"] == "dispatched"
    await dispatch.advance(timedelta(hours=3))
    assert await names(dispatch, case["case_id"]) == before
    assert state(await do(await dispatch.visitor("admin"), case, "sign"), "sign") in ("met", "late")
