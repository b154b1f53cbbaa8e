"""The contract's part on notify, tried from outside with a receiver on this machine."""

import asyncio
import json
from typing import Any

import httpx
import pytest
import pytest_asyncio
from standardwebhooks import Webhook

from tests.contract.http.test_dispatch import DONE
from tests.contract.http.town import NAME, PHONE, SHOP, Json, Town, ok
from tests.harness.listening import listening
from tests.integration.notify.receiving import Call, Receiver, receiving

pytestmark = pytest.mark.timeout(120)
SUBSCRIPTIONS, DELIVERIES = "/notify/v1/subscriptions", "/notify/v1/deliveries"


@pytest_asyncio.fixture
async def receiver() -> Any:
    async with receiving() as made:
        yield made


async def subscribe(town: Town, unit: str, target: str, **more: Any) -> Json:
    who = await town.key("department", unit)
    body = {"unit": unit, "kind": "webhook", "target": target} | more
    return dict(ok(await who.post(SUBSCRIPTIONS, json=body), 201))


async def until(town: Town, who: httpx.AsyncClient, made: Json, state: str, count: int = 1) -> list[Json]:
    """Deliveries of this subscription in this state, once there are so many; the oldest first."""
    async with asyncio.timeout(30):
        while True:
            await town.running.drain()
            listed = ok(await who.get(DELIVERIES, params={"state": state, "limit": 1000}))["items"]
            found = [one for one in listed if one["receiver"] == made["id"]]
            if len(found) >= count:
                return found[::-1]


def signed(secret: str, call: Call) -> Json:
    """Raises when the signature is not of this secret."""
    Webhook(secret).verify(call.body, call.headers)
    return call.event


async def test_a_units_events_in_order_from_any_token(town: Town) -> None:
    case = await town.case()
    unit = case["lead"]
    lead = await town.lead(case)
    path = f"/notify/v1/units/{unit}/events"
    whole = await town.feed(unit)
    assert [event["type"] for event in whole if event["subject"] == case["case_id"]] == [
        "duoge.case.opened.v1",
        "duoge.case.dispatched.v1",
    ]
    paged: list[Json] = []
    after: str | None = None
    while True:
        page = ok(await lead.get(path, params={"limit": 1} | ({"after": after} if after else {})))
        if not page["items"]:
            break
        assert set(page) == {"items", "next"}
        paged += page["items"]
        after = page["next"]
    assert paged == whole
    waiting = asyncio.create_task(lead.get(path, params={"after": after, "wait": 20}))
    await town.do(lead, case, "sign")
    await town.running.drain()
    [event] = ok(await waiting)["items"]
    assert event["type"] == "duoge.case.signed.v1"
    assert {"specversion", "id", "type", "source", "subject", "time", "data", "sequence"} <= set(event)
    assert (await lead.get(path, params={"after": "garbage"})).status_code == 400
    station = await town.key("department", unit.rpartition("-")[0])
    assert (await station.get(path)).status_code == 200
    for role, other in (("department", "QP-ECO"), ("volunteer", "ZR-G4-VOL"), ("source", None)):
        stranger = await town.key(role, other, "sh12345" if role == "source" else None)
        assert (await stranger.get(path)).status_code == 404
    assert (await (await town.desk()).get("/notify/v1/units/NOBODY/events")).status_code == 404


async def test_a_stream_goes_on_where_it_was_left(town: Town) -> None:
    case = await town.case()
    lead = await town.lead(case)
    page = ok(await lead.get(f"/notify/v1/units/{case['lead']}/events", params={"limit": 1000}))
    headers = {"Accept": "text/event-stream", "Authorization": lead.headers["authorization"]}
    async with (
        listening(town.running.whole.app) as address,
        httpx.AsyncClient(base_url=address, headers=headers) as http,
    ):
        where = f"/notify/v1/units/{case['lead']}/events"
        async with http.stream("GET", where, params={"after": page["next"]}, timeout=20) as stream:
            assert stream.headers["content-type"].startswith("text/event-stream")
            await town.do(lead, case, "sign")
            await town.running.drain()
            lines = stream.aiter_lines()
            told = [line async for line in _first(lines, "data: ")]
    assert json.loads(told[0].removeprefix("data: "))["type"] == "duoge.case.signed.v1"


async def _first(lines: Any, beginning: str) -> Any:
    async for line in lines:
        if line.startswith(beginning):
            yield line
            return


async def test_webhooks_are_signed_filtered_and_in_order(town: Town, receiver: Receiver) -> None:
    case = await town.case()
    lead = await town.lead(case)
    grid = case["place"]["grids"]["duty"]
    chosen = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    every = await subscribe(town, case["lead"], f"{receiver.url}/all")
    some = await subscribe(
        town,
        case["lead"],
        f"{receiver.url}/some",
        secret=chosen,
        filter={"types": ["case.resolved", "duoge.case.contacted.v1"], "concerns": ["GL-03"], "grids": [grid]},
    )
    none = await subscribe(town, case["lead"], f"{receiver.url}/none", filter={"grids": ["none"]})
    assert some["secret"] == chosen
    await town.do(lead, case, "sign", "contact")
    await town.do(lead, case, "resolve", note=f"已联系{NAME}，电话{PHONE}", **DONE)
    await until(town, lead, every, "delivered", 3)
    await until(town, lead, some, "delivered", 2)
    ours = [call.event for call in receiver.calls if call.headers["webhook-id"].endswith(every["id"])]
    theirs = [call for call in receiver.calls if call.headers["webhook-id"].endswith(some["id"])]
    assert [event["type"].split(".")[2] for event in ours] == ["signed", "contacted", "resolved"]
    assert [signed(chosen, call)["type"].split(".")[2] for call in theirs] == ["contacted", "resolved"]
    for call in receiver.calls:
        signed(chosen if call in theirs else every["secret"], call)
        assert call.headers["content-type"].startswith("application/cloudevents+json")
        assert NAME not in call.body
        assert PHONE not in call.body
    assert ours == [event for event in await town.feed(case["lead"], case["case_id"]) if event["sequence"] > 2]
    for made in (every, some, none):
        assert (await lead.delete(f"{SUBSCRIPTIONS}/{made['id']}")).status_code == 204


