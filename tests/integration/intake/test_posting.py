"""New orders: answered from disk, known again, one by one and in batches."""

import asyncio
import json
import unicodedata
from typing import Any

import httpx
import pytest

from services.kit.contracts.topics import ORDERS
from services.kit.keys import Keys
from tests.harness.single import ADMIN, SECRET, Single
from tests.harness.zhenru import AT
from tests.integration.intake.made import abusive, case_event, order, posted, read, unclear

BATCH = "/intake/v1/orders/batch"


async def test_an_order_is_accepted_located_and_told(intake: Single, source: httpx.AsyncClient) -> None:
    body = order(title="夜间噪声", kind="complaint", source_due="2026-11-30T17:00:00+08:00")
    answer = await source.post("/intake/v1/orders", json=body)
    assert answer.status_code == 201
    told = answer.json()
    assert (told["status"], told["external_id"], told["case_id"]) == ("accepted", body["external_id"], None)
    assert answer.headers["ETag"] == '"1"'
    assert answer.headers["Location"] == told["links"]["self"] == f"/intake/v1/orders/{told['order_id']}"
    whole = await read(source, told["order_id"])
    assert whole["located"]["grids"]["comprehensive"]
    assert whole["located"]["how"] == "coordinates"
    assert whole["classified"]["concern"] == "GL-03"
    assert "卸货" in whole["classified"]["words"]
    assert [line["step"] for line in whole["progress"]] == ["走访调研", "走访调研"]
    events = await intake.events(ORDERS.name)
    assert [(event.name, event.sequence) for event in events] == [("order.received", 1), ("order.accepted", 2)]
    assert events[1].data["source_due"] == "2026-11-30T09:00:00+00:00"


@pytest.mark.parametrize(
    ("body", "status", "reason", "event"),
    [
        (unclear(), "triage", "place_unclear", "order.triaged"),
        (order(location={"lon": 116.4, "lat": 39.9}, address=None), "declined", "outside", "order.declined"),
        (abusive(), "declined", "abuse", "order.declined"),
    ],
)
async def test_what_is_not_accepted_says_why(
    intake: Single, source: httpx.AsyncClient, body: dict[str, Any], status: str, reason: str, event: str
) -> None:
    told = await posted(source, body)
    assert (told["status"], told["reason"]) == (status, reason)
    assert told["said"]
    assert [one.name for one in await intake.events(ORDERS.name)] == ["order.received", event]


async def test_praise_is_noted_and_closed(intake: Single, source: httpx.AsyncClient) -> None:
    told = await posted(source, order(kind="praise", content="感谢网格员上门"))
    assert (told["status"], told["reason"]) == ("closed", "noted")
    assert [one.name for one in await intake.events(ORDERS.name)] == ["order.received"]


async def test_the_same_order_again_is_answered_with_its_present_state(
    intake: Single, source: httpx.AsyncClient
) -> None:
    body = order()
    first = await posted(source, body)
    await intake.publish(case_event("case.opened", "case_1", 1, "open", first["order_id"]))
    again = await posted(source, body, 200)
    assert (again["order_id"], again["status"], again["case_id"]) == (first["order_id"], "in_progress", "case_1")
    assert again["links"]["case"] == "/dispatch/v1/cases/case_1"
    rewritten = json.dumps(dict(reversed(body.items())), indent=2).encode()
    assert (await source.post("/intake/v1/orders", content=rewritten)).status_code == 200


async def test_another_body_under_the_same_id_is_a_conflict(source: httpx.AsyncClient) -> None:
    body = order()
    first = await posted(source, body)
    problem = await posted(source, body | {"content": "别的事情"}, 409)
    assert problem["code"] == "different_body"
    assert (await read(source, first["order_id"]))["content"] == body["content"]


async def test_an_id_is_the_sources_own(intake: Single, source: httpx.AsyncClient) -> None:
    other = await intake.visitor("source", source="other")
    body = order()
    assert (await posted(source, body))["order_id"] != (await posted(other, body))["order_id"]


