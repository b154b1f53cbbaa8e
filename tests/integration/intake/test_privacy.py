"""Who reported, and from which door, leaves intake by `reveal` only."""

import json

import httpx
import pytest
from sqlalchemy import text

from services.kit.contracts.topics import CASES, HOUSE
from tests.harness.single import Single
from tests.integration.intake.made import DOOR, IDENTITY, NAME, PHONE, acted, case_event, order, posted, read

SECRETS = (NAME, PHONE, IDENTITY, DOOR, "302室", PHONE[4:], "6234-5678", "62345678")
TELLING = f"我叫{NAME},电话{PHONE},身份证{IDENTITY},座机021-6234-5678,住兰溪路148弄{DOOR}"
REPORTER = {"name": NAME, "phone": PHONE, "anonymous": False, "confidential": False}
ANYWHERE = [
    {"content": f"兰溪路生鲜店卸货噪声很大。{TELLING}"},
    {"title": f"{NAME}反映噪声,{PHONE}"},
    {"address": f"兰溪路148弄{DOOR} {NAME} {PHONE}"},
    {"extra": {"caller": TELLING, "deep": [{"id": IDENTITY}]}},
    {"source_urgency": f"紧急 {PHONE}"},
    {"content": f"噪声很大,{NAME[0]} {NAME[1:]} 138-1234-5678, 138 1234 5678,１３８１２３４５６７８"},
    {"reporter": {"name": "Li Si", "phone": "62345678"}, "content": "噪声很大,找Li Si,打6234-5678"},
]


def _clean(words: str) -> list[str]:
    plain = words.replace("-", "").replace(" ", "")
    return [secret for secret in (*SECRETS, "LiSi") if secret in words or secret.replace("-", "") in plain]


@pytest.mark.parametrize("more", ANYWHERE, ids=lambda more: "+".join(more))
async def test_nothing_personal_leaves_from_any_field(
    intake: Single, source: httpx.AsyncClient, desk: httpx.AsyncClient, more: dict[str, object]
) -> None:
    told = await posted(source, order(external_id="X-1", reporter=REPORTER) | more)
    await intake.publish(case_event("case.opened", "case_1", 1, "open", told["order_id"]))
    shown = [told, await read(source, told["order_id"]), await read(desk, told["order_id"])]
    shown.append((await desk.get("/intake/v1/orders")).json())
    for one in shown:
        one = json.loads(json.dumps(one).replace(told["order_id"], ""))
        assert _clean(json.dumps(one, ensure_ascii=False)) == []
    for event in await intake.events("duoge.orders"):
        data = json.dumps(dict(event.data), ensure_ascii=False).replace(told["order_id"], "")
        assert _clean(data) == []


async def test_nothing_personal_leaves_in_later_words(
    intake: Single, source: httpx.AsyncClient, desk: httpx.AsyncClient, capfd: pytest.CaptureFixture[str]
) -> None:
    told = await posted(source, order(external_id="X-1", reporter=REPORTER))
    name = told["order_id"]
    answers = [
        await acted(source, name, "supplement", content=TELLING),
        await acted(source, name, "urge", note=TELLING),
    ]
    await intake.publish(
        case_event("case.opened", "case_1", 1, "open", name), case_event("case.closed", "case_1", 2, "closed", name)
    )
    answers.append(await acted(source, name, "feedback", resolved=False, satisfaction="fair", comment=TELLING))
    await intake.publish(case_event("case.reopened", "case_1", 3, "reopened", name))
    answers.append(await acted(desk, name, "return", reason=TELLING, proposal=TELLING))
    await acted(desk, name, "reveal", reason=TELLING)
    answers.append((await desk.get(f"/intake/v1/orders/{name}/entries")).json())
    answers.append(await read(desk, name))
    for one in answers:
        assert _clean(json.dumps(one, ensure_ascii=False).replace(name, "")) == []
    for topic in HOUSE:
        if topic.name != CASES.name and not topic.compacted:
            for event in await intake.events(topic.name):
                assert _clean(json.dumps(dict(event.data), ensure_ascii=False).replace(name, "")) == []
    out = capfd.readouterr()
    assert NAME not in out.out + out.err
    assert PHONE not in out.out + out.err


async def test_reveal_shows_all_of_it_and_is_entered(
    intake: Single, source: httpx.AsyncClient, desk: httpx.AsyncClient
) -> None:
    told = await posted(source, order(reporter=REPORTER, content=TELLING, address=f"兰溪路148弄{DOOR}"))
    answer = await desk.post(f"/intake/v1/orders/{told['order_id']}/reveal", json={"reason": "回访"})
    shown = {"name": NAME, "phone": PHONE, "address": f"兰溪路148弄{DOOR}", "content": TELLING, "attachments": []}
    assert answer.json() == shown
    assert answer.headers["Cache-Control"] == "no-store"
    await acted(desk, told["order_id"], "reveal", 422)
    await acted(desk, told["order_id"], "reveal", 422, reason=" ")
    entries = (await desk.get(f"/intake/v1/orders/{told['order_id']}/entries")).json()["items"]
    assert [entry["action"] for entry in entries] == ["reveal"]


async def test_an_anonymous_reporter_is_not_kept(
    intake: Single, source: httpx.AsyncClient, desk: httpx.AsyncClient
) -> None:
    told = await posted(source, order(reporter=REPORTER | {"anonymous": True}))
    shown = await acted(desk, told["order_id"], "reveal", reason="回访")
    assert (shown["name"], shown["phone"]) == (None, None)
    assert (await read(source, told["order_id"]))["anonymous"] is True


async def test_the_database_holds_no_plain_word(intake: Single, source: httpx.AsyncClient) -> None:
    told = await posted(source, order(reporter=REPORTER, content=TELLING, extra={"caller": TELLING}))
    await acted(source, told["order_id"], "supplement", content=TELLING)
    async with intake.service.db.reading() as tx:
        for table in ("orders", "personal", "seen", "entry", "outbox"):
            rows = await tx.execute(text(f"SELECT * FROM {table}"))
            held = [bytes(value) if isinstance(value, memoryview) else value for row in rows.all() for value in row]
            raw = b"\n".join(v if isinstance(v, bytes) else repr(v).encode() for v in held)
            assert raw
            for secret in (NAME, PHONE, IDENTITY, DOOR):
                assert secret.encode() not in raw, table
