"""Open cases on changed ground: walked over once, whatever dies and whoever else is at it."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import text

from services.dispatch.domain.ground import Ground
from services.dispatch.domain.routing.table import BUILT_IN, RuleTable
from services.dispatch.follower import DATED, Follower
from services.dispatch.main import build
from services.dispatch.repository import followed
from services.dispatch.repository.followed import Walk
from services.dispatch.settings import DispatchSettings
from services.dispatch.usecases.recording import Record
from services.dispatch.usecases.rerouting import look_at
from services.dispatch.usecases.work import Work
from services.fabric.snapshot import Fabric
from services.kit import failpoints
from services.kit.contracts.envelope import Event
from services.kit.copies import Copy
from services.kit.db import Tx
from services.kit.outbox import Outbox
from tests.harness.single import Single, publish_fabric, single
from tests.harness.zhenru import AT
from tests.integration.dispatch.grounds import NEW, OLD, TAKER, moved
from tests.integration.dispatch.story import Order
from tests.integration.dispatch.test_cases import CASES, do, names, opened, try_to


class PowerCut(BaseException):
    """Nothing after it runs."""


def cut(at: int) -> Callable[[], None]:
    """The `at`-th time that the place is reached."""
    left = at

    def act() -> None:
        nonlocal left
        left -= 1
        if left == 0:
            raise PowerCut

    return act


@pytest.fixture(autouse=True)
def no_failpoints() -> Any:
    yield
    failpoints.disarm()


async def rules(tx: Tx) -> RuleTable:
    return BUILT_IN


def follower(one: Single, at_once: int = 2) -> Follower:
    """Another process's, on the same copy."""
    copy: Copy[Fabric] | None = one.service.copy
    assert copy is not None
    return Follower("other", one.service.db, Outbox(lambda: None), one.clock, copy, rules, b"secret", at_once)


async def turns(worker: Follower, count: int) -> None:
    for _ in range(count):
        await worker.turn()


async def swap(one: Single, entries: dict[str, bytes], version: int) -> None:
    await publish_fabric(one.bus, entries)
    assert one.service.copy is not None
    assert await one.service.copy.wait_for(version, 30)


@pytest_asyncio.fixture
async def still(dispatch: Single) -> AsyncIterator[Single]:
    """Dispatch whose own follower does nothing: the test takes the steps."""
    [own] = [worker for worker in dispatch.service.workers if isinstance(worker, Follower)]
    dispatch.service.workers.remove(own)
    await own.stop()
    yield dispatch


async def cases_of(one: Single) -> list[dict[str, Any]]:
    return list((await (await one.visitor("admin")).get(CASES, params={"limit": 1000})).json()["items"])


async def told(one: Single) -> list[Event]:
    return [event for event in await one.events("duoge.cases") if event.name == "case.rerouted"]


async def test_each_open_case_is_looked_at_once(dispatch: Single) -> None:
    cases = await opened(dispatch, *(Order(f"ord_{n}") for n in range(5)))
    admin = await dispatch.visitor("admin")
    await do(admin, cases[0], "sign")
    await do(admin, cases[1], "sign")
    await do(admin, cases[1], "resolve", measures="已办", evidence=["photo:after"])
    withdrawn = Order("ord_w")
    [gone] = await opened(dispatch, withdrawn)
    await dispatch.publish(withdrawn.withdrawn())
    await swap(dispatch, moved(2), 2)
    await dispatch.drain()
    after = {case["case_id"]: case for case in await cases_of(dispatch)}
    leads = [after[case["case_id"]]["lead"] for case in cases]
    assert leads == [OLD, OLD, NEW, NEW, NEW]
    assert [after[case["case_id"]]["fabric_version"] for case in cases] == [1, 1, 2, 2, 2]
    assert {after[case["case_id"]]["place"]["grids"]["duty"] for case in cases} == {TAKER}
    assert after[gone["case_id"]]["place"]["grids"]["duty"] != TAKER, "a case that is over stays as it was"
    assert (await admin.get(CASES, params={"grid": f"duty/{TAKER}"})).json()["items"] != []
    reasons = Counter(event.data["reason"] for event in await told(dispatch))
    assert reasons == {"first_receiver": 2, "not_signed": 3}
    await swap(dispatch, moved(3), 3)
    await dispatch.drain()
    assert len(await told(dispatch)) == 5
    # The old lead has lost it, the new one signs and has its full time.
    assert (await try_to(await dispatch.visitor("department", unit=OLD), cases[2], "sign")).status_code == 404
    signed = await do(await dispatch.visitor("department", unit=NEW), cases[2], "sign")
    assert [clock["state"] for clock in signed["clocks"] if clock["kind"] == "sign"] == ["met"]


async def test_the_next_process_finishes_what_a_cut_left(still: Single) -> None:
    cases = await opened(still, *(Order(f"ord_{n}") for n in range(5)))
    await swap(still, moved(2), 2)
    # Only the follower's own places: the service's other workers are alive.
    steps = [
        *(("follow.begun", 1), ("follow.committed", 1), ("follow.seen", 1), ("follow.told", 1), ("follow.kept", 1)),
        *(("follow.committed", 1), ("follow.told", 1), ("follow.kept", 1), ("follow.committed", 2)),
    ]
    for step, at in steps:
        failpoints.arm(step, cut(at))
        with pytest.raises(PowerCut):
            await turns(follower(still), 6)
        failpoints.disarm()
    other = follower(still)
    while not await other.idle():
        await other.turn()
    assert Counter(event.subject for event in await told(still)) == {case["case_id"]: 1 for case in cases}
    assert {case["lead"] for case in await cases_of(still)} == {NEW}


