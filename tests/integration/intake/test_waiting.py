"""Orders that come before any fabric wait, and are judged when there is one."""

import asyncio
from collections.abc import AsyncIterator

import pytest_asyncio

from services.intake.main import build
from services.intake.sealing import Sealer
from services.intake.settings import IntakeSettings
from services.intake.usecases.waiting import accept_waiting
from services.kit.contracts.topics import ORDERS
from services.kit.outbox import Outbox
from tests.harness.single import SECRET, Single, publish_fabric, single
from tests.harness.zhenru import AT, published, zhenru, zhenru_entries
from tests.integration.intake.made import acted, order, posted, read, unclear


@pytest_asyncio.fixture
async def early(database_url: str) -> AsyncIterator[Single]:
    """Intake without any fabric."""
    async with single(build, IntakeSettings, database_url, fabric=False) as one:
        yield one


async def _fabric_comes(one: Single, version: int = 1) -> None:
    await publish_fabric(one.bus, zhenru_entries(version))
    assert one.service.copy is not None
    assert await one.service.copy.wait_for(version, 30)
    await one.drain()


async def test_an_order_waits_and_is_accepted_on_swap(early: Single) -> None:
    source = await early.visitor("source", source="sh12345")
    ids = [(await posted(source, body))["order_id"] for body in (order(), unclear(), order())]
    before = [await read(source, order_id) for order_id in ids]
    assert [one["status"] for one in before] == ["received"] * 3
    assert all(one["located"] is None and one["classified"] is None for one in before)
    assert before[0]["progress"][0]["step"] == "走访调研"
    assert [event.name for event in await early.events(ORDERS.name)] == ["order.received"] * 3
    await _fabric_comes(early)
    after = [await read(source, order_id) for order_id in ids]
    assert [one["status"] for one in after] == ["accepted", "triage", "accepted"]
    assert after[0]["located"]["grids"]["comprehensive"]
    assert after[0]["version"] == before[0]["version"] + 1
    told = [(e.name, e.sequence) for e in await early.events(ORDERS.name) if e.subject == ids[0]]
    assert told == [("order.received", 1), ("order.accepted", 2)]


async def test_an_empty_fabric_does_not_end_the_wait(early: Single) -> None:
    source = await early.visitor("source", source="sh12345")
    told = await posted(source, order())
    await publish_fabric(early.bus, published({}))
    assert early.service.copy is not None
    assert await early.service.copy.wait_for(1, 30)
    await early.drain()
    assert (await read(source, told["order_id"]))["status"] == "received"
    await _fabric_comes(early, 2)
    assert (await read(source, told["order_id"]))["status"] == "accepted"


async def test_what_was_withdrawn_meanwhile_stays_withdrawn(early: Single) -> None:
    source = await early.visitor("source", source="sh12345")
    told = await posted(source, order())
    await acted(source, told["order_id"], "withdraw", reason="已经好了")
    await _fabric_comes(early)
    assert (await read(source, told["order_id"]))["status"] == "withdrawn"


async def test_more_than_one_batch_waits(early: Single) -> None:
    source = await early.visitor("source", source="sh12345")
    answer = await source.post("/intake/v1/orders/batch", json=[order() for _ in range(450)])
    assert {item["status_code"] for item in answer.json()["items"]} == {201}
    await _fabric_comes(early)
    page = await source.get("/intake/v1/orders", params={"status": "received"})
    assert page.json()["items"] == []
    assert len(await early.events(ORDERS.name)) == 900


async def test_two_judges_take_each_order_once(early: Single) -> None:
    source = await early.visitor("source", source="sh12345")
    for _ in range(5):
        await posted(source, order())
    sealer, outbox, db = Sealer(SECRET), Outbox(lambda: None), early.service.db

    async def judge() -> int:
        async with db.transaction() as tx:
            return await accept_waiting(tx, outbox, sealer, zhenru(), AT)

    assert sum(await asyncio.gather(judge(), judge())) == 5
    sequences = [event.sequence for event in await early.events(ORDERS.name)]
    assert sorted(sequences) == [1] * 5 + [2] * 5


async def test_triage_needs_a_fabric(early: Single) -> None:
    desk = await early.visitor("duty_desk")
    told = await posted(desk, order())
    problem = await acted(desk, told["order_id"], "triage", 409, concern="GL-03")
    assert problem["state"] == "received"


async def test_unknown_channels_are_refused_also_without_a_profile(early: Single) -> None:
    source = await early.visitor("source", source="sh12345")
    await posted(source, order(channel="telepathy"), 422)


async def test_it_is_ready_and_says_that_it_has_no_fabric(early: Single) -> None:
    async with early.visitor.anonymous() as nobody:
        answer = await nobody.get("/intake/readyz")
    assert answer.json()["problems"] == {}