@pytest.mark.parametrize("key", [None, "k-1"])
async def test_many_at_once_with_one_id_are_one_order(
    intake: Single, source: httpx.AsyncClient, key: str | None
) -> None:
    body = order()
    headers = {"Idempotency-Key": key} if key else {}
    answers = await asyncio.gather(*(source.post("/intake/v1/orders", json=body, headers=headers) for _ in range(12)))
    assert sorted(answer.status_code for answer in answers) == [200] * 11 + [201]
    assert len({answer.json()["order_id"] for answer in answers}) == 1
    assert len(await intake.events(ORDERS.name)) == 2


async def test_two_bodies_with_one_id_at_once_make_one_conflict(intake: Single, source: httpx.AsyncClient) -> None:
    body = order()
    bodies = [body, body | {"content": "别的事情,噪声扰民"}]
    answers = await asyncio.gather(*(source.post("/intake/v1/orders", json=one) for one in bodies))
    assert sorted(answer.status_code for answer in answers) == [201, 409]
    assert len({event.subject for event in await intake.events(ORDERS.name)}) == 1


async def test_an_idempotency_key_holds_for_one_body(intake: Single, source: httpx.AsyncClient) -> None:
    headers = {"Idempotency-Key": "key-1"}
    body = order()
    first = await source.post("/intake/v1/orders", json=body, headers=headers)
    again = await source.post("/intake/v1/orders", json=body, headers=headers)
    assert (first.status_code, again.status_code) == (201, 200)
    other = await source.post("/intake/v1/orders", json=order(), headers=headers)
    assert (other.status_code, other.json()["code"]) == (409, "different_body")
    elsewhere = await intake.visitor("source", source="other")
    assert (await elsewhere.post("/intake/v1/orders", json=order(), headers=headers)).status_code == 201
    # What the refused one brought has left no trace.
    assert len({event.subject for event in await intake.events(ORDERS.name)}) == 2


async def test_two_orders_with_one_key_at_once_are_one_order(intake: Single, source: httpx.AsyncClient) -> None:
    answers = await asyncio.gather(
        *(source.post("/intake/v1/orders", json=order(), headers={"Idempotency-Key": "k"}) for _ in range(6))
    )
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 5
    assert len({event.subject for event in await intake.events(ORDERS.name)}) == 1


@pytest.mark.parametrize("key", ["", "x" * 256, "a\tb"])
async def test_a_bad_idempotency_key_is_refused(source: httpx.AsyncClient, key: str) -> None:
    answer = await source.post("/intake/v1/orders", json=order(), headers={"Idempotency-Key": key})
    assert answer.status_code == 422


async def test_many_orders_at_once_are_each_answered(intake: Single, source: httpx.AsyncClient) -> None:
    bodies = [order() if number % 3 else unclear() for number in range(150)]
    answers = await asyncio.gather(*(source.post("/intake/v1/orders", json=body) for body in bodies))
    assert [answer.status_code for answer in answers] == [201] * 150
    told = [answer.json() for answer in answers]
    assert [one["external_id"] for one in told] == [body["external_id"] for body in bodies]
    assert [one["status"] for one in told] == ["accepted" if number % 3 else "triage" for number in range(150)]
    assert len(await intake.events(ORDERS.name)) == 300


async def test_a_source_survives_the_rotation_of_its_key(intake: Single) -> None:
    keys = Keys(intake.service.db, SECRET, ADMIN)
    clients = []
    async with intake.service.db.transaction() as tx:
        for name in ("12345-old", "12345-new"):
            caller, token = await keys.create(tx, name=name, role="source", unit=None, source="rotated", now=AT)
            clients.append((caller, intake.visitor.anonymous(token)))
    body = order()
    first = await posted(clients[0][1], body)
    async with intake.service.db.transaction() as tx:
        assert await keys.revoke(tx, clients[0][0].key_id, AT)
    assert (await posted(clients[1][1], body, 200))["order_id"] == first["order_id"]
    assert (await read(clients[1][1], first["order_id"]))["source"] == "rotated"
    for _, client in clients:
        await client.aclose()


@pytest.mark.parametrize(
    ("role", "status_code"),
    [
        ("admin", 201),
        ("source", 201),
        ("duty_desk", 201),
        ("community", 201),
        ("grid_chief", 201),
        ("grid_member", 201),
        ("supervisor", 403),
        ("department", 403),
        ("volunteer", 403),
        ("auditor", 403),
    ],
)
async def test_who_may_post(intake: Single, role: str, status_code: int) -> None:
    client = await intake.visitor(role, unit="ZR-OPS")
    for path, body in (("/intake/v1/orders", order()), (BATCH, [order()])):
        answer = await client.post(path, json=body)
        assert answer.status_code == (status_code if path != BATCH or status_code == 403 else 200)