async def test_two_processes_at_once_harm_nothing(still: Single) -> None:
    cases = await opened(still, *(Order(f"ord_{n}") for n in range(21)))
    await swap(still, moved(2), 2)
    both = follower(still), follower(still)
    while not await both[0].idle():
        await asyncio.gather(*(one.turn() for one in both))
    assert Counter(event.subject for event in await told(still)) == {case["case_id"]: 1 for case in cases}


async def waiting(one: Single, count: int = 1) -> None:
    """Until so many wait for a lock."""
    blocked = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    async with asyncio.timeout(20):
        while True:
            async with one.service.db.reading() as tx:
                if (await tx.execute(blocked)).scalar_one() >= count:
                    return
            await asyncio.sleep(0.01)


async def test_signed_at_the_same_moment_first_one_wins(still: Single) -> None:
    first, second = await opened(still, Order("ord_1"), Order("ord_2"))
    await swap(still, moved(2), 2)
    squad = await still.visitor("department", unit=OLD)
    other = follower(still, 10)
    assert await other.turn(), "begun"
    # The signature is being committed while the follower comes to the case.
    row = text("SELECT 1 FROM cases WHERE case_id = :id FOR UPDATE")
    async with still.service.db.transaction() as tx:
        await tx.execute(row, {"id": second["case_id"]})
        signing = asyncio.create_task(do(squad, second, "sign"))
        await waiting(still)
        walking = asyncio.create_task(other.turn())
        await waiting(still, 2)
    await asyncio.gather(signing, walking)
    after = {case["case_id"]: case for case in await cases_of(still)}
    assert (after[second["case_id"]]["lead"], after[second["case_id"]]["state"]) == (OLD, "signed")
    assert (after[first["case_id"]]["lead"], after[first["case_id"]]["state"]) == (NEW, "dispatched")
    assert {event.subject: event.data["reason"] for event in await told(still)} == {
        first["case_id"]: "not_signed",
        second["case_id"]: "first_receiver",
    }


async def test_rerouted_at_the_same_moment_the_late_signature_is_refused(still: Single) -> None:
    [case] = await opened(still, Order("ord_1"))
    squad = await still.visitor("department", unit=OLD)
    assert still.service.copy is not None
    await swap(still, moved(2), 2)
    async with still.service.db.transaction() as tx:
        fabric = still.service.copy.current
        assert fabric is not None
        work = Work(Record(AT), fabric, AT, b"secret")
        assert await look_at(tx, Outbox(lambda: None), work, BUILT_IN, [case["case_id"]]) == 1
        signing = asyncio.create_task(try_to(squad, case, "sign"))
        await waiting(still)
    assert (await signing).status_code == 404
    assert (await cases_of(still))[0]["lead"] == NEW
    assert await names(still, case["case_id"]) == ["case.opened", "case.dispatched", "case.rerouted"]


async def test_a_walk_waits_for_those_who_are_opening_cases(still: Single) -> None:
    await swap(still, moved(2), 2)
    other = follower(still)
    async with still.service.db.transaction() as tx:
        assert await followed.opening(tx) < Ground(2)
        walking = asyncio.create_task(other.turn())
        await waiting(still)
        assert not walking.done()
    assert await walking


async def test_opened_by_a_process_that_does_not_know_yet(dispatch: Single) -> None:
    """Another process has walked over version 2 already; this one still holds the first."""
    async with dispatch.service.db.transaction() as tx:
        await followed.begin(tx, Walk(Ground(2), done=True))
    [case] = await opened(dispatch, Order("ord_1"))
    assert (case["lead"], case["fabric_version"]) == (OLD, 1)
    await swap(dispatch, moved(2), 2)
    await dispatch.drain()
    [case] = await cases_of(dispatch)
    assert (case["lead"], case["fabric_version"]) == (NEW, 2)
    async with dispatch.service.db.reading() as tx:
        assert not (await followed.late(tx, 10)).ids


async def test_a_date_comes_without_any_publication(database_url: str) -> None:
    async with single(build, DispatchSettings, database_url, fabric=False) as one:
        since = AT + timedelta(hours=1)
        await swap(one, moved(1, since=since), 1)
        [case] = await opened(one, Order("ord_1"))
        assert case["lead"] == OLD
        await one.advance(timedelta(minutes=59))
        assert await told(one) == []
        await one.advance(timedelta(hours=1))
        [event] = await told(one)
        assert (event.time, event.data["previous"], event.data["lead"]) == (since, OLD, NEW)
        assert (event.data["fabric_before"], event.data["fabric_after"]) == (1, 1)
        assert event.data["text"].startswith("第1版网格有划分按日期变更，")
        async with one.service.db.reading() as tx:
            timers = await tx.execute(text("SELECT state FROM timer WHERE kind = :kind"), {"kind": DATED})
            assert timers.scalars() == ["fired"]


@pytest.mark.tampers
async def test_a_case_that_cannot_be_read_stops_nobody(dispatch: Single) -> None:
    cases = await opened(dispatch, *(Order(f"ord_{n}") for n in range(7)))
    broken = sorted(case["case_id"] for case in cases)[3]
    async with dispatch.service.db.transaction() as tx:
        await tx.execute(text("UPDATE cases SET dispute = '{}' WHERE case_id = :id"), {"id": broken})
    await swap(dispatch, moved(2), 2)
    await dispatch.drain()
    assert {event.subject for event in await told(dispatch)} == {case["case_id"] for case in cases} - {broken}