async def test_a_receiver_that_fails_is_tried_again_and_may_end_it(town: Town, receiver: Receiver) -> None:
    case = await town.case()
    lead = await town.lead(case)
    receiver.status = 500
    made = await subscribe(town, case["lead"], receiver.url)
    await town.do(lead, case, "sign")
    [waiting] = await until(town, lead, made, "pending")
    await receiver.until(1)
    while not (shown := ok(await lead.get(f"{DELIVERIES}/{waiting['id']}")))["status"]:
        pass
    assert (shown["state"], shown["status"]) == ("pending", 500)
    receiver.status = 204
    stranger = await town.key("department", "QP-ECO")
    assert (await stranger.post(f"{DELIVERIES}/{waiting['id']}/retry")).status_code == 404
    ok(await lead.post(f"{DELIVERIES}/{waiting['id']}/retry"))
    await until(town, lead, made, "delivered")
    assert len({call.message_id for call in receiver.calls}) == 1, "doubles carry the same id"
    refused = await lead.post(f"{DELIVERIES}/{waiting['id']}/retry")
    assert (refused.status_code, refused.json()["state"]) == (409, "delivered")
    receiver.status = 410
    await town.do(lead, case, "contact")
    await until(town, lead, made, "failed")
    assert ok(await lead.get(f"{SUBSCRIPTIONS}/{made['id']}"))["state"] == "gone"


async def test_what_can_not_be_subscribed(town: Town) -> None:
    unit = "ZR-POLICE"
    who = await town.key("department", unit)
    base = {"unit": unit, "kind": "webhook", "target": "https://example.org/hook"}
    for more, status in (
        ({"unit": "ZR-MARKET"}, 404),
        ({"unit": "NOBODY"}, 404),
        ({"target": "ftp://example.org"}, 422),
        ({"kind": "pigeon"}, 422),
        ({"filter": {"types": ["case.vanished"]}}, 422),
        ({"filter": {"colour": []}}, 422),
    ):
        answer = await who.post(SUBSCRIPTIONS, json=base | more)
        assert answer.status_code == status, more


async def test_the_source_is_called_back_at_every_turn(town: Town, receiver: Receiver) -> None:
    admin = await town.key("admin")
    made = ok(await admin.post("/grids/v1/keys", json={"name": "12345", "role": "source", "source": "sh12345"}), 201)
    case = await town.case(callback_url=receiver.url, content=f"我叫{NAME}，电话{PHONE}，生鲜店夜间卸货噪声很大")
    lead, desk = await town.lead(case), await town.desk()
    await town.do(lead, case, "sign", "contact")
    await town.do(lead, case, "resolve", **DONE)
    await town.do(desk, case, "verify")
    await town.do(desk, case, "close")
    await town.running.drain()
    mine = {case["case_id"], case["orders"][0]}

    def heard() -> list[Json]:
        calls = [call for call in receiver.calls if call.event["subject"] in mine]
        return [signed(made["webhook_secret"], call) for call in calls]

    async with asyncio.timeout(20), receiver.came:
        await receiver.came.wait_for(lambda: len(heard()) >= 4)
    assert [event["type"] for event in heard()] == [
        *("duoge.order.accepted.v1", "duoge.case.dispatched.v1", "duoge.case.resolved.v1", "duoge.case.closed.v1"),
    ]
    assert NAME not in str(heard())
    assert PHONE not in str(heard())
    back = await town.case(callback_url=receiver.url)
    order = f"/intake/v1/orders/{back['orders'][0]}"
    ok(await desk.post(f"{order}/return", json={"reason": "不属本街道", "proposal": "请转区水务局"}))
    await town.running.drain()
    async with asyncio.timeout(20), receiver.came:
        await receiver.came.wait_for(
            lambda: "duoge.order.returned_to_source.v1" in [call.event["type"] for call in receiver.calls]
        )
    source = await town.source()
    seen = ok(await source.get(DELIVERIES, params={"limit": 1000}))["items"]
    assert {one["kind"] for one in seen} == {"callback"}


async def test_a_unit_let_go_does_not_silence_the_others(town: Town) -> None:
    case, desk = await town.case(), await town.desk()
    here = {"lon": case["place"]["lon"], "lat": case["place"]["lat"]}
    whistle = await town.blow(desk, "QP-ECO", "QP-WATER", case_id=case["case_id"], meet=here)
    for unit in ("QP-ECO", "QP-WATER"):
        ok(await town.step(await town.key("department", unit), whistle, "report-in", unit=unit, **here))
    ok(await town.step(await town.key("department", "QP-ECO"), whistle, "done", unit="QP-ECO"))
    ok(await town.step(desk, whistle, "release", unit="QP-ECO"))
    await town.do(await town.lead(case), case, "sign")
    last = (await town.feed("QP-WATER", case["case_id"]))[-1]
    assert last["type"] == "duoge.case.signed.v1"
    assert SHOP
