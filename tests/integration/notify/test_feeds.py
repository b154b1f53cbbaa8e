"""Each unit's own events: who gets what, in order, once, on its topic and over HTTP."""

import asyncio
import json
from datetime import timedelta

import httpx

from services.kit.contracts.topics import QUARTER
from services.notify.workers.forgetting import Forgetting
from tests.harness.listening import listening
from tests.integration.notify.conftest import Notify
from tests.integration.notify.stories import COMMUNITY, LEAD, MARKET, POLICE, Story, case


async def test_a_case_reaches_lead_and_assists_in_order(notify: Notify) -> None:
    story = case(1)
    told = [story.tell("case.opened", lead=None, assists=[]), story.tell("case.dispatched"), story.tell("case.signed")]
    await notify.publish(*told)
    for unit in (LEAD, POLICE, MARKET, COMMUNITY):
        items = await notify.feed(unit)
        assert [item["id"] for item in items] == [told[1].id, told[2].id]
        assert [item["type"] for item in items] == ["duoge.case.dispatched.v1", "duoge.case.signed.v1"]
        assert items[0]["data"] == dict(told[1].data)
    assert await notify.feed("ZR-POLICE-1") == []


async def test_the_topic_carries_the_same_events_under_the_same_id(notify: Notify) -> None:
    story = case(1)
    told = [story.tell("case.dispatched"), story.tell("case.resolved")]
    await notify.publish(*told)
    on_topic = await notify.one.events(f"duoge.unit.{LEAD}")
    assert [(event.id, event.subject, event.sequence, event.type) for event in on_topic] == [
        (event.id, "case_01", event.sequence, event.type) for event in told
    ]
    assert on_topic[0].data == told[0].data
    reader = await notify.one.bus.read_all(f"duoge.unit.{LEAD}")
    records = await reader.poll(1)
    await reader.stop()
    assert {record.key for record in records} == {"case_01"}
    assert records[0].headers["ce_id"] == told[0].id
    assert records[0].headers["content-type"].startswith("application/json")


async def test_a_unit_that_comes_later_learns_what_it_is_about(notify: Notify) -> None:
    story = case(1)
    await notify.publish(
        story.tell("case.dispatched", title="夜间卸货", summary="每晚十一点后卸货"),
        story.tell("case.transferred", lead="ZR-POLICE-1", previous=LEAD, assists=[]),
        story.tell("case.progressed", lead="ZR-POLICE-1", assists=[]),
    )
    new = await notify.feed("ZR-POLICE-1")
    assert [item["data"]["title"] for item in new] == ["夜间卸货", "夜间卸货"]
    assert new[0]["data"]["summary"] == "每晚十一点后卸货"
    # Those who left saw that they did, and no more.
    for unit in (LEAD, POLICE):
        assert [item["type"].split(".")[2] for item in await notify.feed(unit)] == ["dispatched", "transferred"]


async def test_called_units_stay_in_the_picture_until_the_whistle_is_over(notify: Notify) -> None:
    story, fire = case(1, assists=[]), "ZR-FIRE"
    calls = [{"unit": fire, "state": "called"}]
    await notify.publish(
        story.tell("case.dispatched"),
        story.tell("whistle.blown", calls=calls, unit=None),
        story.tell("case.progressed"),
        story.tell("whistle.missing", calls=calls, unit=fire),
        story.tell("whistle.escalated", calls=calls, unit=fire, escalated_to=["QP-FIRE", "QP"]),
        story.tell("whistle.released", calls=calls, whistle_state="released"),
        story.tell("case.resolved"),
    )
    seen = {unit: [item["type"][6:-3] for item in await notify.feed(unit)] for unit in (LEAD, fire, "QP-FIRE")}
    assert seen[fire] == [
        *("whistle.blown", "case.progressed", "whistle.missing", "whistle.escalated", "whistle.released"),
    ]
    assert seen["QP-FIRE"] == ["whistle.escalated", "whistle.released"]
    assert len(seen[LEAD]) == 7


