"""Open cases over a calendar that comes later: reckoned again and told of once, whatever dies and whoever else is at it."""

import asyncio
from collections.abc import AsyncIterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import text

from services.dispatch.main import build
from services.dispatch.reckoner import Reckoner
from services.dispatch.settings import DispatchSettings
from services.fabric import entries as codec
from services.fabric.calendar import SHANGHAI
from services.fabric.manifest import encode_manifest
from services.kit import failpoints
from services.kit.outbox import Outbox
from tests.harness.single import Single, publish_fabric, single
from tests.harness.zhenru import AT, zhenru_entries
from tests.integration.dispatch.recorded import unsaid
from tests.integration.dispatch.story import Order
from tests.integration.dispatch.test_cases import CASES, do, opened

EVE = datetime(2026, 12, 30, 10, tzinfo=SHANGHAI)
# New Year's first three days are free; the Saturday after is worked for it.
NEW_YEAR = {date(2027, 1, day): day == 9 for day in (1, 2, 3, 9)}


class PowerCut(BaseException):
    """Nothing after it runs."""


def with_calendar(version: int, days: dict[date, bool] = NEW_YEAR) -> dict[str, bytes]:
    held = {key: value for key, value in zhenru_entries().items() if not key.startswith("manifest")}
    held |= dict(codec.encode_calendar(days, {2027}))
    return held | dict(encode_manifest(version, AT, {key: codec.entry_hash(value) for key, value in held.items()}))


async def load(one: Single, version: int = 2) -> None:
    await publish_fabric(one.bus, with_calendar(version))
    assert one.service.copy is not None
    assert await one.service.copy.wait_for(version, 30)


@pytest_asyncio.fixture
async def eve(database_url: str) -> AsyncIterator[Single]:
    """Dispatch on the last day but one of the known calendar, whose own reckoner does nothing."""
    async with single(build, DispatchSettings, database_url, at=EVE) as one:
        await one.drain()
        [own] = [worker for worker in one.service.workers if isinstance(worker, Reckoner)]
        one.service.workers.remove(own)
        await own.stop()
        yield one
        failpoints.disarm()
        assert await unsaid(one) == []


def reckoner(one: Single, at_once: int = 4) -> Reckoner:
    """Another process's, on the same copy."""
    assert one.service.copy is not None
    return Reckoner("other", one.service.db, Outbox(lambda: None), one.clock, one.service.copy, b"secret", at_once)


async def all_turns(worker: Reckoner) -> None:
    while await worker.turn():
        pass
    assert await worker.idle()


async def read(one: Single, case: dict[str, Any]) -> dict[str, Any]:
    return dict((await (await one.visitor("admin")).get(f"{CASES}/{case['case_id']}")).json())


def resolve(case: dict[str, Any]) -> tuple[str, bool]:
    clock = next(clock for clock in case["clocks"] if clock["kind"] == "resolve")
    return datetime.fromisoformat(clock["due"]).astimezone(SHANGHAI).strftime("%m-%d %H:%M"), clock["provisional"]


async def said(one: Single) -> list[str]:
    told = [event for event in await one.events("duoge.cases") if event.name == "case.progressed"]
    return sorted(event.subject for event in told if "工作日历有更新" in event.data["text"])


