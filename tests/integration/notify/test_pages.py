"""An emergency reaches people: each page once, by the way there is, until somebody answers."""

import functools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

from sqlalchemy import text
from standardwebhooks import Webhook

from services.fabric.entries import MANIFEST, entry_hash
from services.fabric.manifest import encode_manifest
from services.fabric.people import Person, encode_person
from services.kit.contracts.cases import WhistleCall, WhistlePage
from services.kit.sealing import STAFF, Seal
from services.notify.domain.pages import TRIES
from services.notify.main import build
from services.notify.settings import NotifySettings
from tests.harness.single import SECRET, publish_fabric, single
from tests.harness.staffed import staffed_entries
from tests.harness.zhenru import AT
from tests.integration.notify.conftest import Notify, RealTime
from tests.integration.notify.receiving import Receiver
from tests.integration.notify.stories import Story, case

SIGNED_WITH = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
NUMBERS = {"FIRE-01": "13800000001", "FIRE-02": "13800000002"}


def _entries() -> dict[str, bytes]:
    """Firemen whose cards hold numbers, the third has none."""
    held = {key: value for key, value in staffed_entries().items() if key.partition("/")[0] != MANIFEST}
    seal = Seal(SECRET, STAFF)
    for code in ("FIRE-01", "FIRE-02", "FIRE-03"):
        channels = {"phone": NUMBERS[code]} if code in NUMBERS else {}
        card: dict[str, Any] = {"name": "值班员", "channels": channels, "languages": [], "party_member": None}
        held.update([encode_person(Person(code, "ZR-FIRE", "firefighter", sealed=seal.seal_json(code, card)))])
    return held | dict(encode_manifest(2, AT, {key: entry_hash(value) for key, value in held.items()}))


@asynccontextmanager
async def _staffed(database_url: str, **more: object) -> AsyncIterator[Notify]:
    real = RealTime()
    async with single(functools.partial(build, real=real), NotifySettings, database_url, more=more) as one:
        await publish_fabric(one.bus, _entries())
        copy = one.service.copy
        assert copy is not None
        assert await copy.wait_for(2, 30)
        yield Notify(one, real, await one.visitor("admin"))


def _calls(state: str) -> list[Any]:
    return [WhistleCall.model_validate({"unit": "ZR-FIRE", "state": state})]


def _round(story: Story, number: int, *people: str | None) -> Any:
    pages = [WhistlePage(of="ZR-FIRE", unit="ZR-FIRE", person=person) for person in people]
    more = {"need": "楼道电瓶车起火", "kind": "emergency", "calls": _calls("called")}
    return story.tell("whistle.paged", round=number, pages=pages, **more)


async def test_each_page_goes_out_once_to_the_next_person_too_until_somebody_answers(
    database_url: str, receiver: Receiver
) -> None:
    async with _staffed(database_url, sms_gateway=receiver.url, gateway_secret=SIGNED_WITH) as notify:
        story = case(1)
        first = _round(story, 1, "FIRE-01")
        await notify.publish(first, first)
        call = (await receiver.until(1))[0]
        Webhook(SIGNED_WITH).verify(call.body, call.headers)
        assert (call.event["channel"], call.event["to"], call.event["round"]) == ("sms", NUMBERS["FIRE-01"], 1)
        assert "楼道电瓶车起火" in call.event["text"]
        assert "马上应哨" in call.event["text"]
        await notify.settled(1, state="delivered")
        await notify.publish(_round(story, 2, "FIRE-01", "FIRE-02"))
        calls = await receiver.until(3)
        assert sorted(call.event["to"] for call in calls[1:]) == sorted(NUMBERS.values())
        assert len({call.message_id for call in calls}) == 3
        await notify.settled(3, state="delivered")
        # The gateway fails: the next round waits to be tried again when an answer comes.
        receiver.status = 503
        await notify.publish(_round(story, 3, "FIRE-01", "FIRE-02"))
        await receiver.until(5)
        assert {row["attempts"] for row in await notify.settled(2, state="pending")} == {1}
        await notify.publish(story.tell("whistle.accepted", calls=_calls("accepted")))
        stopped = await notify.settled(2, state="cancelled")
        assert {row["error"] for row in stopped} == {"已有人应，不再呼叫"}
        await notify.later(timedelta(days=1))
        await notify.one.drain()
        assert len(receiver.calls) == 5
        async with notify.one.service.db.reading() as tx:
            rows = (await tx.execute(text("SELECT CAST(d AS text) AS d FROM notify.delivery d"))).scalars()
            assert not [row for row in rows for number in NUMBERS.values() if number in row], "numbers rest sealed"
            assert (await tx.execute(text("SELECT count(*) FROM notify.line"))).scalar_one() == 0


async def test_a_gateway_that_fails_is_tried_again_and_does_not_hold_up_the_next_round(
    database_url: str, receiver: Receiver
) -> None:
    async with _staffed(database_url, sms_gateway=receiver.url) as notify:
        story = case(1)
        receiver.status = 503
        await notify.publish(_round(story, 1, "FIRE-01"))
        await notify.settled(1, state="pending")
        receiver.status = 200
        await notify.publish(_round(story, 2, "FIRE-01"))
        await notify.settled(1, state="delivered")
        await notify.settled(1, state="cancelled")
        receiver.status = 503
        await notify.publish(_round(story, 3, "FIRE-01"))
        for tries in range(1, TRIES):
            while [row["attempts"] for row in await notify.settled(1, state="pending")] != [tries]:
                notify.engine.wake()
            await notify.later(timedelta(hours=1))
            await receiver.until(2 + tries + 1)
        [row] = await notify.settled(1, state="failed")
        assert (row["attempts"], row["error"]) == (TRIES, "对方答复 503")


async def test_where_nothing_is_configured_the_delivery_says_so(database_url: str, receiver: Receiver) -> None:
    async with _staffed(database_url) as notify:
        await notify.publish(_round(case(1), 1, "FIRE-01", "FIRE-03", None))
        rows = await notify.settled(3, state="failed")
        assert {row["attempts"] for row in rows} == {1}
        assert all(row["error"].startswith("unconfigured：没有配置短信网关") for row in rows)
        assert [row["receiver"] for row in rows] == ["wh_01/1/FIRE-01", "wh_01/1/FIRE-03", "wh_01/1/ZR-FIRE"]
        assert {row["unit"] for row in rows} == {"ZR-FIRE"}
    async with _staffed(database_url, sms_gateway=receiver.url) as notify:
        again = await notify.admin.post(f"/notify/v1/deliveries/{rows[0]['id']}/retry")
        assert again.status_code == 200, again.text
        assert (await receiver.until(1))[0].event["to"] == NUMBERS["FIRE-01"]
        again = await notify.admin.post(f"/notify/v1/deliveries/{rows[1]['id']}/retry")
        assert again.status_code == 200, again.text
        rows = await notify.settled(2, state="failed")
        assert any(row["error"].startswith("unconfigured：人员卡里没有") for row in rows)
