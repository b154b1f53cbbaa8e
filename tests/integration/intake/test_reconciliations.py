"""双向对账: a list in, what differs out, mended by the calls that it names; the lists of the night."""

import io
import json
from datetime import timedelta

import httpx
import xlsxwriter

from services.kit.contracts.topics import ORDERS
from tests.harness.single import Single
from tests.integration.intake.made import case_event, order, posted

PATH = "/intake/v1/reconciliations"


async def test_each_difference_is_mended_by_its_call(
    intake: Single, source: httpx.AsyncClient, desk: httpx.AsyncClient
) -> None:
    day = {"day": (intake.clock.now() + timedelta(hours=8)).date().isoformat()}
    late, gone, lost = [
        await posted(source, order(callback_url="http://127.0.0.1:9/", content=f"飞线充电{n}")) for n in range(3)
    ]
    await intake.publish(case_event("case.opened", "case_1", 1, "open", late["order_id"]))
    theirs = [
        {"external_id": late["external_id"], "status": "已受理"},
        {"external_id": gone["external_id"], "status": "撤单"},
        {"external_id": "E-nowhere", "status": "已受理"},
    ]
    first = await source.post(PATH, params=day, json=theirs)
    assert first.status_code == 201, first.text
    found = first.json()
    assert {(one["external_id"], one["kind"], one["action"]) for one in found["differences"]} == {
        (late["external_id"], "callback_undelivered", "tell_again"),
        (gone["external_id"], "status_differs", "withdraw"),
        ("E-nowhere", "missing_here", "post_again"),
        (lost["external_id"], "missing_there", "tell_again"),
    }
    assert (found["ours"], found["theirs"], found["acknowledged_at"]) == (3, 3, None)
    for one in found["differences"]:
        call = one["call"]
        body = order(external_id="E-nowhere") if one["action"] == "post_again" else call.get("body")
        client = source if call["by"] == "source" else desk
        assert (await client.request(call["method"], call["path"], json=body)).status_code in (200, 201)
    told = [event.subject for event in await intake.events(ORDERS.name) if event.name == "order.told_again"]
    assert sorted(told) == sorted([late["order_id"], lost["order_id"]])
    ours = (await source.get(f"{PATH}/ours", params=day)).json()["items"]
    again = await source.post(PATH, params=day, json=ours)
    assert again.status_code == 200
    assert again.json()["differences"] == []
    assert again.json()["acknowledged_by"] == "source-sh12345"


async def test_the_same_list_again_says_the_same(intake: Single, source: httpx.AsyncClient) -> None:
    raw = b'{"external_id":"E-nowhere"}\n'
    first, second = [await source.post(PATH, content=raw) for _ in range(2)]
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json()["differences"] == second.json()["differences"]
    assert len((await source.get(PATH)).json()["items"]) == 1


async def test_every_night_a_list_and_what_nobody_compared_is_raised(
    intake: Single, source: httpx.AsyncClient, desk: httpx.AsyncClient
) -> None:
    await posted(source, order())
    await posted(await intake.visitor("source", source="other"), order())
    day = (intake.clock.now() + timedelta(hours=8)).date()
    await intake.advance(timedelta(days=1))
    items = (await desk.get(PATH)).json()["items"]
    assert [(one["source"], one["day"], one["ours"], one["raised"]) for one in items] == [
        ("sh12345", day.isoformat(), 1, False),
        ("other", day.isoformat(), 1, False),
    ]
    await source.post(f"{PATH}/acknowledge", params={"day": day.isoformat()})
    await intake.advance(timedelta(days=1))
    raised = (await desk.get(PATH, params={"raised": True})).json()["items"]
    assert [one["source"] for one in raised] == ["other"]
    assert [one["source"] for one in (await source.get(PATH)).json()["items"]] == ["sh12345"]
    page = (await desk.get(PATH, params={"limit": 1})).json()
    rest = (await desk.get(PATH, params={"limit": 1, "cursor": page["next"]})).json()
    assert [one["source"] for one in (*page["items"], *rest["items"])] == ["sh12345", "other"]
    await intake.advance(timedelta(days=91))
    assert (await desk.get(PATH)).json()["items"] == []


async def test_after_an_outage_no_night_is_left_out(intake: Single, source: httpx.AsyncClient) -> None:
    day = (intake.clock.now() + timedelta(hours=8)).date()
    [sweeper] = intake.service.sweepers()
    await sweeper.stop()
    for number in range(3):
        await posted(source, order(reported_at=intake.clock.now().isoformat(), content=f"楼道飞线充电{number}"))
        intake.clock.move_to(intake.clock.now() + timedelta(days=1))
    sweeper.start()
    await intake.drain()
    days = [one["day"] for one in (await source.get(PATH)).json()["items"]]
    assert days == [(day + timedelta(days=number)).isoformat() for number in (2, 1, 0)]


async def test_a_workbook_is_a_list(intake: Single, source: httpx.AsyncClient) -> None:
    told = await posted(source, order(external_id="20261123"))
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["工单编号", "状态"])
        sheet.write_row(1, 0, [20261123, "已受理"])
    day = (intake.clock.now() + timedelta(hours=8)).date().isoformat()
    answer = await source.post(PATH, params={"day": day}, content=out.getvalue())
    assert (answer.status_code, answer.json()["differences"]) == (201, []), told


async def test_bad_input_and_roles(intake: Single, source: httpx.AsyncClient, desk: httpx.AsyncClient) -> None:
    for content, status_code in (
        (b"{", 400),
        (b"[1]", 422),
        (b"PK\x03\x04", 422),
        (json.dumps([{"external_id": "a\u0000"}]).encode(), 422),
        (b"a,b", 422),
    ):
        assert (await source.post(PATH, content=content)).status_code == status_code, content
    for day in ("0001-01-01", "9999-12-31", "yesterday"):
        assert (await source.post(PATH, params={"day": day}, json=[])).status_code == 422
        assert (await source.get(f"{PATH}/ours", params={"day": day})).status_code == 422
    assert (await desk.post(PATH, json=[])).status_code == 422
    assert (await desk.post(PATH, params={"source": "sh12345"}, json=[])).status_code == 201
    assert (await source.post(f"{PATH}/acknowledge", params={"day": "2020-01-01"})).status_code == 404
    for cursor in ("x", "W10", "WyJhIiwiYiJd"):
        assert (await source.get(PATH, params={"cursor": cursor})).status_code == 400
    for role in ("auditor", "department", "volunteer"):
        assert (await (await intake.visitor(role, unit="ZR-OPS")).post(PATH, json=[])).status_code == 403
