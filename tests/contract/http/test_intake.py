"""Orders as an external system posts and follows them: the contract's "Intake", line by line."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from services.fabric.datum import from_wgs84
from tests.contract.http.town import SHOP, Town, ok
from tests.harness.whole import system

ORDERS = "/intake/v1/orders"
LIMIT = 5 * 1024 * 1024
PHONE = "13800001234"
STATUSES = {
    "received", "accepted", "declined", "returned_to_source", "triage", "joined",
    "in_progress", "resolved", "closed", "reopened", "withdrawn",
}  # fmt: skip
Json = dict[str, Any]


def body(town: Town | None = None, **more: Any) -> Json:
    """The contract's example, at the shop; a value of `...` leaves its field out."""
    now = town.now if town else datetime.now().astimezone()
    told: Json = {
        "external_id": uuid4().hex,
        "channel": "hotline_12345",
        "title": "夜间噪声",
        "content": "兰溪路生鲜店每晚十一点后卸货,噪声很大",
        "reported_at": (now - timedelta(hours=1)).isoformat(),
        "location": {**SHOP, "crs": "wgs84"},
        "address": "兰溪路生鲜店",
        "reporter": {"name": "张三", "phone": PHONE, "anonymous": False, "confidential": False},
        "kind": "complaint",
        "concern": None,
        "source_urgency": None,
        "source_due": None,
        "repeat_of": None,
        "supervised": False,
        "attachments": [{"url": "https://…", "media_type": "image/jpeg"}],
        "callback_url": None,
        "extra": {},
    } | more
    return {name: value for name, value in told.items() if value is not ...}


def problem(answer: httpx.Response, status: int) -> Json:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    told: Json = answer.json()
    assert told["status"] == status
    assert told["code"]
    return told


def pointers(answer: httpx.Response) -> set[str]:
    return {error["pointer"] for error in problem(answer, 422)["errors"]}


async def posted(town: Town, status: int = 201, **more: Any) -> Json:
    return dict(ok(await (await town.source()).post(ORDERS, json=body(town, **more)), status))


async def test_an_order_is_answered_followed_and_found(town: Town) -> None:
    source, told = await town.source(), body(town)
    made = await source.post(ORDERS, json=told)
    assert made.headers["location"] == f"{ORDERS}/{ok(made, 201)['order_id']}"
    assert {"order_id", "external_id", "status", "reason", "case_id", "links"} <= set(made.json())
    await town.running.drain()
    again = ok(await source.post(ORDERS, json=told))
    assert (again["order_id"], again["status"]) == (made.json()["order_id"], "in_progress")
    assert again["case_id"]
    whole = ok(await source.get(made.headers["location"]))
    assert whole["located"]["grids"]["police"].startswith("PO")
    assert whole["classified"]["concern"] == "GL-03"
    assert whole["classified"]["words"]
    assert all({"at", "step", "text", "unit"} <= set(line) for line in whole["progress"])
    assert "satisfaction" in whole
    assert PHONE not in json.dumps(whole)
    listed = ok(await source.get(ORDERS, params={"external_id": told["external_id"]}))
    assert ([order["order_id"] for order in listed["items"]], listed["next"]) == ([whole["order_id"]], None)


async def test_the_same_id_is_one_order(town: Town) -> None:
    source, told = await town.source(), body(town)
    answers = await asyncio.gather(*(source.post(ORDERS, json=told) for _ in range(12)))
    assert sorted(answer.status_code for answer in answers) == [200] * 11 + [201]
    assert len({answer.json()["order_id"] for answer in answers}) == 1
    turned = json.dumps(dict(reversed(told.items())), indent=2).encode()
    assert (await source.post(ORDERS, content=turned)).status_code == 200
    problem(await source.post(ORDERS, json={**told, "content": "另外的话"}), 409)
    other = await town.key("source", source="another")
    assert ok(await other.post(ORDERS, json=told), 201)["order_id"] != answers[0].json()["order_id"]
    key = {"Idempotency-Key": uuid4().hex}
    assert (await source.post(ORDERS, json=told, headers=key)).status_code == 200
    problem(await source.post(ORDERS, json=body(town), headers=key), 409)