async def test_a_confidential_case_is_told_to_its_lead_alone(notify: Notify) -> None:
    story = case(1, kind="report", title="举报后厨用过期肉", summary="举报人说后厨用过期肉", text="后厨过期肉")
    await notify.publish(story.tell("case.dispatched"), story.tell("case.resolved", measures="查实过期肉"))
    assert "过期肉" in json.dumps(await notify.feed(LEAD), ensure_ascii=False)
    others = [
        await notify.feed(POLICE),
        [dict(event.data) for event in await notify.one.events(f"duoge.unit.{POLICE}")],
    ]
    for seen in others:
        assert len(seen) == 2
        assert "过期肉" not in json.dumps(seen, ensure_ascii=False)
    assert others[0][0]["data"]["state"] == "dispatched"
    assert "保密件" in others[0][0]["data"]["title"]


async def test_no_number_leaves_even_if_it_came(notify: Notify) -> None:
    await notify.publish(case(1).tell("case.dispatched", summary="请打13912345678", ground="身份证310107199001011234"))
    seen = json.dumps(await notify.feed(LEAD), ensure_ascii=False)
    assert "13912345678" not in seen
    assert "310107199001011234" not in seen
    assert "13912345678" not in str([event.data for event in await notify.one.events(f"duoge.unit.{LEAD}")])


async def test_a_unit_that_the_fabric_does_not_know_has_a_topic_all_the_same(notify: Notify) -> None:
    await notify.publish(case(1).tell("case.dispatched", lead="NEW-UNIT_9", assists=["不是编码", "a.b"]))
    assert [event.subject for event in await notify.one.events("duoge.unit.NEW-UNIT_9")] == ["case_01"]
    assert len(await notify.feed("NEW-UNIT_9")) == 1


async def test_every_unit_of_the_fabric_has_its_topic_before_its_first_event(notify: Notify) -> None:
    assert await notify.one.bus.end_offsets("duoge.unit.ZR-FIRE") == {0: 0}


async def test_tokens_go_on_where_they_were_given(notify: Notify) -> None:
    url = f"/notify/v1/units/{LEAD}/events"
    empty = (await notify.admin.get(url)).json()
    assert empty["items"] == []
    stories = [case(number) for number in range(1, 6)]
    await notify.publish(*(story.tell("case.dispatched") for story in stories))
    assert len((await notify.admin.get(url, params={"after": empty["next"]})).json()["items"]) == 5
    first = (await notify.admin.get(url, params={"limit": 2})).json()
    second = (await notify.admin.get(url, params={"limit": 2, "after": first["next"]})).json()
    third = (await notify.admin.get(url, params={"after": second["next"]})).json()
    pages = [*first["items"], *second["items"], *third["items"]]
    assert {item["subject"] for item in pages} == {story.subject for story in stories}
    assert len(pages) == 5
    end = (await notify.admin.get(url, params={"after": third["next"]})).json()
    assert end == {"items": [], "next": third["next"]}


async def test_a_token_of_nobody_is_refused(notify: Notify) -> None:
    await notify.publish(case(1).tell("case.dispatched"))
    other = (await notify.admin.get(f"/notify/v1/units/{POLICE}/events")).json()["next"]
    url = f"/notify/v1/units/{LEAD}/events"
    for bad in (other, "zzz", "W10", "[]", "%00", "💥", "WyJmZWVkIiwiWlItRFVUWS0zIiw5OTld"):
        answer = await notify.admin.get(url, params={"after": bad})
        assert answer.status_code == 400, bad
        assert answer.json()["code"] == "unreadable"


async def test_bad_questions(notify: Notify) -> None:
    url = f"/notify/v1/units/{LEAD}/events"
    for parameters in ({"wait": 61}, {"wait": -1}, {"wait": "nan"}, {"limit": 0}, {"limit": 5000}, {"wait": "x"}):
        assert (await notify.admin.get(url, params=parameters)).status_code == 422, parameters
    assert (await notify.admin.get("/notify/v1/units/NOBODY/events")).status_code == 404
    assert (await notify.admin.get("/notify/v1/units/a%00b/events")).status_code == 422
    assert (await notify.one.visitor.anonymous().get(url)).status_code == 401


