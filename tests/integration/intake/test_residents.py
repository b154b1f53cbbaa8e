"""The resident's side: a form sent once or twice, a receipt that shows no person, what its holder may still say."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from services.intake.main import build
from services.intake.settings import IntakeSettings
from services.kit.contracts.topics import ORDERS
from tests.harness.single import Single, single
from tests.harness.zhenru import SHOP
from tests.integration.intake.made import NAME, PHONE, abusive, case_event, order, posted, read
from tests.unit.intake import media

RECEIPTS = "/intake/v1/receipts"
GOOD = {"content": "兰溪路生鲜店每晚十一点后卸货，噪声很大", "lon": str(SHOP[0]), "lat": str(SHOP[1])}
THANKS: dict[str, Any] = {"resolved": True, "satisfaction": "satisfied", "comment": "谢谢"}
CORNER = {"code": "ZR-0138", "name": "兰溪路生鲜店", "address": "兰溪路138号", "guarantees": ["包卫生", "包秩序"]}


@pytest_asyncio.fixture
async def intake(database_url: str, tmp_path: Path) -> AsyncIterator[Single]:
    more: dict[str, object] = {"intake_store": f"file://{tmp_path}/attic", "intake_attachment_limit": 100_000}
    async with single(build, IntakeSettings, database_url, more=more) as one:
        yield one


@pytest_asyncio.fixture
async def resident(intake: Single) -> AsyncIterator[httpx.AsyncClient]:
    async with intake.visitor.anonymous() as client:
        yield client


async def paper(resident: httpx.AsyncClient, query: str = "") -> str:
    form = await resident.get(f"/report{query}")
    assert form.status_code == 200, form.text
    found = re.search(r'name="paper" value="([^"]+)"', form.text)
    assert found is not None
    return found[1]


async def sent(resident: httpx.AsyncClient, given: dict[str, str] | None = None, **more: Any) -> httpx.Response:
    fields = {"paper": await paper(resident)} | (GOOD if given is None else given)
    return await resident.post("/report", data=fields, **more)


def code_of(answer: httpx.Response) -> str:
    assert answer.status_code == 303, answer.text
    found = re.fullmatch(r"/receipt/([0-9A-Z-]{30})\?(?:new|again)=1", answer.headers["Location"])
    assert found is not None
    return found[1]


async def receipt(resident: httpx.AsyncClient, code: str) -> dict[str, Any]:
    answer = await resident.get(f"{RECEIPTS}/{code}")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def said(resident: httpx.AsyncClient, code: str, action: str, status: int = 200, **body: Any) -> dict[str, Any]:
    answer = await resident.post(f"{RECEIPTS}/{code}/{action}", json=body)
    assert answer.status_code == status, answer.text
    return dict(answer.json())


async def only_order(desk: httpx.AsyncClient) -> dict[str, Any]:
    items = (await desk.get("/intake/v1/orders", params={"source": "resident-form"})).json()["items"]
    assert len(items) == 1
    return await read(desk, items[0]["order_id"])


async def test_from_the_form_to_the_thanks(
    intake: Single, resident: httpx.AsyncClient, desk: httpx.AsyncClient
) -> None:
    given = GOOD | {"address": "兰溪路生鲜店", "name": NAME, "phone": PHONE, "kind": "complaint"}
    answer = await sent(resident, given, files=[("photos", ("a.jpg", media.jpeg(), "image/jpeg"))])
    code = code_of(answer)
    page = await resident.get(answer.headers["Location"])
    assert page.status_code == 200
    assert code in page.text
    assert (page.headers["Referrer-Policy"], page.headers["Cache-Control"]) == ("no-referrer", "no-store")
    whole = await only_order(desk)
    assert (whole["channel"], whole["kind"], whole["status"]) == ("peoples_opinion", "complaint", "accepted")
    assert whole["attachments"][0]["media_type"] == "image/jpeg"
    assert whole["links"]["receipt"] == f"/receipt/{code}"
    order_id = whole["order_id"]
    await intake.publish(
        case_event("case.opened", "case_1", 1, "open", order_id),
        case_event("case.signed", "case_1", 2, "signed", order_id),
    )
    assert (await receipt(resident, code))["title"] == "办理中"
    assert (await said(resident, code, "supplement", content=f"我是{NAME}，昨晚又来了"))["notice"] == ""
    assert (await said(resident, code, "supplement", content=f"我是{NAME}，昨晚又来了"))[
        "notice"
    ] == "同样的补充已经收到了"
    assert (await said(resident, code, "urge"))["notice"] == ""
    assert "催过" in (await said(resident, code, "urge"))["notice"]
    early = await said(resident, code, "feedback", 409, **THANKS)
    assert early["allowed"] == ["supplement", "urge", "withdraw"]
    await intake.publish(case_event("case.resolved", "case_1", 3, "resolved", order_id, measures="已劝阻", evidence=[]))
    shown = await receipt(resident, code)
    assert (shown["title"], shown["concern"]) == ("已办结", "噪声与油烟扰民")
    assert [line["said"] for line in shown["progress"] if line["said"]] == ["办结了"]
    rated = await said(resident, code, "feedback", **THANKS)
    assert (rated["satisfaction"], rated["notice"]) == ("satisfied", "")
    again = await said(resident, code, "feedback", resolved=False, satisfaction="dissatisfied")
    assert (again["satisfaction"], again["notice"]) == ("satisfied", "您已经评价过，以第一次为准")
    names = [event.name for event in await intake.events(ORDERS.name)]
    assert [name for name in names if name in ("order.supplemented", "order.urged", "order.feedback")] == [
        "order.supplemented",
        "order.urged",
        "order.feedback",
    ]
    everything = (await resident.get(f"/receipt/{code}")).text + str(await receipt(resident, code))
    for secret in (NAME, PHONE, "卸货", "兰溪路", order_id, "resident-form"):
        assert secret not in everything


async def test_two_answers_at_once_are_one(
    intake: Single, source: httpx.AsyncClient, resident: httpx.AsyncClient
) -> None:
    told = await posted(source, order())
    code = told["links"]["receipt"].removeprefix("/receipt/")
    for number, (name, state) in enumerate((("case.opened", "open"), ("case.resolved", "resolved")), 1):
        more = {"measures": "好了", "evidence": []} if name == "case.resolved" else {}
        await intake.publish(case_event(name, "case_1", number, state, told["order_id"], **more))
    answers = await asyncio.gather(
        said(resident, code, "feedback", **THANKS),
        said(resident, code, "feedback", resolved=False, satisfaction="dissatisfied"),
    )
    assert sorted(bool(answer["notice"]) for answer in answers) == [False, True]
    assert [event.name for event in await intake.events(ORDERS.name)].count("order.feedback") == 1
    # Opened again and resolved anew: what is new may be judged.
    reopened = case_event("case.reopened", "case_1", 3, "reopened", told["order_id"])
    resolved = case_event("case.resolved", "case_1", 4, "resolved", told["order_id"], measures="好了", evidence=[])
    await intake.publish(reopened, resolved)
    assert (await said(resident, code, "feedback", **THANKS))["notice"] == ""


async def test_a_form_sent_twice_is_one_order(
    intake: Single, resident: httpx.AsyncClient, desk: httpx.AsyncClient
) -> None:
    held = {"paper": await paper(resident)} | GOOD
    photo: dict[str, Any] = {"files": [("photos", ("a.jpg", media.jpeg(), "image/jpeg"))]}
    first, second = await asyncio.gather(
        resident.post("/report", data=held, **photo), resident.post("/report", data=held, **photo)
    )
    assert code_of(first) == code_of(second)
    changed = await resident.post("/report", data=held | {"content": "还有油烟"})
    assert code_of(changed) == code_of(first)
    assert changed.headers["Location"].endswith("?again=1")
    await only_order(desk)


async def test_a_confidential_report_shows_only_how_far_it_is(
    intake: Single, resident: httpx.AsyncClient, desk: httpx.AsyncClient
) -> None:
    code = code_of(await sent(resident, GOOD | {"kind": "report", "anonymous": "1", "phone": PHONE}))
    supervisor = await intake.visitor("supervisor")
    whole = await only_order(supervisor)
    assert (whole["confidential"], whole["anonymous"]) == (True, True)
    assert "receipt" not in whole["links"]
    assert "receipt" not in (await read(desk, whole["order_id"]))["links"]
    resolved = case_event("case.resolved", "case_9", 1, "resolved", whole["order_id"], measures="查处", evidence=[])
    await intake.publish(resolved)
    shown = await receipt(resident, code)
    assert shown["concern"] is None
    assert shown["progress"][-1] == shown["progress"][-1] | {"step": "承办单位已办结", "said": ""}


async def test_shops(intake: Single, resident: httpx.AsyncClient, desk: httpx.AsyncClient) -> None:
    located = CORNER | {"location": {"lon": SHOP[0], "lat": SHOP[1]}}
    put = await desk.put("/intake/v1/shops", json=[located, CORNER | {"code": "ZR-2", "name": "二店"}])
    assert put.json() == {"new": 2, "changed": 0, "same": 0}
    assert (await desk.put("/intake/v1/shops", json=[located])).json() == {"new": 0, "changed": 0, "same": 1}
    listed = (await desk.get("/intake/v1/shops?limit=1")).json()
    assert listed["items"][0]["report"] == "/report?shop=ZR-0138"
    assert (await desk.get("/intake/v1/shops", params={"cursor": listed["next"]})).json()["items"][0]["code"] == "ZR-2"
    form = await resident.get("/report?shop=ZR-0138")
    assert "兰溪路138号兰溪路生鲜店" in form.text
    assert "包秩序" in form.text
    code_of(await sent(resident, {"content": "门口堆了三天垃圾没人运", "shop": "ZR-0138"}))
    whole = await only_order(desk)
    assert (whole["channel"], whole["located"]["how"]) == ("shop_code", "coordinates")
    assert (await desk.delete("/intake/v1/shops/ZR-0138")).status_code == 204
    for code in ("ZR-0138", "<script>", "没有", "x" * 500):
        unknown = await resident.get("/report", params={"shop": code})
        assert unknown.status_code == 200
        assert "没有找到这个商户码" in unknown.text
        assert "<script>alert" not in unknown.text
    assert (await sent(resident, {"content": "楼下井盖坏了，兰溪路138号", "shop": "ZR-0138"})).status_code == 303


@pytest.mark.parametrize(
    ("rows", "where"),
    [
        ([CORNER, CORNER], "/1/code"),
        ([CORNER | {"code": "a b"}], "/0/code"),
        ([CORNER | {"location": {"lon": 31.2, "lat": 121.4}}], "/0/location/lon"),
        ([CORNER | {"name": "\0"}], "/0/name"),
        ([CORNER | {"more": 1}], "/0/more"),
    ],
)
async def test_bad_shops(intake: Single, desk: httpx.AsyncClient, rows: list[dict[str, Any]], where: str) -> None:
    answer = await desk.put("/intake/v1/shops", json=rows)
    assert answer.status_code == 422, answer.text
    assert where in [error["pointer"] for error in answer.json()["errors"]]
    assert (await desk.get("/intake/v1/shops/ZR-0138")).status_code == 404


HTML = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"content": " "}, "请写清楚是什么事"),
        ({"content": "字" * 4001}, "太长了"),
        ({"content": "有\0字"}, "NUL"),
        ({"kind": "nonsense"}, "请从下面选一种"),
        ({"phone": HTML[:60]}, "电话写法不对"),
        ({"lon": "nan"}, "重新点一下"),
        ({"lon": "1" * 400, "lat": "x"}, "太长了"),
        ({"lon": "31.24", "lat": "121.4"}, "纬"),
        ({"website": "http://spam"}, "隐藏的格子"),
        ({"paper": "forged"}, "放得太久"),
    ],
)
async def test_what_the_form_says_is_wrong(
    intake: Single, resident: httpx.AsyncClient, given: dict[str, str], words: str
) -> None:
    fields = {"paper": await paper(resident)} | GOOD | {"address": HTML, "name": HTML} | given
    answer = await resident.post("/report", data=fields)
    assert answer.status_code == 422
    assert words in answer.text
    assert "<script>alert" not in answer.text
    assert "<img" not in answer.text
    assert await intake.events(ORDERS.name) == []


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ([("photos", ("a.jpg", b"<html><script>1</script>", "image/jpeg"))], ""),
        ([("photos", ("a.pdf", b"%PDF-1.7\n", "application/pdf"))], "只收照片"),
        ([("photos", ("a.jpg", b"", "image/jpeg"))], ""),
        ([("photos", (f"{n}.jpg", media.jpeg(), "image/jpeg")) for n in range(7)], "最多 6 张"),
    ],
)
async def test_photos_that_are_none(intake: Single, resident: httpx.AsyncClient, files: list[Any], words: str) -> None:
    answer = await sent(resident, files=files)
    assert answer.status_code == 422
    assert words in answer.text
    big = await resident.post("/report", content=b"x" * 300_000, headers={"Content-Type": "multipart/form-data"})
    assert big.status_code == 413
    for kind in ("application/json", "multipart/form-data", "text/plain"):
        assert (await resident.post("/report", content=b"{}", headers={"Content-Type": kind})).status_code == 422


async def test_words_of_markup_stay_words(intake: Single, resident: httpx.AsyncClient, desk: httpx.AsyncClient) -> None:
    code = code_of(
        await sent(resident, GOOD | {"content": f"兰溪路生鲜店卸货噪声 {HTML}", "address": HTML, "name": HTML})
    )
    page = await resident.post(f"/receipt/{code}/supplement", data={"words": HTML})
    assert page.status_code == 303
    wrong = await resident.post(f"/receipt/{code}/supplement", data={"words": HTML * 100})
    assert wrong.status_code == 422
    assert "<script>alert" not in wrong.text
    assert "<script>alert" not in (await resident.get(f"/receipt/{code}")).text


async def test_the_receipts_page_takes_what_its_holder_says(
    intake: Single, source: httpx.AsyncClient, resident: httpx.AsyncClient
) -> None:
    told = await posted(source, order())
    path = told["links"]["receipt"]
    typed = path.removeprefix("/receipt/").lower().replace("-", " ")
    found = await resident.get("/receipt", params={"code": typed})
    assert (found.status_code, found.headers["Location"]) == (303, path)
    assert (await resident.post(f"{path}/urge", data={"words": ""})).status_code == 303
    assert "刚才已经催过" in (await resident.post(f"{path}/urge")).text
    assert (await resident.post(f"{path}/feedback", data={"resolved": "yes"})).status_code == 422
    early = await resident.post(f"{path}/feedback", data={"resolved": "yes", "satisfaction": "fair"})
    assert (early.status_code, "还没有办理结果" in early.text) == (409, True)
    await intake.publish(case_event("case.resolved", "c", 1, "resolved", told["order_id"], measures="好", evidence=[]))
    assert "办得怎么样" in (await resident.get(path)).text
    given = {"resolved": "no", "satisfaction": "dissatisfied", "words": "还在吵"}
    assert (await resident.post(f"{path}/feedback", data=given)).status_code == 303
    assert "您已经评价过" in (await resident.post(f"{path}/feedback", data=given)).text
    assert (await resident.post(f"{path}/withdraw", data={})).status_code == 303
    assert "已撤回" in (await resident.get(path)).text
    assert (await resident.post(f"{path}/supplement", data={"words": "再说一句"})).status_code == 409


async def test_a_declined_order_is_looked_at_again(source: httpx.AsyncClient, resident: httpx.AsyncClient) -> None:
    told = await posted(source, abusive())
    shown = await receipt(resident, told["links"]["receipt"].removeprefix("/receipt/"))
    assert (shown["allowed"], shown["explanation"]) == (["appeal"], told["said"])
    assert (await said(resident, shown["code"], "appeal", reason="确实吵"))["status"] == "triage"


async def test_codes_that_are_none(intake: Single, resident: httpx.AsyncClient) -> None:
    for code in ("x", "0" * 26, "Z" * 26, "U" * 26, "00000-00000-00000-00000-000000", "%00", "%F0%9F%98%80"):
        assert (await resident.get(f"/receipt/{code}")).status_code == 404
        assert (await resident.get(f"{RECEIPTS}/{code}")).status_code == 404
        assert (await resident.post(f"{RECEIPTS}/{code}/urge")).status_code == 404
        assert (await resident.post(f"/receipt/{code}/urge")).status_code == 404
    assert (await resident.get(f"{RECEIPTS}/{'0' * 200}")).status_code == 422
    assert (await resident.get("/receipt", params={"code": "abc"})).status_code == 404
    assert (await resident.post(f"/receipt/{'0' * 26}/nonsense")).status_code == 404


async def test_a_code_lives_as_long_as_its_order(database_url: str) -> None:
    more: dict[str, object] = {"intake_keep_personal": "P1D", "intake_keep_orders": "P3D"}
    async with single(build, IntakeSettings, database_url, more=more) as one, one.visitor.anonymous() as resident:
        told = await posted(await one.visitor("source", source="sh12345"), order())
        code = told["links"]["receipt"].removeprefix("/receipt/")
        await said(resident, code, "withdraw", reason="好了")
        await one.advance(timedelta(days=2))
        assert (await receipt(resident, code))["title"] == "已撤回"
        await one.advance(timedelta(days=3))
        assert (await resident.get(f"{RECEIPTS}/{code}")).status_code == 404


async def test_an_address_is_held_up_and_a_machine_found_out(database_url: str) -> None:
    more: dict[str, object] = {"dev": False, "resident_reports": 9, "resident_lookups": 3, "resident_pause": "PT30S"}
    async with single(build, IntakeSettings, database_url, more=more) as one, one.visitor.anonymous() as resident:
        fast = await sent(resident)
        assert (fast.status_code, "太快" in fast.text) == (422, True)
        assert 'type="file"' not in fast.text
        statuses = [(await resident.post("/report", data=GOOD)).status_code for _ in range(4)]
        assert statuses[-1] == 429
        looked = [await resident.get(f"/receipt/{'0' * 26}") for _ in range(20)]
        assert looked[-1].status_code == 429
        assert int(looked[-1].headers["Retry-After"]) >= 1
        assert "text/html" in looked[-1].headers["Content-Type"]
        elsewhere = {"X-Forwarded-For": "203.0.113.7"}
        assert (await resident.get("/report", headers=elsewhere)).status_code == 200