@pytest.mark.parametrize(
    ("more", "pointer"),
    [
        ({"external_id": ...}, "/external_id"),
        ({"channel": ...}, "/channel"),
        ({"content": ...}, "/content"),
        ({"reported_at": ...}, "/reported_at"),
        ({"external_id": "a\u0000b"}, "/external_id"),
        ({"channel": "telepathy"}, "/channel"),
        ({"kind": "wish"}, "/kind"),
        ({"content": ""}, "/content"),
        ({"content": "字" * 4001}, "/content"),
        ({"content": "a\u0000b"}, "/content"),
        ({"content": "a\ud800b"}, "/content"),
        ({"reported_at": "2026-11-23T08:15:00"}, "/reported_at"),
        ({"reported_at": "9999-12-31T23:59:59+08:00"}, "/reported_at"),
        ({"source_due": "soon"}, "/source_due"),
        ({"location": {"lon": SHOP["lat"], "lat": SHOP["lon"]}}, "/location/lon"),
        ({"location": {"lon": 121.4, "lat": 91}}, "/location/lat"),
        ({"location": {"lon": 1e308, "lat": 31}}, "/location/lon"),
        ({"location": {"lon": float("nan"), "lat": 31}}, "/location/lon"),
        ({"location": {"lon": 121.4, "lat": 31.2, "crs": "epsg"}}, "/location/crs"),
        ({"extra": {"n": float("inf")}}, "/extra"),
        ({"attachments": [{"url": "javascript:alert(1)", "media_type": "image/png"}]}, "/attachments/0/url"),
        ({"surprise": 1}, "/surprise"),
    ],
)
async def test_a_bad_body_is_named_by_its_pointer(town: Town, more: Json, pointer: str) -> None:
    raw = json.dumps(body(town, **more)).encode()
    source = await town.source()
    assert pointers(await source.post(ORDERS, content=raw)) == {pointer}
    [item] = ok(await source.post(f"{ORDERS}/batch", content=b"[" + raw + b"]"))["items"]
    assert (item["status_code"], item["problem"]["errors"][0]["pointer"]) == (422, pointer)


async def test_sentences_name_what_is_too_long_and_too_small(town: Town) -> None:
    source = await town.source()
    [error] = problem(await source.post(ORDERS, json=body(town, title="x" * 201)), 422)["errors"]
    assert error["detail"] == "太长，请删减"
    [error] = problem(await source.get(ORDERS, params={"limit": 0}), 422)["errors"]
    assert error["detail"] == "不能小于 1"


@pytest.mark.parametrize(
    "raw", [b"", b"nope", b"\xff\xfe", b"[" * 50_000, b'{"a":' * 50_000, "{}".encode("utf-16"), b"1" * 6000]
)
async def test_what_is_no_json_is_no_crash(town: Town, raw: bytes) -> None:
    source = await town.source()
    answers = [await source.post(ORDERS, content=raw)]
    if not raw.startswith(b"{"):  # which would be a line of NDJSON, one bad item of its own
        answers.append(await source.post(f"{ORDERS}/batch", content=raw))
    for answer in answers:
        assert answer.status_code in (400, 422), answer.text
        assert answer.headers["content-type"] == "application/problem+json"


async def test_media_types(town: Town) -> None:
    source, raw = await town.source(), json.dumps(body(town)).encode()
    for kind in ("application/xml", "application/x-www-form-urlencoded", "multipart/form-data"):
        for path in (ORDERS, f"{ORDERS}/batch"):
            problem(await source.post(path, content=raw, headers={"content-type": kind}), 415)
    assert (await source.post(ORDERS, content=b"\xef\xbb\xbf" + raw)).status_code == 201
    assert (await source.post(ORDERS, content=raw, headers={"content-type": "application/json"})).status_code == 200


async def test_five_megabytes_and_not_a_byte_more(town: Town) -> None:
    source, told = await town.source(), json.dumps(body(town)).encode()
    full = told[:-1] + b" " * (LIMIT - len(told)) + b"}"

    async def chunks(raw: bytes) -> AsyncIterator[bytes]:
        for start in range(0, len(raw), 1 << 16):
            yield raw[start : start + (1 << 16)]

    assert (await source.post(ORDERS, content=full)).status_code == 201
    assert (await source.post(ORDERS, content=chunks(full))).status_code == 200
    problem(await source.post(ORDERS, content=full + b" "), 413)
    problem(await source.post(ORDERS, content=chunks(full + b" ")), 413)


