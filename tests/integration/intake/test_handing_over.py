"""Cries for help: handed over at once, sent again until there is a receipt, raised to the desk."""

import asyncio
from datetime import timedelta

import httpx
import pytest

from services.intake.rounds import HandingOver
from services.kit.contracts.topics import ORDERS
from services.kit.outbox import Outbox
from tests.harness.single import Single
from tests.integration.intake.made import order, posted, read

CRY = "兰溪路生鲜店门口有人持刀伤人，快来"


async def handed(client: httpx.AsyncClient, **more: str) -> list[dict[str, object]]:
    answer = await client.get("/intake/v1/handovers", params=more)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


async def test_at_once_and_again_until_there_is_a_receipt(
    intake: Single, source: httpx.AsyncClient, desk: httpx.AsyncClient
) -> None:
    told = await posted(source, order(content=CRY, channel="alarm_110"))
    await intake.drain()
    (one,) = await handed(desk, state="open")
    assert (one["order_id"], one["service"], one["attempts"], one["raised"]) == (told["order_id"], "110", 1, False)
    units = one["units"]
    assert isinstance(units, list)
    assert len(units) == 1
    await intake.advance(timedelta(minutes=16))
    (one,) = await handed(desk)
    assert (one["attempts"], one["raised"]) == (3, True)
    assert "ZR-OPS" in one["units"]  # type: ignore[operator]
    police = await intake.visitor("department", unit=units[0])
    path = f"/intake/v1/handovers/{one['handover_id']}/acknowledge"
    answers = await asyncio.gather(*(police.post(path, json={"receipt": "派出所已出警 13812345678"}) for _ in range(2)))
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    await intake.advance(timedelta(days=2))
    (one,) = await handed(desk, state="acknowledged")
    assert one["attempts"] == 3
    assert "13812345678" not in str(one["receipt"])
    events = [event for event in await intake.events(ORDERS.name) if event.subject == told["order_id"]]
    assert [event.data["attempt"] for event in events if event.name == "order.handed_over"] == [1, 2, 3]
    assert [event.sequence for event in events] == list(range(1, len(events) + 1))
    assert all(CRY not in str(event.data) for event in events if event.name == "order.handed_over")
    progress = (await read(source, told["order_id"]))["progress"]
    assert "已有回执" in progress[-1]["text"]


@pytest.mark.parametrize("place", [{}, {"location": None, "address": None}, {"location": {"lon": 121.9, "lat": 31.9}}])
async def test_whatever_else_is_unsure(intake: Single, source: httpx.AsyncClient, place: dict[str, object]) -> None:
    told = await posted(source, order(content="有人要跳楼，快来人", **place))
    await intake.drain()
    supervisor = await intake.visitor("supervisor", unit="QP")
    assert [one["order_id"] for one in await handed(supervisor)] == [told["order_id"]]


async def test_what_is_no_cry_is_not_handed_over(intake: Single, source: httpx.AsyncClient) -> None:
    await posted(source, order(content="非警务警情：兰溪路生鲜店夜间噪声扰民", channel="alarm_110"))
    await intake.drain()
    assert await handed(await intake.visitor("admin")) == []


async def test_who_sees_and_acknowledges(intake: Single, source: httpx.AsyncClient, desk: httpx.AsyncClient) -> None:
    await posted(source, order(content=CRY))
    await intake.drain()
    (one,) = await handed(desk)
    alarm, market = (
        await intake.visitor("source", source="alarm_110"),
        await intake.visitor("department", unit="ZR-MARKET"),
    )
    assert await handed(source) == await handed(market) == []
    assert [each["handover_id"] for each in await handed(alarm)] == [one["handover_id"]]
    path = f"/intake/v1/handovers/{one['handover_id']}/acknowledge"
    for client, status_code in (
        (market, 404),
        (source, 404),
        (await intake.visitor("auditor"), 403),
        (await intake.visitor("volunteer"), 403),
        (alarm, 200),
        (desk, 409),
    ):
        assert (await client.post(path, json={"receipt": "收到"})).status_code == status_code
    for where, body, status_code in (
        ("/intake/v1/handovers/x/acknowledge", {"receipt": "1"}, 404),
        (path, {"receipt": ""}, 422),
        (path, {"receipt": 1}, 422),
        (path, {}, 422),
    ):
        assert (await desk.post(where, json=body)).status_code == status_code
    lists = (await market.get("/intake/v1/handovers/lists")).json()
    assert [one["code"] for one in lists["ours_to_theirs"]] == ["110", "119", "120"]
    assert lists["theirs_to_ours"]


async def test_a_fire_at_home_goes_to_the_firemen(
    intake: Single, source: httpx.AsyncClient, desk: httpx.AsyncClient
) -> None:
    told = await posted(source, order(content="我家厨房起火了，快来人"))
    assert "119" in told["said"]
    await posted(source, order(content="楼道堆满纸板箱，怕起火了没人管"))
    await intake.drain()
    (one,) = await handed(desk)
    assert (one["order_id"], one["service"], one["units"]) == (told["order_id"], "119", ["ZR-FIRE-1"])


async def test_of_two_processes_one_hands_over(intake: Single, source: httpx.AsyncClient) -> None:
    service = intake.service
    worker = next(one for one in service.workers if one.name == "intake.handing_over")
    await worker.stop()
    told = await posted(source, order(content=CRY))
    assert service.copy is not None
    twin = HandingOver(service.db, Outbox(lambda: None), intake.clock, service.copy)
    await asyncio.gather(*(twin.turn() for _ in range(3)))
    events = [event for event in await intake.events(ORDERS.name) if event.name == "order.handed_over"]
    assert [event.subject for event in events] == [told["order_id"]]
