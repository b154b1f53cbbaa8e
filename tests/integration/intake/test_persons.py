"""A caller's earlier orders, a person's own data handed over and erased; who may, and what is written down of it."""

import asyncio
import io
import json
from typing import Any

import httpx
import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import text

from services.intake.sealing import Sealer
from services.intake.usecases.persons import Asked, erase_person
from services.kit.contracts.topics import ORDERS
from services.kit.keys import Caller
from services.kit.outbox import Outbox
from tests.harness.single import SECRET, Single
from tests.harness.zhenru import AT
from tests.integration.intake.made import DOOR, NAME, PHONE, acted, case_event, order, posted, read

REPORTER = {"name": NAME, "phone": PHONE}
CONFIDENTIAL = REPORTER | {"confidential": True}
WHO = {"phone": "138-1234 5678", "reason": f"{NAME}来电核实，{PHONE}"}


async def _supervisor(one: Single) -> httpx.AsyncClient:
    return await one.visitor("supervisor", unit="QP")


async def _asked(client: httpx.AsyncClient, path: str, status_code: int = 200, **more: Any) -> dict[str, Any]:
    answer = await client.post(f"/intake/v1/{path}", json=WHO | more)
    assert answer.status_code == status_code, answer.text
    return dict(answer.json())


async def _audit(client: httpx.AsyncClient, **wanted: str) -> list[dict[str, Any]]:
    answer = await client.get("/intake/v1/audit", params=wanted)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


async def _closed(one: Single, *orders: str) -> None:
    for each in orders:
        case = f"case_{each[-8:]}"
        await one.publish(
            case_event("case.opened", case, 1, "open", each), case_event("case.closed", case, 2, "closed", each)
        )


async def test_a_callers_orders_are_found_by_number(
    intake: Single, source: httpx.AsyncClient, desk: httpx.AsyncClient
) -> None:
    first = await posted(source, order(reporter=REPORTER, reported_at="2026-09-01T08:00:00+08:00"))
    second = await posted(source, order(reporter={"phone": "+86 138 1234 5678"}))
    other = await intake.visitor("source", source="petition")
    third = await posted(other, order(reporter=REPORTER))
    await posted(source, order(reporter={"phone": "13900000000"}))
    await posted(source, order(reporter=REPORTER | {"anonymous": True}))
    found = await _asked(desk, "search")
    assert {one["order_id"] for one in found["items"]} == {one["order_id"] for one in (first, second, third)}
    assert found["items"][-1]["order_id"] == first["order_id"]
    assert found["within_30_days"] == 2
    assert PHONE not in json.dumps(found, ensure_ascii=False)
    own = await _asked(source, "search")
    assert {one["order_id"] for one in own["items"]} == {first["order_id"], second["order_id"]}


async def test_a_search_is_entered_with_its_reason_and_without_the_number(
    intake: Single, source: httpx.AsyncClient, desk: httpx.AsyncClient
) -> None:
    await posted(source, order(reporter=REPORTER))
    await _asked(desk, "search", by="李四")
    entries = await _audit(await _supervisor(intake), action="search")
    assert [(one["order_id"], one["role"], one["by"]) for one in entries] == [
        (None, "duty_desk", "duty_desk-ZR-OPS/李四")
    ]
    assert "查到 1 件" in entries[0]["note"]
    assert PHONE not in entries[0]["note"]


@pytest.mark.parametrize(
    "body",
    [
        {"phone": PHONE},
        {"phone": PHONE, "reason": " "},
        {"phone": "没有", "reason": "回访"},
        {"phone": "123", "reason": "回访"},
        {"phone": "1\x002345", "reason": "回访"},
        {"phone": PHONE, "reason": "回访", "more": 1},
        {"phone": int(PHONE), "reason": "回访"},
    ],
)
async def test_a_bad_question_is_refused(desk: httpx.AsyncClient, body: dict[str, Any]) -> None:
    answer = await desk.post("/intake/v1/search", json=body)
    assert answer.status_code == 422
    assert PHONE not in answer.text


async def test_only_those_whose_work_it_is_may_ask(intake: Single) -> None:
    for role in ("community", "grid_member", "department", "volunteer", "auditor"):
        client = await intake.visitor(role, unit="ZR-C1")
        assert (await client.post("/intake/v1/search", json=WHO)).status_code == 403, role
    for role in ("duty_desk", "source", "auditor"):
        client = await intake.visitor(role, unit="ZR-OPS")
        for path in ("persons/export", "persons/erase"):
            assert (await client.post(f"/intake/v1/{path}", json=WHO | {"ground": "asked"})).status_code == 403, role
    for path in ("audit", "audit/export", "erasures", "persons/requests"):
        assert (await (await intake.visitor("auditor")).get(f"/intake/v1/{path}")).status_code == 200
        assert (await (await intake.visitor("duty_desk", unit="ZR-OPS")).get(f"/intake/v1/{path}")).status_code == 403