async def test_without_a_key_nothing_is_taken(intake: Single) -> None:
    async with intake.visitor.anonymous() as nobody, intake.visitor.anonymous("dg_wrong") as stranger:
        for client in (nobody, stranger):
            assert (await client.post("/intake/v1/orders", json=order())).status_code == 401
            assert (await client.post(BATCH, json=[order()])).status_code == 401


async def test_a_body_beyond_the_limit_is_refused(source: httpx.AsyncClient) -> None:
    assert (await source.post("/intake/v1/orders", content=b" " * (5 * 1024 * 1024 + 1))).status_code == 413


@pytest.mark.parametrize(
    ("raw", "status_code"),
    [
        (b"", 400),
        (b"{", 400),
        (b"\xff", 400),
        (b"[" * 200_000, 400),
        (b"[]", 422),
        (json.dumps(order(content="a\x00b")).encode(), 422),
        (json.dumps(order(content="a\ud800b")).encode(), 422),
        (json.dumps(order(location={"lon": 31.24, "lat": 121.4})).encode(), 422),
        (json.dumps(order(location={"lon": float("nan"), "lat": 31.24})).encode(), 422),
        (json.dumps(order(reported_at="9999-12-31T23:59:59-14:00")).encode(), 422),
        (json.dumps(order(surprise=1)).encode(), 422),
    ],
)
async def test_bad_bodies_are_problems(source: httpx.AsyncClient, raw: bytes, status_code: int) -> None:
    answer = await source.post("/intake/v1/orders", content=raw)
    assert answer.status_code == status_code
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert answer.json()["code"] == ("invalid" if status_code == 422 else "unreadable")


async def test_a_batch_answers_each_by_itself(intake: Single, source: httpx.AsyncClient) -> None:
    seen = order()
    await posted(source, seen)
    double = order()
    rows: list[Any] = [
        order(),
        seen,
        seen | {"content": "别的事情"},
        order(content=""),
        7,
        double,
        double,
        double | {"content": "又不同"},
        order(content="a\ud800"),
        unclear(),
    ]
    answer = await source.post(BATCH, content=json.dumps(rows).encode())
    assert answer.status_code == 200
    items = answer.json()["items"]
    assert [item["index"] for item in items] == list(range(10))
    assert [item["status_code"] for item in items] == [201, 200, 409, 422, 422, 201, 200, 409, 422, 201]
    assert items[5]["order_id"] == items[6]["order_id"]
    assert all(("order_id" in item) == (item["status_code"] < 300) for item in items)
    receipts = {item["order_id"]: item["links"]["receipt"] for item in items if "order_id" in item}
    assert len(set(receipts.values())) == len(receipts)
    for order_id, receipt in receipts.items():
        assert (await source.get(f"/intake/v1/orders/{order_id}")).json()["links"]["receipt"] == receipt
    assert all(("problem" in item) == (item["status_code"] >= 300) for item in items)
    assert items[3]["problem"]["errors"][0]["pointer"] == "/content"
    assert len({event.subject for event in await intake.events(ORDERS.name)}) == 4


async def test_lines_are_a_batch_too(source: httpx.AsyncClient) -> None:
    raw = "\n".join([json.dumps(order(), ensure_ascii=False), "{broken", "", json.dumps(order())]).encode()
    for headers in ({"Content-Type": "application/x-ndjson"}, {"Content-Type": "application/json"}):
        answer = await source.post(BATCH, content=raw, headers=headers)
        codes = [item["status_code"] for item in answer.json()["items"]]
        assert codes == ([201, 400, 201] if headers["Content-Type"].endswith("ndjson") else [200, 400, 200])


async def test_an_empty_batch_has_no_answers(source: httpx.AsyncClient) -> None:
    assert (await source.post(BATCH, json=[])).json() == {"items": []}


