"""A person's data are in intake, sealed, and nowhere else; and when the person asks, the words are gone everywhere."""

import json
import unicodedata
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest_asyncio
import structlog
from sqlalchemy import text

from tests.harness.whole import System, system

SCHEMAS = ("intake", "grids", "dispatch", "notify", "console", "kit")
NAME, PHONE, MARK = "古丽娜·买买提", "０２１－５８８８－７６５４", "暗号白鹭"
OTHERS = "王小虎"
# As they stand once every way of writing has been levelled.
SECRETS = (
    NAME.replace("·", ""),
    "02158887654",
    OTHERS,
    "13987654321",
    "310107198001011234",
    "6222021234567890123",
    "gulina_tz",
    "gulina@example.com",
    "沪AK5567",
    "2201室",
    "18611112222",
    "13511113333",
    "13622224444",
    "17700008888",
    "19900001111",
)
ORDER: dict[str, Any] = {
    "external_id": "SH-PRIVATE-1",
    "channel": "hotline_12345",
    "title": f"夜间噪声，{NAME}，联系１３９-８７６５-４３２１",
    "content": f"兰溪路生鲜店每晚卸货，噪声很大，{MARK}。我叫{NAME}，身份证310107 19800101 1234，银行卡6222 0212 3456 7890 123，"
    "微信号gulina_tz，邮箱gulina@example.com，车牌沪A·K5567，住兰溪路148弄3号2201室",
    "reported_at": "2026-11-23T08:15:00+08:00",
    "location": {"lon": 121.407887, "lat": 31.242573},
    "address": f"兰溪路148弄3号2201室 {NAME}",
    "reporter": {"name": NAME, "phone": PHONE, "anonymous": False, "confidential": False},
    "kind": "complaint",
    "concern": "打13511113333找人",
    "source_urgency": f"急，联系人：{OTHERS} 18611112222",
    "attachments": [
        {"url": f"https://files.example/{quote(OTHERS)}13622224444.jpg", "media_type": "image/jpeg"},
        {"url": "https://files.example/a/20261123081500123456.jpg", "media_type": "image/jpeg"},
    ],
    "callback_url": "https://source.example/callback",
    "extra": {"来电": "17700008888", "deep": [{OTHERS: "19900001111"}]},
}


@pytest_asyncio.fixture
async def town(database_url: str) -> AsyncIterator[System]:
    async with system(database_url) as running:
        yield running


def levelled(words: str) -> str:
    wide = unicodedata.normalize("NFKC", words)
    return "".join(sign for sign in wide if sign not in " -·—")


def leaks(words: str) -> list[str]:
    plain = levelled(words)
    return [secret for secret in SECRETS if levelled(secret) in plain]


async def tables(one: System) -> dict[str, str]:
    """Every row of every table, as words; what is bytes is read as UTF-8."""
    found: dict[str, str] = {}
    async with one.whole.services[0].db.reading() as tx:
        named = await tx.execute(
            text(
                """SELECT table_schema AS home, table_name AS name FROM information_schema.tables
                   WHERE table_schema = ANY(CAST(:schemas AS text[])) AND table_type = 'BASE TABLE'"""
            ),
            {"schemas": list(SCHEMAS)},
        )
        for row in named.all():
            rows = await tx.execute(text(f'SELECT * FROM "{row.home}"."{row.name}"'))
            cells = [value for held in rows.all() for value in held.values()]
            found[f"{row.home}.{row.name}"] = "\n".join(
                bytes(cell).decode("utf-8", "replace") if isinstance(cell, bytes) else str(cell) for cell in cells
            )
    return found


async def told(client: httpx.AsyncClient, path: str, **more: Any) -> httpx.Response:
    answer = await client.post(f"/intake/v1/orders{path}", json=more)
    assert answer.status_code < 300, answer.text
    return answer


async def spread(one: System) -> tuple[str, str]:
    """The order with all that is said about it later, worked on and closed; its id and its case's."""
    source, desk = await one.visitor("source", source="sh12345"), await one.visitor("duty_desk", "ZR-OPS")
    order_id = (await told(source, "", **ORDER)).json()["order_id"]
    await told(desk, f"/{order_id}/triage", concern="GL-03", note=f"{NAME}说得急")
    again = f"{MARK}，我叫{NAME}，打{PHONE}，或者找{OTHERS}，电话18611112222"
    await one.drain()
    await told(source, f"/{order_id}/supplement", content=again)
    await told(source, f"/{order_id}/urge", note=again)
    await one.drain()
    case_id = (await desk.get(f"/intake/v1/orders/{order_id}")).json()["case_id"]
    assert case_id
    await told(source, f"/{order_id}/feedback", resolved=True, satisfaction="satisfied", comment=again)
    await one.drain()
    return order_id, case_id