async def test_a_batch_judges_each_item_by_itself(town: Town) -> None:
    source = await town.source()
    first, second = body(town), body(town)
    sent = [
        first,
        second,
        first,
        {**first, "content": "换"},
        5,
        body(town, content=""),
        body(town, extra={"n": float("nan")}),
    ]
    raw = json.dumps(sent).encode()
    told = ok(await source.post(f"{ORDERS}/batch", content=raw))["items"]
    assert [item["index"] for item in told] == list(range(7))
    assert [item["status_code"] for item in told] == [201, 201, 200, 409, 422, 422, 422]
    assert told[0]["order_id"] == told[2]["order_id"]
    assert told[3]["problem"]["code"]
    lines = (
        b"\xef\xbb\xbf"
        + "\r\n".join([json.dumps(first, ensure_ascii=False), "", "{broken", json.dumps(second)]).encode()
    )
    answer = await source.post(f"{ORDERS}/batch", content=lines, headers={"content-type": "application/x-ndjson"})
    assert [item["status_code"] for item in ok(answer)["items"]] == [200, 400, 200]
    many = "\n".join(json.dumps(body(town)) for _ in range(1001))
    problem(await source.post(f"{ORDERS}/batch", content=many.encode()), 422)
    assert ok(await source.post(f"{ORDERS}/batch", json=[])) == {"items": []}


async def test_one_place_in_four_datums(town: Town) -> None:
    found = []
    for crs in ("wgs84", "cgcs2000", "gcj02", "bd09"):
        lon, lat = from_wgs84(SHOP["lon"], SHOP["lat"], crs)
        made = await posted(town, location={"lon": lon, "lat": lat, "crs": crs})
        located = ok(await (await town.source()).get(made["links"]["self"]))["located"]
        found.append(located["grids"])
        assert abs(located["lon"] - SHOP["lon"]) + abs(located["lat"] - SHOP["lat"]) < 1e-6
    assert found == [found[0]] * 4


async def test_outside_is_declined_and_may_be_appealed(town: Town) -> None:
    made = await posted(town, location={"lon": 116.4, "lat": 39.9}, address=None)
    assert (made["status"], made["reason"]) == ("declined", "outside")
    source = await town.source()
    appealed = ok(await source.post(made["links"]["appeal"], json={"reason": "就在街道里"}))
    assert appealed["status"] == "triage"
    desk = await town.desk()
    path = f"{ORDERS}/{made['order_id']}/triage"
    problem(await desk.post(path, json={"location": {"lon": SHOP["lat"], "lat": SHOP["lon"]}}), 422)
    assert ok(await desk.post(path, json={"location": SHOP, "concern": "GL-03"}))["status"] in ("accepted", "joined")


async def test_coordinates_win_and_a_mismatch_is_flagged(town: Town) -> None:
    made = await posted(town, location={"lon": 121.3935, "lat": 31.2524})
    located = ok(await (await town.source()).get(made["links"]["self"]))["located"]
    assert (located["how"], located["address_mismatch"], located["lon"]) == ("coordinates", True, 121.3935)


async def test_what_is_not_allowed_now_says_what_is(town: Town) -> None:
    source, desk = await town.source(), await town.desk()
    made = await posted(
        town, content="这里的路灯坏了一个月没有人修", location={"lon": 121.3935, "lat": 31.2524}, address=None
    )
    path = f"{ORDERS}/{made['order_id']}"
    refused = problem(await source.post(f"{path}/appeal", json={}), 409)
    assert refused["state"] in STATUSES
    assert "withdraw" in refused["allowed"]
    stale = {"If-Match": '"999"'}
    for header in (stale, {"If-Match": '"of-somebody-else"'}):
        problem(await source.post(f"{path}/urge", json={}, headers=header), 412)
    etag = (await source.get(path)).headers["etag"]
    assert (await source.post(f"{path}/urge", headers={"If-Match": etag})).status_code == 200
    assert (await source.post(f"{path}/supplement", json={"content": f"昨晚又来了，{PHONE}"})).status_code == 200
    problem(await source.post(f"{path}/feedback", json={"resolved": "yes", "satisfaction": "great"}), 422)
    problem(await source.post(f"{path}/return", json={"reason": "x"}), 403)
    assert pointers(await desk.post(f"{path}/join", json={"case_id": "case_nowhere"})) == {"/case_id"}
    gone = ok(await source.post(f"{path}/withdraw", json={"reason": "不要了"}))
    assert gone["status"] == "withdrawn"
    assert problem(await source.post(f"{path}/withdraw"), 409)["allowed"] == []


