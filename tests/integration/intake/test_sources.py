"""What is agreed with a source: quotas, fields, defaults; and orders in a stream."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from services.kit.contracts.topics import ORDERS
from tests.harness.single import Single
from tests.integration.intake.made import order, posted, read
from tests.integration.intake.serving import serving

STREAM = "/intake/v1/orders/stream"


async def agreed(intake: Single, source: str = "sh12345", status_code: int = 201, **settings: Any) -> dict[str, Any]:
    admin = await intake.visitor("admin")
    answer = await admin.put(f"/intake/v1/sources/{source}", json=settings)
    assert answer.status_code == status_code, answer.text
    return dict(answer.json())


async def test_an_agreement_is_put_read_and_changed_by_one_of_two(intake: Single, source: httpx.AsyncClient) -> None:
    made = await agreed(intake, name="热线", per_minute=5, fields={"content": "内容描述"})
    assert made["version"] == 1
    assert made["fields"]["content"] == {"path": "内容描述", "values": {}, "format": None}
    admin = await intake.visitor("admin")
    path = "/intake/v1/sources/sh12345"
    both = await asyncio.gather(
        *(admin.put(path, json={"name": name}, headers={"If-Match": '"1"'}) for name in ("甲", "乙"))
    )
    assert sorted(one.status_code for one in both) == [200, 412]
    found = await source.get(path)
    assert found.json()["name"] in ("甲", "乙")
    assert found.headers["ETag"] == '"2"'
    assert (await (await intake.visitor("source", source="other")).get(path)).status_code == 404
    assert (await source.put(path, json={})).status_code == 403
    assert [one["source"] for one in (await admin.get("/intake/v1/sources")).json()["items"]] == ["sh12345"]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"channel": "none"}, "/channel"),
        ({"per_minute": 0}, "/per_minute"),
        ({"fields": {"nonsense": "a"}}, ""),
        ({"fields": {"content": ""}}, "/fields/content"),
        ({"fields": {"content": {"path": "a", "values": {"x": "\0"}}}}, "/fields/content"),
        ({"callback_url": "ftp://a"}, "/callback_url"),
        ({"sandbox": "yes"}, "/sandbox"),
    ],
)
async def test_bad_agreements(intake: Single, body: dict[str, Any], pointer: str) -> None:
    admin = await intake.visitor("admin")
    answer = await admin.put("/intake/v1/sources/s", json=body)
    assert answer.status_code == 422, answer.text
    assert any(one["pointer"].startswith(pointer) for one in answer.json()["errors"])


async def test_a_body_in_the_source_s_own_fields(intake: Single, source: httpx.AsyncClient) -> None:
    await agreed(
        intake,
        channel="hotline_12345",
        callback_url="https://12345.example.cn/back",
        fields={
            "external_id": "工单.编号",
            "content": "内容描述",
            "address": "/诉求地址",
            "reported_at": {"path": "工单生成时间", "format": "%Y-%m-%d %H:%M:%S"},
            "kind": {"path": "工单类型", "values": {"投诉举报类": "complaint"}},
            "reporter.phone": "来电号码",
        },
    )
    theirs = {
        "工单": {"编号": 20261123000072},
        "内容描述": "兰溪路生鲜店每晚十一点后卸货,噪声很大",
        "诉求地址": "兰溪路生鲜店",
        "工单生成时间": "2026-11-23 08:15:00",
        "工单类型": "投诉举报类",
        "来电号码": 13812345678,
        "工号": "8001",
    }
    told = await posted(source, theirs)
    assert (told["external_id"], told["status"]) == ("20261123000072", "accepted")
    whole = await read(source, told["order_id"])
    assert (whole["kind"], whole["channel"]) == ("complaint", "hotline_12345")
    assert whole["reported_at"].startswith("2026-11-23T00:15:00")
    assert (await posted(source, theirs, 200))["order_id"] == told["order_id"]
    events = await intake.events(ORDERS.name)
    assert events[-1].data["callback_url"] == "https://12345.example.cn/back"
    # Our own way of writing stays understood.
    await posted(source, order(content="楼道灯坏了", address="兰溪路生鲜店"))
    wrong = await source.post("/intake/v1/orders", json=theirs | {"工单生成时间": "昨天"})
    assert wrong.status_code == 422
    assert (await source.post("/intake/v1/orders", content=b"[1]")).status_code == 422
    assert (await source.post("/intake/v1/orders", content=b"{")).status_code == 400


async def test_a_source_that_floods_is_told_when_to_come_again(intake: Single, source: httpx.AsyncClient) -> None:
    await agreed(intake, per_minute=3, per_day=6)
    for _ in range(2):
        await posted(source, order())
    batch = await source.post("/intake/v1/orders/batch", json=[order() for _ in range(3)])
    assert [one["status_code"] for one in batch.json()["items"]] == [201, 429, 429]
    refused = await source.post("/intake/v1/orders", json=order())
    assert refused.status_code == 429
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert "每分钟最多 3 张" in refused.json()["detail"]
    assert (await source.post("/intake/v1/orders/batch", json=[order()])).status_code == 429
    # Others have their own.
    await posted(await intake.visitor("source", source="other"), order())
    await intake.advance(timedelta(minutes=1))
    for _ in range(3):
        await posted(source, order())
    await intake.advance(timedelta(minutes=1))
    over = await source.post("/intake/v1/orders", json=order())
    assert "每天最多 6 张" in over.json()["detail"]
    await intake.advance(timedelta(days=1))
    await posted(source, order())


async def test_lines_of_a_stream_are_answered_in_their_order(intake: Single, source: httpx.AsyncClient) -> None:
    bodies = [order() for _ in range(1200)]
    lines = [json.dumps(body, ensure_ascii=False).encode() for body in bodies]
    lines[7], lines[9] = b'{"external_id": 7}', b"nonsense"

    async def pieces() -> AsyncIterator[bytes]:
        whole = b"\n".join(lines) + b"\n\n"
        for start in range(0, len(whole), 70_001):
            yield whole[start : start + 70_001]

    answer = await source.post(STREAM, content=pieces(), headers={"Content-Type": "application/x-ndjson"})
    assert answer.status_code == 200
    told = [json.loads(line) for line in answer.text.splitlines()]
    assert [one["index"] for one in told] == list(range(1200))
    assert [one["status_code"] for one in told[6:11]] == [201, 422, 201, 400, 201]
    again = await source.post(STREAM, content=b"\n".join(lines[:5]), headers={"Content-Type": "application/x-ndjson"})
    assert [json.loads(line)["status_code"] for line in again.text.splitlines()] == [200] * 5


async def test_a_line_is_answered_before_the_next_one_is_sent(intake: Single, source: httpx.AsyncClient) -> None:
    """Over a real connection: the stream has no end yet."""
    async with serving(intake.service.app) as address:
        host, _, port = address.removeprefix("http://").partition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        head = f"POST {STREAM} HTTP/1.1\r\nHost: x\r\nAuthorization: {source.headers['Authorization']}\r\n"
        writer.write(f"{head}Content-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n".encode())
        for index in range(3):
            line = json.dumps(order()).encode() + b"\n"
            writer.write(b"%x\r\n%s\r\n" % (len(line), line))
            await writer.drain()
            told = b""
            while b'"index"' not in told:
                told = await asyncio.wait_for(reader.readline(), 30)
            assert json.loads(told)["index"] == index
        writer.write(b"0\r\n\r\n")
        await writer.drain()
        assert b"0\r\n" in await asyncio.wait_for(reader.readuntil(b"0\r\n\r\n"), 30)
        writer.close()


async def test_streams_that_are_refused(intake: Single, source: httpx.AsyncClient) -> None:
    assert (await source.post(STREAM, content=b"x", headers={"Content-Type": "image/png"})).status_code == 415
    assert (await (await intake.visitor("auditor")).post(STREAM, content=b"{}")).status_code == 403
    assert (await source.post(STREAM, content=b"")).text == ""
    endless = await source.post(STREAM, content=b"x" * (5 * 1024 * 1024 + 1))
    assert json.loads(endless.text)["status_code"] == 413
    await agreed(intake, per_minute=2)
    lines = b"\n".join(json.dumps(order()).encode() for _ in range(3))
    told = [json.loads(line) for line in (await source.post(STREAM, content=lines)).text.splitlines()]
    assert [one["status_code"] for one in told] == [201, 201, 429]


async def test_an_order_of_a_sandbox_goes_its_way_and_reaches_nobody(intake: Single, source: httpx.AsyncClient) -> None:
    await agreed(intake, sandbox=True, callback_url="https://12345.example.cn/back")
    told = await posted(source, order())
    assert told["status"] == "accepted"
    await intake.advance(timedelta(seconds=5))
    assert (await read(source, told["order_id"]))["status"] == "in_progress"
    await intake.advance(timedelta(seconds=5))
    await intake.advance(timedelta(seconds=5))
    whole = await read(source, told["order_id"])
    assert (whole["status"], whole["sandbox"]) == ("closed", True)
    assert [line["type"] for line in whole["progress"]][-3:] == ["case.dispatched", "case.resolved", "case.closed"]
    events = [event for event in await intake.events(ORDERS.name) if event.subject == told["order_id"]]
    assert [event.sequence for event in events] == [1, 2, 3, 4, 5]
    assert all(event.data["sandbox"] for event in events)
    assert [event.data["step"] for event in events[2:]] == ["case.dispatched", "case.resolved", "case.closed"]
    desk = await intake.visitor("duty_desk", unit="ZR-OPS")
    second = await posted(source, order())
    joined = await desk.post(f"/intake/v1/orders/{second['order_id']}/join", json={"case_id": "case_1"})
    assert joined.status_code == 422
    declined = await posted(source, order(location={"lon": 116.4, "lat": 39.9}, address=None))
    await intake.advance(timedelta(minutes=1))
    assert (await read(source, declined["order_id"]))["status"] == "declined"


async def test_a_cry_for_help_of_a_sandbox_is_handed_to_nobody(intake: Single, source: httpx.AsyncClient) -> None:
    await agreed(intake, sandbox=True)
    told = await posted(source, order(content="有人持刀伤人，快来人，救命"))
    await intake.advance(timedelta(minutes=30))
    names = [event.name for event in await intake.events(ORDERS.name) if event.subject == told["order_id"]]
    assert "order.handed_over" not in names