async def test_the_calendar_is_loaded_and_open_clocks_move(database_url: str) -> None:
    async with single(build, DispatchSettings, database_url, at=EVE) as one:
        # Five working days from Thursday afternoon reach into a year that nobody has published yet.
        one.clock.advance(timedelta(days=1, hours=5))
        [case, done] = await opened(one, Order("ord_1", one.clock.now()), Order("ord_2", one.clock.now()))
        assert resolve(case) == ("01-07 15:00", True)
        sign = next(clock for clock in case["clocks"] if clock["kind"] == "sign")
        assert not sign["provisional"]
        admin = await one.visitor("admin")
        await do(admin, done, "sign")
        await do(admin, done, "resolve", measures="已劝导")
        await load(one)
        await one.drain()
        found = await read(one, case)
        assert resolve(found) == ("01-08 15:00", False)
        line = found["timeline"][-1]
        assert line["text"].startswith("工作日历有更新")
        assert "办结时限由" in line["text"]
        # What is over has kept its time, and only its verification moved.
        assert resolve(await read(one, done))[0] == "01-07 15:00"
        assert [told for told in await said(one) if told == case["case_id"]] == [case["case_id"]]
        # Nothing happens at the old time; at the new one it does.
        await do(admin, case, "sign")
        await do(admin, case, "contact")
        await one.advance(datetime(2027, 1, 7, 15, 30, tzinfo=SHANGHAI) - one.clock.now())
        assert (await read(one, case))["light"] != "red"
        await one.advance(timedelta(days=1))
        assert (await read(one, case))["light"] == "red"
        assert await unsaid(one) == []


async def test_another_publication_moves_nothing(eve: Single) -> None:
    await opened(eve, *(Order(f"ord_{n}", EVE) for n in range(3)))
    await publish_fabric(eve.bus, zhenru_entries(2))
    assert eve.service.copy is not None
    assert await eve.service.copy.wait_for(2, 30)
    assert not await reckoner(eve).turn()
    assert await said(eve) == []


@pytest.mark.parametrize("place", ["reckon.reckoned", "reckon.written", "reckon.committed"])
async def test_the_next_process_finishes_what_a_cut_left(eve: Single, place: str) -> None:
    eve.clock.advance(timedelta(days=1, hours=5))
    cases = await opened(eve, *(Order(f"ord_{n}", eve.clock.now()) for n in range(7)))
    await load(eve)

    def cut() -> None:
        raise PowerCut

    dying = reckoner(eve)
    await dying.turn()
    failpoints.arm(place, cut)
    with pytest.raises(PowerCut):
        await all_turns(dying)
    failpoints.disarm()
    await all_turns(reckoner(eve))
    assert await said(eve) == sorted(case["case_id"] for case in cases)


async def test_two_at_once_and_a_person(eve: Single) -> None:
    eve.clock.advance(timedelta(days=1, hours=5))
    cases = await opened(eve, *(Order(f"ord_{n}", eve.clock.now()) for n in range(8)))
    await load(eve)
    admin = await eve.visitor("admin")
    workers = [reckoner(eve, 3) for _ in range(3)]
    await asyncio.gather(*(all_turns(each) for each in workers), *(do(admin, case, "sign") for case in cases))
    assert await said(eve) == sorted(case["case_id"] for case in cases)
    for case in cases:
        assert resolve(await read(eve, case)) == ("01-08 15:00", False)


async def test_a_case_that_cannot_be_reckoned_stops_nobody(eve: Single) -> None:
    eve.clock.advance(timedelta(days=1, hours=5))
    cases = await opened(eve, *(Order(f"ord_{n}", eve.clock.now()) for n in range(5)))
    async with eve.service.db.transaction() as tx:
        bad = text("UPDATE clock SET remaining = 1e10 WHERE case_id = :id AND kind = 'resolve'")
        await tx.execute(bad, {"id": cases[2]["case_id"]})
    await load(eve)
    await all_turns(reckoner(eve))
    assert await said(eve) == sorted(case["case_id"] for case in cases if case is not cases[2])


async def test_a_process_that_is_behind_leaves_it_alone(eve: Single) -> None:
    eve.clock.advance(timedelta(days=1, hours=5))
    behind = reckoner(eve)
    assert eve.service.copy is not None
    old = eve.service.copy.current
    [case] = await opened(eve, Order("ord_1", eve.clock.now()))
    await load(eve)
    await all_turns(reckoner(eve))

    class Old:
        current = old

    behind._copy = Old()  # type: ignore[assignment]
    assert not await behind.turn()
    assert await behind.idle()
    assert resolve(await read(eve, case)) == ("01-08 15:00", False)
