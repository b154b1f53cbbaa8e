"""The source hears of its order: in order, signed with its secret, whichever topic was read first."""

import json
from typing import Any

import pytest
from aiohttp import web
from standardwebhooks import Webhook

from services.kit.contracts.envelope import Event
from services.kit.contracts.topics import ANSWERS
from services.kit.secrets import webhook_secret
from services.notify.domain.answers import Word, word_in
from tests.harness.single import SECRET
from tests.integration.notify.conftest import Notify
from tests.integration.notify.receiving import Call, Receiver
from tests.integration.notify.stories import case, order


def _names(receiver: Receiver) -> list[str]:
    return [call.event["type"].removeprefix("duoge.").removesuffix(".v1") for call in receiver.calls]


def _life(receiver: Receiver, **fields: Any) -> tuple[list[Event], list[Event]]:
    """(of the order, of its case)"""
    own, its_case = order(1, callback_url=receiver.url, **fields), case(1, **fields)
    orders = [own.tell("order.received"), own.tell("order.accepted"), own.tell("order.urged")]
    steps = [its_case.tell(name) for name in ("case.opened", "case.dispatched", "case.signed", "case.resolved")]
    return orders, [*steps, its_case.tell("case.closed")]


EXPECTED = ["order.accepted", "case.dispatched", "case.resolved", "case.closed"]


async def test_the_source_is_called_back_in_order_with_its_secret(notify: Notify, receiver: Receiver) -> None:
    orders, steps = _life(receiver)
    await notify.publish(*orders)
    await notify.publish(*steps)
    await notify.settled(4, state="delivered")
    assert _names(receiver) == EXPECTED
    for call in receiver.calls:
        Webhook(webhook_secret(SECRET, "source/sh12345")).verify(call.body, call.headers)
        assert call.message_id.endswith("_ord_01")
    assert [call.event["id"] for call in receiver.calls] == [
        *(orders[1].id, steps[1].id, steps[3].id, steps[4].id),
    ]


async def test_a_case_event_that_overtook_its_order_waits_for_it(notify: Notify, receiver: Receiver) -> None:
    orders, steps = _life(receiver)
    await notify.publish(*steps[:2])
    await notify.publish(orders[0])
    await notify.publish(*steps[2:])
    assert receiver.calls == []
    await notify.publish(*orders[1:])
    await notify.settled(4, state="delivered")
    assert _names(receiver) == EXPECTED


async def test_both_topics_in_one_batch(notify: Notify, receiver: Receiver) -> None:
    orders, steps = _life(receiver)
    await notify.publish(*steps, *orders)
    await notify.settled(4, state="delivered")
    assert _names(receiver) == EXPECTED
    await notify.publish(*orders, *steps)
    assert len(receiver.calls) == 4


async def test_declined_and_returned(notify: Notify, receiver: Receiver) -> None:
    one, two = order(1, callback_url=receiver.url), order(2, callback_url=receiver.url)
    await notify.publish(one.tell("order.declined"), two.tell("order.accepted"), two.tell("order.returned_to_source"))
    await notify.settled(3, state="delivered")
    assert sorted(_names(receiver)) == ["order.accepted", "order.declined", "order.returned_to_source"]


async def test_no_callback_url_no_callback(notify: Notify, receiver: Receiver) -> None:
    await notify.publish(case(1).tell("case.dispatched"))
    await notify.publish(order(1, callback_url=None).tell("order.accepted"))
    assert await notify.deliveries() == []


async def test_each_order_of_a_joined_case_hears_only_of_itself(notify: Notify, receiver: Receiver) -> None:
    first, second = order(1, callback_url=f"{receiver.url}/1"), order(2, callback_url=f"{receiver.url}/2")
    story = case(1, orders=["ord_01", "ord_02"], kind="report", summary="举报内容", title="举报")
    await notify.publish(first.tell("order.accepted"), second.tell("order.joined"))
    await notify.publish(story.tell("case.dispatched"), story.tell("case.resolved", measures="已查处"))
    await notify.settled(6, state="delivered")
    ours = [call.event for call in receiver.calls if call.event["subject"] == "case_01"]
    assert sorted(json.dumps(event["data"]["orders"]) for event in ours) == ['["ord_01"]'] * 2 + ['["ord_02"]'] * 2
    assert "举报内容" not in json.dumps(ours, ensure_ascii=False)
    assert {event["data"].get("measures") for event in ours} == {None, "已查处"}


async def test_gone_means_no_more_about_this_order(notify: Notify, receiver: Receiver) -> None:
    orders, steps = _life(receiver)
    receiver.status = 410
    await notify.publish(*orders)
    await notify.settled(1, state="failed")
    await notify.publish(*steps)
    assert len(await notify.deliveries()) == 1


