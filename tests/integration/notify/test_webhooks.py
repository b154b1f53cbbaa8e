"""Webhooks: signed, in order per case, tried for days, and nobody held up by another."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest
from aiohttp import web
from sqlalchemy import text
from standardwebhooks import Webhook, WebhookVerificationError

from services.kit import failpoints
from services.notify.delivery.engine import LEASE
from services.notify.domain.retries import DELAYS, REFUSED_TRIES
from services.notify.repository import deliveries as repository
from services.notify.repository import subscriptions
from tests.integration.notify.conftest import Notify
from tests.integration.notify.receiving import Call, Receiver, receiving
from tests.integration.notify.stories import LEAD, POLICE, case

LONG = timedelta(days=2)


def _about(calls: list[Call]) -> list[tuple[str, int]]:
    return [call.about for call in calls]


async def test_a_webhook_is_signed_and_carries_the_event_of_the_feed(notify: Notify, receiver: Receiver) -> None:
    made = await notify.subscribe(LEAD, receiver.url)
    event = case(1).tell("case.dispatched")
    await notify.publish(event)
    call = (await receiver.until(1))[0]
    assert Webhook(made["secret"]).verify(call.body, call.headers) == (await notify.feed(LEAD))[0]
    assert call.message_id == f"{event.id}_{made['id']}"
    assert call.headers["content-type"].startswith("application/cloudevents+json")
    with pytest.raises(WebhookVerificationError):
        Webhook(made["secret"]).verify(call.body.replace("case_01", "case_02"), call.headers)
    row = (await notify.settled(1, state="delivered"))[0]
    assert (row["attempts"], row["status"], row["error"], row["next_at"]) == (1, 204, None, None)


async def test_a_secret_of_the_subscribers_own(notify: Notify, receiver: Receiver) -> None:
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    made = await notify.subscribe(LEAD, receiver.url, secret=secret)
    assert made["secret"] == secret
    await notify.publish(case(1).tell("case.dispatched"))
    call = (await receiver.until(1))[0]
    Webhook(secret).verify(call.body, call.headers)
    shown = (await notify.admin.get(f"/notify/v1/subscriptions/{made['id']}")).json()
    assert "secret" not in shown


async def test_a_receiver_that_comes_back_gets_everything_in_order(notify: Notify, receiver: Receiver) -> None:
    await notify.subscribe(LEAD, receiver.url)
    receiver.status = 503
    stories = [case(1), case(2)]
    told = [story.tell(name) for story in stories for name in ("case.dispatched", "case.signed", "case.resolved")]
    await notify.publish(*told)
    for delay in DELAYS[:4]:
        before = len(receiver.calls)
        await notify.settled(2, state="pending")
        await notify.later(delay * 1.2)
        await receiver.until(before + 1)
    assert set(_about(receiver.calls)) == {("case_01", 1), ("case_02", 1)}
    await notify.one.drain()
    receiver.status = 200
    receiver.calls.clear()
    await notify.later(LONG)
    await notify.settled(6, state="delivered")
    for story in stories:
        assert [each for each in _about(receiver.calls) if each[0] == story.subject] == [
            (story.subject, number) for number in (1, 2, 3)
        ]
    assert len({call.message_id for call in receiver.calls}) == 6


async def test_nobody_there_is_tried_for_days_and_then_given_up(notify: Notify, receiver: Receiver) -> None:
    await notify.subscribe(LEAD, "http://127.0.0.1:9/nobody")
    story = case(1)
    await notify.publish(story.tell("case.dispatched"), story.tell("case.signed"))
    for tries in range(1, len(DELAYS) + 1):
        row = (await notify.deliveries())[0]
        assert (row["state"], row["attempts"]) == ("pending", tries)
        await _tried(notify, tries + 1)
    rows = await notify.settled(1, state="failed")
    assert rows[0]["error"].startswith("连不上")
    assert rows[0]["attempts"] == len(DELAYS) + 1
    # Then the next of the case has its turn.
    await notify.one.drain()
    assert (await notify.deliveries())[1]["attempts"] >= 1


async def _tried(notify: Notify, attempts: int) -> None:
    await notify.later(LONG)
    while (row := (await notify.deliveries())[0])["attempts"] < attempts or row["state"] == "sending":
        notify.engine.wake()


async def test_retry_after_is_respected(notify: Notify, receiver: Receiver) -> None:
    await notify.subscribe(LEAD, receiver.url)
    receiver.status, receiver.headers = 429, {"Retry-After": "3600"}
    await notify.publish(case(1).tell("case.dispatched"))
    row = (await notify.settled(1, state="pending"))[0]
    assert row["attempts"] == 1
    assert datetime.fromisoformat(row["next_at"]) > notify.real() + timedelta(minutes=59)
    await notify.later(timedelta(minutes=61))
    await receiver.until(2)


async def test_a_refusal_is_tried_a_few_times_only(notify: Notify, receiver: Receiver) -> None:
    await notify.subscribe(LEAD, receiver.url)
    receiver.status = 400
    await notify.publish(case(1).tell("case.dispatched"))
    for tries in range(2, REFUSED_TRIES + 1):
        await _tried(notify, tries)
    assert (await notify.settled(1, state="failed"))[0]["error"] == "对方答复 400"
    assert len(receiver.calls) == REFUSED_TRIES


async def test_a_redirect_is_not_followed(notify: Notify, receiver: Receiver) -> None:
    async with receiving() as elsewhere:
        receiver.status, receiver.headers = 302, {"Location": elsewhere.url}
        await notify.subscribe(LEAD, receiver.url)
        await notify.publish(case(1).tell("case.dispatched"))
        assert (await notify.settled(1, state="pending"))[0]["status"] == 302
        assert elsewhere.calls == []


async def test_gone_ends_the_subscription_and_what_waits(notify: Notify, receiver: Receiver) -> None:
    made = await notify.subscribe(LEAD, receiver.url)
    receiver.status = 410
    story = case(1)
    await notify.publish(story.tell("case.dispatched"), story.tell("case.signed"))
    await notify.settled(1, state="failed")
    assert [row["state"] for row in await notify.deliveries()] == ["failed", "cancelled"]
    assert (await notify.admin.get(f"/notify/v1/subscriptions/{made['id']}")).json()["state"] == "gone"
    await notify.publish(story.tell("case.resolved"))
    assert len(await notify.deliveries()) == 2
    assert len(receiver.calls) == 1


async def test_a_slow_case_waits_for_its_first_and_others_go_on(notify: Notify, receiver: Receiver) -> None:
    release = asyncio.Event()

    async def slow(call: Call) -> web.StreamResponse:
        if call.about == ("case_01", 1):
            await release.wait()
        return web.Response()

    receiver.answer = slow
    await notify.subscribe(LEAD, receiver.url)
    one, two = case(1), case(2)
    told = [one.tell("case.dispatched"), one.tell("case.signed"), two.tell("case.dispatched"), two.tell("case.signed")]
    publishing = asyncio.create_task(notify.publish(*told))
    await receiver.until(3)
    assert ("case_01", 2) not in _about(receiver.calls)
    release.set()
    await publishing
    calls = await receiver.until(4)
    assert _about(calls)[-1] == ("case_01", 2)


async def test_a_slow_subscriber_delays_nobody(notify: Notify, receiver: Receiver) -> None:
    release = asyncio.Event()

    async def never(call: Call) -> web.StreamResponse:
        await release.wait()
        return web.Response()

    async with receiving() as slow:
        slow.answer = never
        await notify.subscribe(LEAD, slow.url)
        await notify.subscribe(POLICE, receiver.url)
        stories = [case(number) for number in range(1, 41)]
        publishing = asyncio.create_task(notify.publish(*(story.tell("case.dispatched") for story in stories)))
        await receiver.until(40)
        # Bounded for the one that does not answer.
        assert len(slow.calls) <= 8
        release.set()
        await publishing
        await slow.until(40)


async def test_a_sender_that_dies_is_followed_by_another(notify: Notify, receiver: Receiver) -> None:
    def once() -> None:
        failpoints.disarm()
        raise ConnectionError("killed after the call, before its result was kept")

    await notify.subscribe(LEAD, receiver.url)
    failpoints.arm("delivery.answered", once)
    event = case(1).tell("case.dispatched")
    publishing = asyncio.create_task(notify.publish(event))
    await receiver.until(1)
    rows = await notify.settled(1, state="sending")
    assert rows[0]["attempts"] == 1
    await notify.later(LEASE * 1.1)
    await receiver.until(2)
    await publishing
    row = (await notify.settled(1, state="delivered"))[0]
    assert row["attempts"] == 2
    assert len({call.message_id for call in receiver.calls}) == 1
    assert receiver.calls[0].body == receiver.calls[1].body


async def test_a_sender_that_dies_before_its_call(notify: Notify, receiver: Receiver) -> None:
    def once() -> None:
        failpoints.disarm()
        raise ConnectionError("killed after the claim, before the call")

    await notify.subscribe(LEAD, receiver.url)
    failpoints.arm("delivery.claimed", once)
    publishing = asyncio.create_task(notify.publish(case(1).tell("case.dispatched")))
    await notify.settled(1, state="sending")
    assert receiver.calls == []
    await notify.later(LEASE * 1.1)
    await receiver.until(1)
    await publishing


async def test_filters(notify: Notify, receiver: Receiver) -> None:
    await notify.subscribe(LEAD, f"{receiver.url}/a", filter={"types": ["duoge.case.dispatched.v1", "whistle.*"]})
    await notify.subscribe(LEAD, f"{receiver.url}/b", filter={"concerns": ["AQ-01"]})
    await notify.subscribe(LEAD, f"{receiver.url}/c", filter={"grids": ["duty/DU3"], "types": ["case.signed"]})
    story = case(1)
    await notify.publish(story.tell("case.dispatched"), story.tell("case.signed"), story.tell("whistle.blown"))
    rows = [(row["target"][-1], row["type"]) for row in await notify.settled(3, state="delivered")]
    assert sorted(rows) == [("a", "case.dispatched"), ("a", "whistle.blown"), ("c", "case.signed")]


async def test_the_same_batch_again_sends_nothing_twice(notify: Notify, receiver: Receiver) -> None:
    await notify.subscribe(LEAD, receiver.url)
    event = case(1).tell("case.dispatched")
    await notify.publish(event)
    await notify.publish(event)
    await notify.settled(1, state="delivered")
    assert len(receiver.calls) == 1


async def test_a_person_tries_again_or_gives_up(notify: Notify, receiver: Receiver) -> None:
    await notify.subscribe(LEAD, receiver.url)
    receiver.status = 500
    await notify.publish(case(1).tell("case.dispatched"))
    row = (await notify.settled(1, state="pending"))[0]
    url = f"/notify/v1/deliveries/{row['id']}"
    cancelled = await notify.admin.post(f"{url}/cancel")
    assert cancelled.json()["state"] == "cancelled"
    assert (await notify.admin.post(f"{url}/cancel")).json()["allowed"] == ["retry"]
    receiver.status = 200
    assert (await notify.admin.post(f"{url}/retry")).json()["state"] == "pending"
    await notify.settled(1, state="delivered")
    late = await notify.admin.post(f"{url}/retry")
    assert (late.status_code, late.json()["state"], late.json()["allowed"]) == (409, "delivered", [])
    assert (await notify.admin.post("/notify/v1/deliveries/dlv_none/retry")).status_code == 404


async def test_two_who_cancel_at_once(notify: Notify, receiver: Receiver) -> None:
    made = await notify.subscribe(LEAD, receiver.url)
    receiver.status = 500
    await notify.publish(case(1).tell("case.dispatched"))
    row = (await notify.settled(1, state="pending"))[0]
    db, now = notify.one.service.db, notify.real()
    async with db.transaction() as one:
        assert await repository.cancel(one, [made["id"]], now, row["id"]) == 1

        async def second() -> int:
            async with db.transaction() as other:
                return await repository.cancel(other, [made["id"]], now, row["id"])

        waiting = asyncio.create_task(second())
        await asyncio.sleep(0)
    assert await waiting == 0


async def test_an_ended_subscription_is_sent_nothing_more(notify: Notify, receiver: Receiver) -> None:
    made = await notify.subscribe(LEAD, receiver.url)
    receiver.status = 500
    await notify.publish(case(1).tell("case.dispatched"))
    await notify.settled(1, state="pending")
    assert (await notify.admin.delete(f"/notify/v1/subscriptions/{made['id']}")).status_code == 204
    assert [row["state"] for row in await notify.deliveries()] == ["cancelled"]
    await notify.publish(case(2).tell("case.dispatched"))
    assert len(await notify.deliveries()) == 1
    assert (await notify.admin.get("/notify/v1/subscriptions")).json()["items"] == []


async def test_a_delivery_that_was_added_while_its_subscription_ended(notify: Notify, receiver: Receiver) -> None:
    made = await notify.subscribe(LEAD, receiver.url)
    receiver.status = 500
    await notify.publish(case(1).tell("case.dispatched"))
    await notify.settled(1, state="pending")
    async with notify.one.service.db.transaction() as tx:
        await subscriptions.remove(tx, made["id"])
    await notify.later(LONG)
    row = (await notify.settled(1, state="cancelled"))[0]
    assert row["error"] == "订阅已取消"
    assert len(receiver.calls) == 1


async def test_a_secret_that_opens_no_more_fails_that_delivery_alone(notify: Notify, receiver: Receiver) -> None:
    made = await notify.subscribe(LEAD, receiver.url, secret="whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    await notify.subscribe(POLICE, receiver.url)
    async with notify.one.service.db.transaction() as tx:
        await tx.execute(
            text("UPDATE subscription SET sealed_secret = CAST(:x AS bytea) WHERE id = :id"),
            {"x": b"x" * 40, "id": made["id"]},
        )
    await notify.publish(case(1).tell("case.dispatched"))
    await receiver.until(1)
    row = (await notify.settled(1, state="pending"))[0]
    assert row["error"] == "系统出错：InvalidTag"


async def test_who_sees_deliveries_and_subscriptions(notify: Notify, receiver: Receiver) -> None:
    made = await notify.subscribe(LEAD, receiver.url)
    await notify.publish(case(1).tell("case.dispatched"))
    row = (await notify.settled(1, state="delivered"))[0]
    own, other = await notify.one.visitor("department", unit=LEAD), await notify.one.visitor("department", unit=POLICE)
    parent, auditor = await notify.one.visitor("supervisor"), await notify.one.visitor("auditor")
    for seeing in (own, parent, auditor):
        assert len((await seeing.get("/notify/v1/deliveries")).json()["items"]) == 1
        assert len((await seeing.get("/notify/v1/subscriptions")).json()["items"]) == 1
    assert (await other.get("/notify/v1/deliveries")).json()["items"] == []
    assert (await other.get("/notify/v1/subscriptions")).json()["items"] == []
    assert (await other.get(f"/notify/v1/deliveries/{row['id']}")).status_code == 404
    assert (await other.post(f"/notify/v1/deliveries/{row['id']}/retry")).status_code == 404
    assert (await other.delete(f"/notify/v1/subscriptions/{made['id']}")).status_code == 404
    assert (await auditor.delete(f"/notify/v1/subscriptions/{made['id']}")).status_code == 403
    assert (await auditor.post("/notify/v1/subscriptions", json=_body(receiver.url))).status_code == 403
    assert (await other.post("/notify/v1/subscriptions", json=_body(receiver.url))).status_code == 404
    assert (await own.post("/notify/v1/subscriptions", json=_body(receiver.url))).status_code == 201


def _body(target: str, **more: Any) -> dict[str, Any]:
    return {"unit": LEAD, "kind": "webhook", "target": target, **more}


@pytest.mark.parametrize(
    "more",
    [
        {"kind": "email", "target": "a@example.org"},
        {"kind": "sms"},
        {"kind": "wecom"},
        {"kind": "pigeon"},
        {"target": "ftp://example.org/x"},
        {"target": "file:///etc/passwd"},
        {"target": "https://"},
        {"target": "https://u:p@example.org/"},
        {"target": "https://example.org/\x00"},
        {"target": "https://[::1"},
        {"target": 7},
        {"target": "https://example.org/" + "x" * 3000},
        {"secret": "abc"},
        {"secret": "whsec_!!!!"},
        {"filter": {"types": ["case.vanished"]}},
        {"filter": {"types": ["DROP TABLE"]}},
        {"filter": {"concerns": ["a\x00b"]}},
        {"filter": {"grids": [{}]}},
        {"filter": {"other": []}},
        {"unit": "a b"},
        {"surplus": 1},
    ],
)
async def test_bad_subscriptions(notify: Notify, more: dict[str, Any]) -> None:
    answer = await notify.admin.post("/notify/v1/subscriptions", json=_body("https://example.org/") | more)
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["pointer"].startswith("/" + next(iter(more)))


async def test_bad_lists(notify: Notify) -> None:
    for parameters in ({"state": "lost"}, {"limit": 0}, {"receiver": "a\x00"}):
        assert (await notify.admin.get("/notify/v1/deliveries", params=parameters)).status_code == 422
    for cursor in ("x", "WyJhIl0", "Wy0xXQ"):
        assert (await notify.admin.get("/notify/v1/deliveries", params={"cursor": cursor})).status_code == 400
    assert (
        await notify.admin.post("/notify/v1/subscriptions", json={**_body("https://a.cn"), "unit": "NO"})
    ).status_code == 404


async def test_lists_go_on_by_cursor(notify: Notify, receiver: Receiver) -> None:
    made = [await notify.subscribe(LEAD, f"{receiver.url}/{number}") for number in range(5)]
    await notify.publish(case(1).tell("case.dispatched"))
    await notify.settled(5, state="delivered")
    for path, count in (("subscriptions", 5), ("deliveries", 5)):
        seen: list[str] = []
        cursor: dict[str, str] = {}
        while True:
            page = (await notify.admin.get(f"/notify/v1/{path}", params={"limit": 2, **cursor})).json()
            seen += [item["id"] for item in page["items"]]
            if page["next"] is None:
                break
            cursor = {"cursor": page["next"]}
        assert len(seen) == len(set(seen)) == count
    assert {item["id"] for item in made} >= set(seen) or seen


async def test_the_deliveries_of_one_unit_stand_under_it_too(notify: Notify, receiver: Receiver) -> None:
    receiver.status = 500
    for unit in (LEAD, POLICE):
        await notify.subscribe(unit, receiver.url)
    await notify.publish(case(1).tell("case.dispatched", assists=[POLICE]))
    await notify.settled(2, state="pending")
    lead, police = [await notify.one.visitor("department", unit=unit) for unit in (LEAD, POLICE)]
    path = f"/notify/v1/units/{LEAD}/deliveries"
    [row] = (await lead.get(path, params={"state": "pending"})).json()["items"]
    assert (row["unit"], row["status"]) == (LEAD, 500)
    assert (await lead.get(path, params={"state": "failed"})).json()["items"] == []
    assert (await police.get(path)).status_code == 404
    assert (await lead.post(f"{path}/{row['id']}/retry")).status_code == 200
    assert (await police.post(f"{path}/{row['id']}/retry")).status_code == 404