async def test_who_may_see_and_do_what(town: Town) -> None:
    made = await posted(town)
    path = f"{ORDERS}/{made['order_id']}"
    anonymous = town.running.visitor.anonymous()
    problem(await anonymous.get(path), 401)
    problem(await anonymous.post(ORDERS, json=body(town)), 401)
    for role, seen, revealed in (
        ("source", 404, 403),
        ("department", 404, 403),
        ("volunteer", 404, 403),
        ("auditor", 200, 403),
        ("supervisor", 200, 200),
        ("duty_desk", 200, 200),
    ):
        visitor = await town.key(role, "ZR-OPS", source="elsewhere" if role == "source" else None)
        assert (await visitor.get(path)).status_code == seen, role
        answer = await visitor.post(f"{path}/reveal", json={"reason": "电话联系"})
        assert answer.status_code == revealed, role
    assert answer.json()["phone"] == PHONE
    problem(await visitor.post(f"{path}/reveal", json={}), 422)
    for role in ("department", "volunteer", "auditor"):
        problem(await (await town.key(role, "ZR-OPS")).post(ORDERS, json=body(town)), 403)
    for odd in ("ord_x", "ord_" + "0" * 32, "%00", "x" * 400):
        problem(await visitor.get(f"{ORDERS}/{odd}"), 404)


async def test_lists_page_through_everything_once(town: Town) -> None:
    walker = await town.key("source", source=f"walker-{uuid4().hex[:6]}")
    sent = {ok(await walker.post(ORDERS, json=body(town)), 201)["order_id"] for _ in range(7)}
    await town.running.drain()
    seen: list[str] = []
    cursor: str | None = None
    while True:
        page = ok(await walker.get(ORDERS, params={"limit": 3} | ({"cursor": cursor} if cursor else {})))
        seen += [order["order_id"] for order in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert (set(seen), len(seen)) == (sent, 7)
    later = (town.now + timedelta(minutes=1)).isoformat()
    assert ok(await walker.get(ORDERS, params={"changed_after": later}))["items"] == []
    assert ok(await walker.get(ORDERS, params={"status": "declined"}))["items"] == []
    for wrong in (
        {"limit": 0},
        {"limit": 1001},
        {"status": "nope"},
        {"changed_after": "2026-11-25"},
        {"channel": "a b"},
    ):
        problem(await walker.get(ORDERS, params=wrong), 422)
    problem(await walker.get(ORDERS, params={"cursor": "zz"}), 400)


async def test_before_any_fabric_and_at_the_limit_of_the_rate(database_url: str) -> None:
    """A new district: orders wait for the map. Not `--dev`: callbacks stay outside, and whoever asks too much waits."""
    async with system(database_url, zhenru=False, more={"dev": False, "rate_limit": 10}) as running:
        fresh = Town(running)
        source = await fresh.source()
        told = body(fresh)
        made = ok(await source.post(ORDERS, json=told), 201)
        assert (made["status"], made["case_id"]) == ("received", None)
        inside = {"callback_url": "http://169.254.169.254/latest"}
        assert pointers(await source.post(ORDERS, json=body(fresh, **inside))) == {"/callback_url"}
        assert pointers(await source.post(ORDERS, json=body(fresh, location={"lon": 31.2, "lat": 121.4}))) == {
            "/location/lon"
        }
        admin = await fresh.key("admin")
        await admin.put("/grids/v1/units", json=[{"code": "QP", "name": "区", "level": "district"}])
        assert ok(await source.post(ORDERS, json=told))["status"] == "received"
        ring = [[121.3, 31.2], [121.5, 31.2], [121.5, 31.3], [121.3, 31.3], [121.3, 31.2]]
        grid = {"type": "Feature", "properties": {"code": "Z", "name": "网格", "unit": "QP"},
                "geometry": {"type": "Polygon", "coordinates": [ring]}}  # fmt: skip
        layer = {"type": "FeatureCollection", "features": [grid]}
        ok(await admin.put("/grids/v1/overlays/community", json=layer, params={"wait": "true"}))
        await running.drain()
        judged = ok(await source.get(made["links"]["self"]))
        assert judged["status"] == "in_progress"
        assert judged["located"]["grids"] == {"community": "Z"}
        answers = await asyncio.gather(*(source.get(ORDERS, params={"limit": 1}) for _ in range(200)))
        busy = [answer for answer in answers if answer.status_code == 429]
        assert busy
        assert problem(busy[-1], 429)["code"] == "too_many"
        assert int(busy[-1].headers["retry-after"]) >= 1
        problem(await admin.post("/dev/clock", json={"advance": "PT1M"}), 404)