async def test_the_source_sees_its_own_callbacks(notify: Notify, receiver: Receiver) -> None:
    await notify.publish(order(1, callback_url=receiver.url).tell("order.accepted"))
    row = (await notify.settled(1, kind="callback", state="delivered"))[0]
    assert (row["source"], row["receiver"], row["unit"]) == ("sh12345", "ord_01", None)
    own, other = await notify.one.visitor("source", source="sh12345"), await notify.one.visitor("source", source="x")
    unit = await notify.one.visitor("department", unit="ZR")
    assert len((await own.get("/notify/v1/deliveries")).json()["items"]) == 1
    assert (await own.get(f"/notify/v1/deliveries/{row['id']}")).status_code == 200
    for stranger in (other, unit):
        assert (await stranger.get("/notify/v1/deliveries")).json()["items"] == []
        assert (await stranger.get(f"/notify/v1/deliveries/{row['id']}")).status_code == 404
    assert (await notify.one.visitor("duty_desk")).headers is not None
    assert len((await (await notify.one.visitor("duty_desk")).get("/notify/v1/deliveries")).json()["items"]) == 1


async def test_a_callback_url_that_is_none_fails_and_holds_up_nothing(notify: Notify, receiver: Receiver) -> None:
    await notify.publish(
        order(1, callback_url="javascript:alert(1)").tell("order.accepted"),
        order(2, callback_url=receiver.url).tell("order.accepted"),
    )
    await receiver.until(1)
    bad = (await notify.settled(1, state="pending"))[0]
    assert bad["error"].startswith("只能向 http")


async def test_a_sandbox_is_called_back_as_if_its_case_were_real(notify: Notify, receiver: Receiver) -> None:
    own = order(1, callback_url=receiver.url, sandbox=True)
    played = case(1)
    steps = [played.tell(name) for name in ("case.dispatched", "case.signed", "case.resolved", "case.closed")]
    await notify.publish(
        own.tell("order.received"),
        own.tell("order.accepted"),
        *(own.tell("order.simulated", case_id="sandbox_01", step=one.name, data=one.data) for one in steps),
    )
    await notify.settled(4, state="delivered")
    assert _names(receiver) == EXPECTED
    assert receiver.calls[1].event["data"] == steps[0].data
    assert receiver.calls[1].event["subject"] == "sandbox_01"
    for call in receiver.calls:
        Webhook(webhook_secret(SECRET, "source/sh12345")).verify(call.body, call.headers)


async def test_a_cry_for_help_reaches_its_unit_and_its_source(notify: Notify, receiver: Receiver) -> None:
    one = order(1, callback_url=receiver.url)
    await notify.publish(one.tell("order.accepted"), one.tell("order.handed_over"), one.tell("order.told_again"))
    await notify.settled(3, state="delivered")
    assert _names(receiver) == ["order.accepted", "order.handed_over", "order.told_again"]
    [seen] = await notify.feed("ZR-POLICE-5")
    assert (seen["type"], seen["subject"]) == ("duoge.order.handed_over.v1", "ord_01")
    assert (seen["data"]["service"], seen["data"]["attempt"]) == ("110", 1)


async def test_what_the_source_answers_to_a_return_is_told_to_the_house(notify: Notify, receiver: Receiver) -> None:
    async def no(call: Call) -> web.StreamResponse:
        return web.json_response({"accepted": False, "reason": "就是你们的，找张三 13812345678"})

    receiver.answer = no
    own = order(1, callback_url=receiver.url)
    await notify.publish(own.tell("order.accepted"), own.tell("order.returned_to_source"))
    await notify.settled(2, state="delivered")
    (event,) = await notify.one.events(ANSWERS.name)
    assert (event.name, event.subject, event.sequence) == ("callback.answered", "ord_01", 1)
    assert (event.data["accepted"], event.data["source"]) == (False, "sh12345")
    assert "就是你们的" in event.data["reason"]
    assert "13812345678" not in event.data["reason"]


@pytest.mark.parametrize(
    "body",
    [b"", b"ok", b"{}", b"[]", b'{"accepted":"yes"}', b'{"accepted":1}', b'{"accepted"', b'"accepted"', b"\xff" * 99],
)
def test_other_bodies_are_no_answers(body: bytes) -> None:
    assert word_in("order.returned_to_source", body) is None


def test_a_word_to_something_else_is_none() -> None:
    assert word_in("case.closed", b'{"accepted":true}') is None
    assert word_in("order.told_again", b'{"accepted":true,"reason":7}') == Word(True, "")