async def test_batches_have_an_end(source: httpx.AsyncClient) -> None:
    assert (await source.post(BATCH, json=[{}] * 1001)).status_code == 422
    assert (await source.post(BATCH, json={"no": "array"})).json()["items"][0]["status_code"] == 422
    assert (await source.post(BATCH, content=b"7")).status_code == 400


async def test_batches_that_cross_each_other_do_not_lock(intake: Single, source: httpx.AsyncClient) -> None:
    rows = [order() for _ in range(60)]
    answers = await asyncio.gather(
        *(source.post(BATCH, json=rows if number % 2 else rows[::-1]) for number in range(6)),
        *(source.post("/intake/v1/orders", json=row) for row in rows[:20]),
    )
    assert {answer.status_code for answer in answers} <= {200, 201}
    assert len({event.subject for event in await intake.events(ORDERS.name)}) == 60


async def test_a_thousand_orders_in_one_go(intake: Single, source: httpx.AsyncClient) -> None:
    answer = await source.post(BATCH, json=[order() for _ in range(1000)])
    assert {item["status_code"] for item in answer.json()["items"]} == {201}
    assert len(await intake.events(ORDERS.name)) == 2000


ODD = "<script>alert(1)</script><img src=x onerror=alert(2)> 𠮷𪚥野家 😀👨‍👩‍👧 =1+1 ‮反"


async def test_whatever_is_written_is_words(source: httpx.AsyncClient, desk: httpx.AsyncClient) -> None:
    """Markup, signs outside the common plane and formulas in every field: kept as they came, and run nowhere."""
    body = order(
        title=ODD,
        content=f"兰溪路生鲜店夜间卸货，噪声很大{ODD}",
        address=f"兰溪路生鲜店{ODD}",
        concern=ODD[:64],
        source_urgency="<b>急</b>",
        repeat_of="<i>1</i>",
        reporter={"name": "<b>张三</b>😀", "phone": "<u>13800001234</u>"},
        extra={ODD: [ODD, {ODD: ODD}]},
    )
    made = await posted(source, body)
    shown = (await desk.get(f"/intake/v1/orders/{made['order_id']}")).json()
    # Signs that are not seen could hide a number, and are left out of what is shown.
    visible = "".join(sign for sign in ODD if unicodedata.category(sign) != "Cf")
    assert visible in shown["title"]
    assert visible in shown["content"]
    held = (await desk.post(f"/intake/v1/orders/{made['order_id']}/reveal", json={"reason": "核对"})).json()
    assert (held["name"], held["content"]) == ("<b>张三</b>😀", body["content"])
    page = (await source.get(made["links"]["receipt"])).text
    assert "alert(1)</script>" not in page
    assert "<img src=x" not in page


async def test_numbers_in_the_words_are_seen_by_nobody(intake: Single, source: httpx.AsyncClient) -> None:
    """However they are written, the reporter's own and others'."""
    said = "我是王小明，电话138 0000 1234或者１３８００００１２３５，邻居身份证31010119900307001X，噪声很大"
    made = await posted(source, order(content=said, reporter={"name": "王小明", "phone": "13800001234"}))
    shown = (await source.get(f"/intake/v1/orders/{made['order_id']}")).text
    told = "".join(event.value.decode() for event in await intake.events(ORDERS.name))
    for text in (shown, told):
        for number in ("138 0000 1234", "１３８００００１２３５", "31010119900307001X", "王小明", "13800001234"):
            assert number not in text


@pytest.mark.parametrize("said", ["北京市朝阳区建国路88号楼道堆物", "杭州西湖区文三路路灯坏了"])
async def test_a_place_elsewhere_in_words_is_never_ours(source: httpx.AsyncClient, said: str) -> None:
    made = await posted(source, order(content=said, title=None, location=None, address=None))
    assert (made["status"], made["reason"]) in {("triage", "place_unclear"), ("declined", "outside")}


@pytest.mark.parametrize(("length", "status_code"), [(4000, 201), (4001, 422)])
async def test_four_thousand_characters_are_taken_and_no_more(
    source: httpx.AsyncClient, length: int, status_code: int
) -> None:
    """Characters, not bytes nor halves of pairs."""
    answer = await source.post("/intake/v1/orders", json=order(content="𠮷" * length))
    assert answer.status_code == status_code
    assert status_code == 201 or answer.json()["errors"][0]["pointer"] == "/content"