async def test_the_desk_sees_how_often_a_caller_called(
    intake: Single, source: httpx.AsyncClient, desk: httpx.AsyncClient
) -> None:
    for reported in ("2026-10-01T08:00:00+08:00", "2026-11-10T08:00:00+08:00", "2026-11-23T08:00:00+08:00"):
        told = await posted(source, order(reporter=REPORTER, reported_at=reported))
    await posted(source, order(reporter=CONFIDENTIAL, reported_at="2026-11-22T08:00:00+08:00"))
    calls = (await read(desk, told["order_id"]))["calls"]
    assert calls == {"within_30_days": 2, "said": "此人 30 天内第 2 次来电"}
    assert (await read(source, told["order_id"]))["calls"] is None
    unknown = await posted(source, order())
    assert (await read(desk, unknown["order_id"]))["calls"] is None


async def test_a_confidential_report_is_read_by_few(
    intake: Single, source: httpx.AsyncClient, desk: httpx.AsyncClient
) -> None:
    told = await posted(source, order(reporter=CONFIDENTIAL, content="举报兰溪路生鲜店夜间卸货,内部人说漏了嘴"))
    name = told["order_id"]
    supervisor, auditor = await _supervisor(intake), await intake.visitor("auditor")
    for client, readable in ((source, True), (supervisor, True), (desk, False), (auditor, False)):
        listed = (await client.get("/intake/v1/orders")).json()["items"]
        assert [one["order_id"] for one in listed] == ([name] if readable else [])
        shown = json.dumps(await read(client, name), ensure_ascii=False)
        assert ("说漏了嘴" in shown) is readable
    found = await _asked(desk, "search")
    assert found["items"] == []
    assert len((await _asked(supervisor, "search"))["items"]) == 1
    refused = await acted(desk, name, "reveal", 403, reason="回访")
    assert "督导员" in refused["detail"]
    assert (await acted(supervisor, name, "reveal", reason="核查举报"))["phone"] == PHONE


async def test_a_confidential_report_is_read_by_the_desk_until_it_is_decided(
    intake: Single, source: httpx.AsyncClient, desk: httpx.AsyncClient
) -> None:
    told = await posted(source, order(reporter=CONFIDENTIAL, location=None, address=None, content="举报有人半夜偷倒"))
    assert told["status"] == "triage"
    assert [one["order_id"] for one in (await desk.get("/intake/v1/orders")).json()["items"]] == [told["order_id"]]
    assert "偷倒" in (await read(desk, told["order_id"]))["content"]


async def test_the_audit_can_be_asked_and_exported(
    intake: Single, source: httpx.AsyncClient, desk: httpx.AsyncClient
) -> None:
    told = await posted(source, order(reporter=REPORTER))
    for _ in range(3):
        await acted(desk, told["order_id"], "reveal", reason="=回访")
    auditor = await intake.visitor("auditor")
    seen = await _audit(auditor, order=told["order_id"], by="duty_desk-ZR-OPS", action="reveal")
    assert len(seen) == 3
    page = (await auditor.get("/intake/v1/audit", params={"limit": 2})).json()
    rest = (await auditor.get("/intake/v1/audit", params={"limit": 2, "cursor": page["next"]})).json()
    assert [one["id"] for one in page["items"] + rest["items"]] == [one["id"] for one in seen]
    assert await _audit(auditor, until="2026-01-01T00:00:00+08:00") == []
    assert (await auditor.get("/intake/v1/audit", params={"cursor": "no"})).status_code == 400
    answer = await auditor.get("/intake/v1/audit/export", params={"order": told["order_id"]})
    rows = CalamineWorkbook.from_filelike(io.BytesIO(answer.content)).get_sheet_by_index(0).to_python()
    assert len(rows) == 4
    assert rows[1][5] == "=回访"


async def test_all_that_is_held_is_handed_over(intake: Single, source: httpx.AsyncClient) -> None:
    told = await posted(
        source, order(reporter=REPORTER, content=f"我叫{NAME}", address=f"兰溪路148弄{DOOR}", extra={"工号": "=7"})
    )
    await acted(source, told["order_id"], "supplement", content=f"打{PHONE}找我")
    supervisor = await _supervisor(intake)
    held = await _asked(supervisor, "persons/export")
    (one,) = held["orders"]
    assert (one["name"], one["phone"], one["address"]) == (NAME, PHONE, f"兰溪路148弄{DOOR}")
    assert one["content"] == f"我叫{NAME}"
    assert [(entry["action"], entry["note"]) for entry in one["entries"]] == [("supplement", f"打{PHONE}找我")]
    answer = await supervisor.post("/intake/v1/persons/export", json=WHO | {"format": "xlsx"})
    book = CalamineWorkbook.from_filelike(io.BytesIO(answer.content))
    assert book.sheet_names == ["工单", "进展", "操作记录", "查询记录"]
    assert book.get_sheet_by_name("查询记录").to_python()[1][1] == "export"
    requests = (await supervisor.get("/intake/v1/persons/requests")).json()["items"]
    assert [one["kind"] for one in requests] == ["export", "export"]
    assert PHONE not in json.dumps(requests)