async def test_nothing_personal_is_anywhere_but_sealed(town: System) -> None:
    with structlog.testing.capture_logs() as lines:
        order_id, case_id = await spread(town)
        answers = await _answers(town, order_id, case_id)
    assert {name: found for name, held in (await tables(town)).items() if (found := leaks(held))} == {}
    assert {path: found for path, answer in answers.items() if (found := leaks(answer))} == {}
    assert leaks(json.dumps(lines, default=str, ensure_ascii=False)) == []
    assert "20261123081500123456" in answers[f"/intake/v1/orders/{order_id}"]


async def test_a_bad_order_is_not_repeated_to_anybody(town: System) -> None:
    source = await town.visitor("source", source="sh12345")
    with structlog.testing.capture_logs() as lines:
        for wrong in (
            {"channel": f"找{OTHERS}"},
            {"reported_at": PHONE},
            {"reporter": {"name": [NAME], "phone": {"a": PHONE}}},
            {"kind": f"{NAME}18611112222"},
            {"content": f"{NAME}\x00"},
            {"location": {"lon": PHONE, "lat": NAME}},
            {"callback_url": f"ftp://{OTHERS}"},
        ):
            answer = await source.post("/intake/v1/orders", json=ORDER | wrong)
            assert answer.status_code == 422
            assert leaks(answer.text) == []
        broken = await source.post("/intake/v1/orders", content=f'{{"content": "{NAME}{PHONE}", ')
        assert broken.status_code in (400, 422)
        assert leaks(broken.text) == []
    assert leaks(json.dumps(lines, default=str, ensure_ascii=False)) == []


async def test_at_a_persons_request_the_words_are_gone_everywhere(town: System) -> None:
    """And where it was: the lane of the address, the point on the map."""
    traces = (MARK, "兰溪路148弄", "121.407887")
    unheard = {name for name, held in (await tables(town)).items() if any(trace in held for trace in traces)}
    order_id, case_id = await spread(town)
    desk, supervisor = await town.visitor("duty_desk", "ZR-OPS"), await town.visitor("supervisor", "QP")
    person = {"phone": "021 5888 7654", "reason": "本人来函"}
    before = await tables(town)
    assert {name for name, held in before.items() if MARK in held} >= {"dispatch.cases", "console.cases", "notify.told"}
    answer = await supervisor.post("/intake/v1/persons/erase", json=person | {"ground": "asked"})
    assert [one["order_id"] for one in answer.json()["postponed"]] == [order_id]
    source = await town.visitor("source", source="sh12345")
    await told(source, f"/{order_id}/withdraw", reason=f"{MARK}不用了")
    await town.drain()
    shown = (await supervisor.get(f"/intake/v1/orders/{order_id}")).json()
    assert shown["content"] == ""
    # What travels or rests on its way is gone by its own days: topics, outboxes, and the parts of them.
    kept = {name for name, held in (await tables(town)).items() if any(trace in held for trace in traces)} - unheard
    assert {name for name in kept if ".outbox" not in name and not name.startswith("kit.")} == set()
    case = (await desk.get(f"/dispatch/v1/cases/{case_id}")).json()
    assert case["timeline"][-1]["type"] == "case.erased"
    assert MARK not in json.dumps(case, ensure_ascii=False)
    lead = case["lead"]
    feed = (await desk.get(f"/notify/v1/units/{lead}/events", params={"limit": 1000})).json()["items"]
    assert feed[-1]["type"] == "duoge.case.erased.v1"


async def _answers(one: System, order_id: str, case_id: str) -> dict[str, str]:
    desk, source = await one.visitor("duty_desk", "ZR-OPS"), await one.visitor("source", source="sh12345")
    auditor, supervisor = await one.visitor("auditor"), await one.visitor("supervisor", "QP")
    lead = (await desk.get(f"/dispatch/v1/cases/{case_id}")).json()["lead"]
    asked = [
        (desk, "/intake/v1/orders"),
        (source, "/intake/v1/orders?limit=5"),
        (desk, f"/intake/v1/orders/{order_id}"),
        (desk, f"/intake/v1/orders/{order_id}/entries"),
        (auditor, "/intake/v1/audit"),
        (supervisor, "/intake/v1/persons/requests"),
        (desk, "/dispatch/v1/cases"),
        (desk, f"/dispatch/v1/cases/{case_id}"),
        (desk, f"/notify/v1/units/{lead}/events"),
        (desk, f"/notify/v1/units/{lead}/deliveries"),
        (desk, "/console/v1/cases"),
        (desk, f"/console/v1/cases/{case_id}"),
        (desk, "/open311/v2/requests.json"),
        (desk, "/wall"),
    ]
    answers = {path: (await client.get(path)).text for client, path in asked}
    found = await desk.post("/intake/v1/search", json={"phone": PHONE, "reason": f"{NAME}来电"})
    assert len(found.json()["items"]) == 1
    return answers | {"search": found.text, "repeated": (await source.post("/intake/v1/orders", json=ORDER)).text}