async def test_who_may_read_a_unit(notify: Notify) -> None:
    await notify.publish(case(1).tell("case.dispatched"))
    url = f"/notify/v1/units/{LEAD}/events"
    for role in ("duty_desk", "supervisor", "auditor"):
        assert (await (await notify.one.visitor(role)).get(url)).status_code == 200, role
    parent = await notify.one.visitor("department", unit="ZR")
    own = await notify.one.visitor("department", unit=LEAD)
    assert (await own.get(url)).status_code == 200
    assert (await parent.get(url)).status_code == 200
    for other in (
        await notify.one.visitor("department", unit=POLICE),
        await notify.one.visitor("source", source="sh12345"),
        await notify.one.visitor("community"),
        await notify.one.visitor("source", unit=LEAD, source="x"),
    ):
        assert (await other.get(url)).status_code == 404


async def test_waiting_ends_with_the_next_event(notify: Notify) -> None:
    url = f"/notify/v1/units/{LEAD}/events"
    waiting = asyncio.create_task(notify.admin.get(url, params={"wait": 60}))
    while not notify.bell.listeners(LEAD):  # noqa: ASYNC110 - until the reader waits
        await asyncio.sleep(0)
    event = case(1).tell("case.dispatched")
    await notify.publish(event)
    answer = await asyncio.wait_for(waiting, 10)
    assert [item["id"] for item in answer.json()["items"]] == [event.id]
    assert notify.bell.listeners(LEAD) == 0


async def test_another_process_rings_through_the_database(notify: Notify) -> None:
    await notify.publish(case(1).tell("case.dispatched"))
    with notify.bell.listening(LEAD) as heard:
        await notify.bell.turn()
        assert heard.is_set()
        heard.clear()
        await notify.bell.turn()
        assert not heard.is_set()


async def test_a_stream_goes_on_after_the_last_event_seen(notify: Notify) -> None:
    told = [case(number).tell("case.dispatched") for number in range(1, 4)]
    await notify.publish(*told[:2])
    async with listening(notify.one.service.app) as address:
        headers = {**notify.admin.headers, "accept": "text/event-stream"}
        async with httpx.AsyncClient(base_url=address, headers=headers, timeout=20) as http:
            url = f"/notify/v1/units/{LEAD}/events"
            async with http.stream("GET", url) as stream:
                assert stream.headers["content-type"].startswith("text/event-stream")
                lines = stream.aiter_lines()
                seen = [await _event(lines) for _ in range(2)]
                await notify.publish(told[2])
                seen.append(await _event(lines))
            assert {event["id"] for _, event in seen} == {event.id for event in told}
            async with http.stream("GET", url, headers={"Last-Event-ID": seen[0][0]}) as stream:
                lines = stream.aiter_lines()
                assert [await _event(lines) for _ in range(2)] == seen[1:]


async def _event(lines: "object") -> tuple[str, dict[str, object]]:
    token = ""
    async for line in lines:  # type: ignore[attr-defined]
        if line.startswith("id: "):
            token = line[4:]
        elif line.startswith("data: "):
            return token, json.loads(line[6:])
    raise AssertionError("the stream ended")


async def test_the_same_events_again_change_nothing(notify: Notify) -> None:
    story = case(1)
    told = [story.tell("case.dispatched"), story.tell("case.signed")]
    await notify.publish(*told)
    await notify.publish(*told)
    assert len(await notify.feed(LEAD)) == 2
    assert len(await notify.one.events(f"duoge.unit.{LEAD}")) == 2


async def test_a_whistle_without_a_case_has_its_own_key(notify: Notify) -> None:
    story = Story("wh_77", whistle_id="wh_77", case_id=None, lead=None, assists=[])
    await notify.publish(story.tell("whistle.blown", calls=[{"unit": "ZR-FIRE", "state": "called"}], unit=None))
    assert [item["subject"] for item in await notify.feed("ZR-FIRE")] == ["wh_77"]


async def test_feeds_end_with_their_topics(notify: Notify) -> None:
    await notify.publish(case(1).tell("case.dispatched"))
    token = (await notify.admin.get(f"/notify/v1/units/{LEAD}/events")).json()["next"]
    notify.real.pushed += QUARTER + timedelta(days=1)
    forgetting = next(worker for worker in notify.one.service.workers if isinstance(worker, Forgetting))
    await forgetting.turn()
    assert await notify.feed(LEAD) == []
    story = case(2)
    await notify.publish(story.tell("case.dispatched"))
    assert [item["subject"] for item in await notify.feed(LEAD, after=token)] == [story.subject]