async def test_a_person_is_erased_but_for_what_must_stay(intake: Single, source: httpx.AsyncClient) -> None:
    names = [
        (await posted(source, order(reporter=REPORTER, content="兰溪路生鲜店卸货,店主叫阿彪")))["order_id"]
        for _ in range(3)
    ]
    done, held, live = names
    await acted(source, done, "supplement", content=f"阿彪昨天又来，我叫{NAME}")
    await _closed(intake, done, held)
    supervisor = await _supervisor(intake)
    await acted(supervisor, held, "hold", reason="诉讼中")
    told = await _asked(supervisor, "persons/erase", ground="asked")
    assert told["erased"] == [done]
    assert [one["order_id"] for one in told["postponed"]] == [live]
    assert [one["order_id"] for one in told["refused"]] == [held]
    assert told["counts"] == {"personal": 1, "note": 1, "words": 1}
    shown = await read(supervisor, done)
    assert (shown["title"], shown["content"], shown["address"]) == ("", "", None)
    assert "阿彪" not in json.dumps(shown, ensure_ascii=False)
    assert (await acted(supervisor, done, "reveal", 409, reason="回访"))["code"] == "erased"
    erased = [event for event in await intake.events(ORDERS.name) if event.name == "order.erased"]
    assert [(event.subject, event.data["depth"]) for event in erased] == [(done, "words")]
    assert (await acted(supervisor, held, "reveal", reason="诉讼"))["phone"] == PHONE
    await _closed(intake, live)
    await intake.drain()
    assert (await read(supervisor, live))["content"] == ""
    again = await posted(source, order(external_id=shown["external_id"], content="另一件"), 409)
    assert again["code"] == "different_body"
    await acted(supervisor, held, "unhold", reason="已结案")
    assert (await _asked(supervisor, "persons/erase", ground="asked"))["erased"] == [held]
    assert (await _asked(supervisor, "search"))["items"] == []
    assert (await _asked(supervisor, "persons/erase", ground="asked"))["counts"] == {}
    rows = (await supervisor.get("/intake/v1/erasures")).json()["items"]
    assert {(one["ground"], one["part"]): one["rows"] for one in rows}["request", "personal"] == 3


async def test_an_erased_order_still_takes_what_comes_later(intake: Single, source: httpx.AsyncClient) -> None:
    told = await posted(source, order(reporter=REPORTER))
    await _closed(intake, told["order_id"])
    await _asked(await _supervisor(intake), "persons/erase", ground="consent_withdrawn")
    await acted(source, told["order_id"], "feedback", resolved=True, satisfaction="fair", comment="行")


async def test_two_who_erase_at_once_erase_once(intake: Single, source: httpx.AsyncClient) -> None:
    told = await posted(source, order(reporter=REPORTER))
    await _closed(intake, told["order_id"])
    sealer, outbox = Sealer(SECRET), Outbox(lambda: None)
    asked = Asked(PHONE, "本人要求", Caller("k", "s", "supervisor"), AT)

    async def once() -> int:
        async with intake.service.db.transaction() as tx:
            return len((await erase_person(tx, outbox, sealer, asked, "asked")).erased)

    assert sorted(await asyncio.gather(once(), once())) == [0, 1]
    async with intake.service.db.reading() as tx:
        row = (await tx.execute(text("SELECT sum(rows) AS rows FROM erasure WHERE part = 'personal'"))).one()
    assert row.rows == 1


async def test_what_others_are_waiting_for_keeps_its_words_until_it_ends(
    intake: Single, source: httpx.AsyncClient
) -> None:
    names = [(await posted(source, order(reporter={"phone": phone})))["order_id"] for phone in (PHONE, "13900001111")]
    case = (await read(source, names[0]))["case_id"] or "case_1"
    await intake.publish(
        case_event("case.opened", case, 1, "open", names[0]), case_event("case.merged", case, 2, "dispatched", *names)
    )
    await acted(source, names[0], "withdraw", reason="不用了")
    supervisor = await _supervisor(intake)
    told = await _asked(supervisor, "persons/erase", ground="asked")
    assert [one["order_id"] for one in told["postponed"]] == [names[0]]
    await intake.drain()
    assert (await read(supervisor, names[0]))["content"] != ""
    await intake.publish(case_event("case.closed", case, 3, "closed", names[1]))
    await intake.drain()
    assert (await read(supervisor, names[0]))["content"] == ""
