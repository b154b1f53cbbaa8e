"""What has had its time is deleted, in batches, and it is said what; what is open or held by law stays."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import text

from services.intake.domain.keeping import Keeping
from services.intake.main import build
from services.intake.settings import IntakeSettings
from services.intake.usecases.erasing import erase_due
from services.kit.contracts.topics import ORDERS
from services.kit.outbox import Outbox
from services.kit.settings import WrongSetting, load
from tests.harness.single import SECRET, Single, single
from tests.integration.intake.made import NAME, PHONE, acted, case_event, order, posted, read

KEEPING = Keeping(timedelta(days=10), timedelta(days=20), timedelta(days=30))
REPORTER = {"name": NAME, "phone": PHONE}
SAID = "兰溪路生鲜店每晚十一点后卸货,噪声很大"


@pytest_asyncio.fixture
async def intake(database_url: str) -> AsyncIterator[Single]:
    periods: dict[str, object] = {
        "intake_keep_personal": KEEPING.personal,
        "intake_keep_orders": KEEPING.orders,
        "intake_keep_audit": KEEPING.audit,
    }
    async with single(build, IntakeSettings, database_url, more=periods) as one:
        yield one


async def _count(one: Single, table: str) -> int:
    async with one.service.db.reading() as tx:
        return int((await tx.execute(text(f"SELECT count(*) AS rows FROM {table}"))).one().rows)


async def _ended(one: Single, source: httpx.AsyncClient, **more: Any) -> str:
    name = str((await posted(source, order(reporter=REPORTER, **more)))["order_id"])
    await acted(source, name, "supplement", content=f"我叫{NAME}")
    await one.publish(
        case_event("case.opened", f"case_{name[-8:]}", 1, "open", name),
        case_event("case.closed", f"case_{name[-8:]}", 2, "closed", name),
    )
    return name


async def test_personal_parts_go_first_then_the_order_then_the_record(
    intake: Single, source: httpx.AsyncClient
) -> None:
    name = await _ended(intake, source, external_id="E-OLD", content=SAID)
    supervisor = await intake.visitor("supervisor")
    await intake.advance(timedelta(days=9))
    assert (await acted(supervisor, name, "reveal", reason="回访"))["phone"] == PHONE
    await intake.advance(timedelta(days=2))
    assert await _count(intake, "personal") == 0
    assert (await read(supervisor, name))["content"] != ""
    assert (await acted(supervisor, name, "reveal", 409, reason="回访"))["detail"].startswith(
        "这件工单的个人信息已经删除"
    )
    await intake.advance(timedelta(days=10))
    assert (await supervisor.get(f"/intake/v1/orders/{name}")).status_code == 404
    assert await _count(intake, "entry") > 0
    erased = [event for event in await intake.events(ORDERS.name) if event.name == "order.erased"]
    assert [(event.subject, event.data["depth"], event.data["text"]) for event in erased] == [
        (name, "order", "工单已按期限删除")
    ]
    seen_again = await source.post(
        "/intake/v1/orders", json=order(external_id="E-OLD", content=SAID, reporter=REPORTER)
    )
    assert (seen_again.status_code, seen_again.json()["reason"]) == (200, "deleted")
    await intake.advance(timedelta(days=20))
    assert await _count(intake, "entry") == 0
    rows = (await supervisor.get("/intake/v1/erasures")).json()["items"]
    gone: Counter[str] = Counter()
    for one in rows:
        assert one["ground"] == "retention"
        gone[one["part"]] += one["rows"]
    assert gone == {"personal": 1, "note": 1, "order": 1, "audit": 2}
    page = (await supervisor.get("/intake/v1/erasures", params={"limit": 3})).json()
    rest = (await supervisor.get("/intake/v1/erasures", params={"limit": 3, "cursor": page["next"]})).json()
    assert page["items"] + rest["items"] == rows


async def test_open_and_held_orders_stay(intake: Single, source: httpx.AsyncClient) -> None:
    live = (await posted(source, order(reporter=REPORTER)))["order_id"]
    held = await _ended(intake, source)
    supervisor = await intake.visitor("supervisor")
    for _ in range(2):
        assert (await acted(supervisor, held, "hold", reason="诉讼中"))["held"] is True
    await intake.advance(timedelta(days=100))
    for name in (live, held):
        assert (await acted(supervisor, name, "reveal", reason="核对"))["phone"] == PHONE
    await acted(supervisor, held, "unhold", reason="已判决")
    await intake.drain()
    assert (await supervisor.get(f"/intake/v1/orders/{held}")).status_code == 404


async def test_only_supervisors_hold(intake: Single, source: httpx.AsyncClient) -> None:
    name = (await posted(source, order()))["order_id"]
    for client in (source, await intake.visitor("duty_desk", unit="ZR-OPS"), await intake.visitor("auditor")):
        await acted(client, name, "hold", 403, reason="诉讼中")
    supervisor = await intake.visitor("supervisor")
    await acted(supervisor, name, "hold", 422)
    await acted(supervisor, "ord_" + "0" * 32, "hold", 404, reason="诉讼中")
    stale = await supervisor.post(
        f"/intake/v1/orders/{name}/hold", json={"reason": "诉讼中"}, headers={"If-Match": '"99"'}
    )
    assert stale.status_code == 412


async def test_two_workers_delete_each_order_once(intake: Single, source: httpx.AsyncClient) -> None:
    for _ in range(3):
        await _ended(intake, source)
    later = intake.clock.now() + timedelta(days=11)
    outbox = Outbox(lambda: None)

    async def once() -> None:
        async with intake.service.db.transaction() as tx:
            await erase_due(tx, outbox, KEEPING, later)

    await asyncio.gather(once(), once())
    assert await _count(intake, "personal") == 0
    async with intake.service.db.reading() as tx:
        rows = (await tx.execute(text("SELECT rows FROM erasure WHERE part = 'personal'"))).one().rows
    assert rows == 3


async def test_a_hold_and_the_worker_agree(intake: Single, source: httpx.AsyncClient) -> None:
    """Held while the worker waits for the row: it sees the hold, or leaves the row to a later round."""
    name = await _ended(intake, source)
    later, db, outbox = intake.clock.now() + timedelta(days=11), intake.service.db, Outbox(lambda: None)
    async with db.transaction() as holding:
        await holding.execute(
            text("UPDATE orders SET held = true, version = version + 1 WHERE order_id = :id"), {"id": name}
        )
        async with db.transaction() as tx:
            assert await erase_due(tx, outbox, KEEPING, later) is False
    async with db.transaction() as tx:
        assert await erase_due(tx, outbox, KEEPING, later) is False
    assert await _count(intake, "personal") == 1


def test_periods_must_fit_together() -> None:
    with pytest.raises(WrongSetting) as ended:
        load(
            IntakeSettings,
            database_url="postgresql+asyncpg://x/y",
            secret=SECRET,
            intake_keep_personal=timedelta(days=2000),
        )
    assert "个人信息最短" in str(ended.value)
