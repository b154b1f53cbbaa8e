"""The record on a real database: whole after all that is done to cases, and every tampering named."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from services.dispatch.main import build
from services.dispatch.settings import DispatchSettings
from services.kit import migrate
from services.kit.checkpoints import Shelf, from_line
from services.kit.contracts.topics import CHECKPOINTS
from tests.harness.single import Single, single
from tests.integration.dispatch.recorded import keeper_of, verified
from tests.integration.dispatch.story import Order
from tests.integration.dispatch.test_cases import do, opened

# Each: what somebody with the database's password does, and what must be said: kind, sequence. `:case` is the victim.
TAMPERED: tuple[tuple[str, tuple[str, ...], tuple[str, int | None]], ...] = (
    ("a word", ("UPDATE entry SET text = text || '。' WHERE subject = :case AND sequence = 3",), ("entry_changed", 3)),
    ("a name", ("UPDATE entry SET by_name = '乙' WHERE subject = :case AND sequence = 3",), ("entry_changed", 3)),
    ("nobody", ("UPDATE entry SET by_name = NULL WHERE subject = :case AND sequence = 3",), ("entry_changed", 3)),
    ("a time", ("UPDATE entry SET at = at - interval '1 microsecond' WHERE subject = :case AND sequence = 2",), ("entry_changed", 2)),
    ("a unit", ("UPDATE entry SET unit = 'ZR-MARKET' WHERE subject = :case AND sequence = 2",), ("entry_changed", 2)),
    ("a byte", ("UPDATE entry SET body = set_byte(body, 20, get_byte(body, 20) # 1) WHERE subject = :case AND sequence = 2",), ("chain_broken", 2)),
    ("a salt", ("UPDATE entry SET salts = set_byte(salts, 3, get_byte(salts, 3) # 1) WHERE subject = :case AND sequence = 2",), ("entry_changed", 2)),
    ("words taken out as if erased", ("UPDATE entry SET text = '', salts = decode(repeat('00', 16), 'hex') || substring(salts FROM 17) WHERE subject = :case AND sequence = 1",), ("entry_changed", 1)),
    ("an entry", ("DELETE FROM entry WHERE subject = :case AND sequence = 2",), ("entry_missing", 2)),
    ("the tail", ("DELETE FROM entry WHERE subject = :case AND sequence > 2",), ("tail_cut", 3)),
    ("the tail and the row", ("DELETE FROM entry WHERE subject = :case AND sequence > 2", "UPDATE cases SET sequence = 2, state = 'dispatched', head = (SELECT hash FROM entry WHERE subject = :case AND sequence = 2) WHERE case_id = :case"), ("tail_cut", 3)),
    ("two in each other's place", ("UPDATE entry SET sequence = 99 WHERE subject = :case AND sequence = 2", "UPDATE entry SET sequence = 2 WHERE subject = :case AND sequence = 3", "UPDATE entry SET sequence = 3 WHERE subject = :case AND sequence = 99"), ("entry_changed", 2)),
    ("the case, leaving its entries", ("DELETE FROM cases WHERE case_id = :case",), ("case_missing", None)),
    ("the case and its entries", ("DELETE FROM cases WHERE case_id = :case", "DELETE FROM entry WHERE subject = :case"), ("case_missing", None)),
    ("the head", ("UPDATE cases SET head = set_byte(head, 0, get_byte(head, 0) # 1) WHERE case_id = :case",), ("head_changed", 4)),
    ("the state", ("UPDATE cases SET state = 'closed' WHERE case_id = :case",), ("state_changed", None)),
    ("the lead", ("UPDATE cases SET lead = 'ZR-MARKET' WHERE case_id = :case",), ("state_changed", None)),
    ("why it went there", ("UPDATE cases SET decision = jsonb_set(decision, '{reason}', '\"按领导指示\"') WHERE case_id = :case",), ("state_changed", None)),
    ("another rule", ("UPDATE cases SET decision = jsonb_set(decision, '{rule}', '\"CS-02\"') WHERE case_id = :case",), ("state_changed", None)),
    ("whether it may be returned", ("UPDATE cases SET dispute = jsonb_set(dispute, '{bound}', 'true') WHERE case_id = :case",), ("state_changed", None)),
    ("how often it was extended", ("UPDATE cases SET course = jsonb_set(course, '{extensions}', '1') WHERE case_id = :case",), ("state_changed", None)),
    ("who may see it", ("UPDATE cases SET confidential = NOT confidential WHERE case_id = :case",), ("state_changed", None)),
    ("when it was opened", ("UPDATE cases SET opened_at = opened_at + interval '1 microsecond' WHERE case_id = :case",), ("state_changed", None)),
    ("when a whistle's units must come", ("UPDATE whistles SET report_in_by = report_in_by + interval '1 hour'",), ("state_changed", None)),
    ("a deadline", ("UPDATE clock SET due = due + interval '1 day' WHERE case_id = :case AND kind = 'resolve'",), ("state_changed", None)),
    ("a clock", ("DELETE FROM clock WHERE case_id = :case AND kind = 'sign'",), ("state_changed", None)),
    ("an order", ("UPDATE cases SET orders = '{}' WHERE case_id = :case",), ("state_changed", None)),
    ("the whole record anew", (
        "UPDATE entry SET text = '改', body = convert_to(replace(convert_from(body, 'UTF8'), '\"text\":\"' || encode(sha256(substring(salts FOR 16) || convert_to(text, 'UTF8')), 'hex'), '\"text\":\"' || encode(sha256(substring(salts FOR 16) || convert_to('改', 'UTF8')), 'hex')), 'UTF8') WHERE subject = :case AND sequence = 4",
        "UPDATE entry AS e SET hash = sha256(p.hash || e.body) FROM entry p WHERE e.subject = :case AND e.sequence = 4 AND p.subject = :case AND p.sequence = 3",
        "UPDATE cases SET head = (SELECT hash FROM entry WHERE subject = :case AND sequence = 4) WHERE case_id = :case",
    ), ("rewritten", 4)),
    ("a row that nobody can read", ("UPDATE cases SET dispute = '{}' WHERE case_id = :case",), ("row_unreadable", None)),
    ("a whistle's answer", ("UPDATE whistles SET state = 'met'",), ("state_changed", None)),
    ("a whistle", ("DELETE FROM whistles WHERE case_id IS NULL",), ("case_missing", None)),
    ("a checkpoint", ("DELETE FROM checkpoint WHERE number = 1",), ("checkpoint_missing", None)),
    ("a checkpoint's words", ("UPDATE checkpoint SET body = set_byte(body, 60, get_byte(body, 60) # 1) WHERE number = 1",), ("checkpoint_forged", None)),
    ("a checkpoint for another", ("UPDATE checkpoint SET body = (SELECT body FROM checkpoint WHERE number = 2), hash = (SELECT hash FROM checkpoint WHERE number = 2), signature = (SELECT signature FROM checkpoint WHERE number = 2) WHERE number = 1",), ("checkpoint_forged", None)),
)  # fmt: skip


async def worked(one: Single, sealing: bool = True) -> str:
    """Two cases and two whistles, sealed twice; the first case is at its fourth entry."""
    case, other = await opened(one, Order("ord_1"), Order("ord_2"))
    squad = await one.visitor("department", unit="ZR-DUTY")
    await do(squad, case, "sign", by="甲")
    await do(squad, case, "contact", note="已致电")
    if sealing:
        await keeper_of(one).seal()
    desk = await one.visitor("duty_desk")
    for subject in ({"case_id": other["case_id"]}, {"place": {"lon": 121.4079, "lat": 31.2426, "address": "兰溪路"}}):
        body = subject | {"kind": "joint_enforcement", "need": "联合检查", "units": ["ZR-POLICE-4"]}
        answer = await desk.post("/dispatch/v1/whistles", json=body)
        assert answer.status_code == 201, answer.text
    if sealing:
        await keeper_of(one).seal()
    await one.drain()
    return str(case["case_id"])


@pytest.mark.tampers
async def test_every_tampering_is_named(dispatch: Single) -> None:
    """One database for all: each is done, found, and undone."""
    case_id = await worked(dispatch)
    faults, end = await verified(dispatch)
    assert faults == []
    assert (end["ok"], end["subjects"], end["checkpoints"], end["outside"]) == (True, 3, 2, 2)
    async with dispatch.service.db.transaction() as tx:
        for table in ("entry", "cases", "clock", "whistles", "checkpoint"):
            await tx.execute(text(f"CREATE TABLE kept_{table} AS TABLE {table}"))
    for what, statements, (kind, sequence) in TAMPERED:
        async with dispatch.service.db.transaction() as tx:
            for statement in statements:
                await tx.execute(text(statement), {"case": case_id} if ":case" in statement else {})
        faults, end = await verified(dispatch)
        assert not end["ok"], what
        assert (kind, sequence) in {(one["kind"], one["sequence"]) for one in faults}, (what, faults)
        async with dispatch.service.db.transaction() as tx:
            for table in ("entry", "cases", "clock", "whistles", "checkpoint"):
                await tx.execute(text(f"DELETE FROM {table}"))
                await tx.execute(text(f"INSERT INTO {table} SELECT * FROM kept_{table}"))
    assert (await verified(dispatch))[0] == []


async def test_a_case_whose_checkpoints_are_gone_too_is_missed_by_the_copy_outside(
    database_url: str, tmp_path: Path
) -> None:
    file = tmp_path / "elsewhere" / "checkpoints.ndjson"
    async with single(build, DispatchSettings, database_url, more={"dispatch_checkpoint_file": file}) as one:
        case_id = await worked(one)
        kept = file.read_bytes()
        assert [each.number for each in Shelf(file).read()] == [1, 2]
        told = await one.events(CHECKPOINTS.name)
        assert [from_line(event.value).hash for event in told] == [each.hash for each in Shelf(file).read()]
        async with one.service.db.transaction() as tx:
            for statement in ("DELETE FROM cases WHERE case_id = :case", "DELETE FROM entry WHERE subject = :case"):
                await tx.execute(text(statement), {"case": case_id})
            await tx.execute(text("DELETE FROM checkpoint"))
        faults, _ = await verified(one)
        assert {"case_missing", "checkpoint_missing"} <= {fault["kind"] for fault in faults}
        assert {fault["subject"] for fault in faults if fault["kind"] == "case_missing"} == {case_id}
        file.write_bytes(b"")
        faults, _ = await verified(one, kept)
        assert case_id in {fault["subject"] for fault in faults if fault["kind"] == "case_missing"}
        refused = await (await one.visitor("auditor")).post("/dispatch/v1/audit/verify", content=b"x\n")
        assert refused.status_code == 400


@pytest.mark.tampers
async def test_erasing_leaves_the_chain_whole(dispatch: Single) -> None:
    order = Order("ord_1")
    [case] = await opened(dispatch, order)
    await dispatch.publish(order.supplemented("昨晚又吵到两点"))
    await keeper_of(dispatch).seal()
    await dispatch.publish(order._tell("order.erased", status="closed", depth="words", cases=[case["case_id"]]))
    async with dispatch.service.db.reading() as tx:
        rows = (await tx.execute(text("SELECT type, text, salts FROM entry ORDER BY sequence"))).all()
    assert [(row.type, row.text, row.salts[:16] == bytes(16)) for row in rows if not row.text] == [
        ("case.opened", "", True),
        ("case.progressed", "", True),
    ]
    assert (await verified(dispatch))[0] == []
    async with dispatch.service.db.transaction() as tx:
        await tx.execute(text("UPDATE entry SET text = '另一句' WHERE sequence = 1"))
    assert [(one["kind"], one["sequence"]) for one in (await verified(dispatch))[0]] == [("entry_changed", 1)]


async def test_who_may_look(dispatch: Single) -> None:
    for role, unit in (("duty_desk", None), ("department", "ZR-DUTY"), ("source", None)):
        client = await dispatch.visitor(role, unit=unit)
        for path in ("verify", "checkpoints", "findings"):
            assert (await client.get(f"/dispatch/v1/audit/{path}")).status_code == 403
    assert (await dispatch.visitor.anonymous().get("/dispatch/v1/audit/verify")).status_code == 401
    admin = await dispatch.visitor("admin")
    assert (await admin.post("/dispatch/v1/audit/checkpoints")).json() == {"number": 0, "hash": None}
    await opened(dispatch, Order("ord_1"))
    sealed = (await admin.post("/dispatch/v1/audit/checkpoints")).json()
    listed = (await admin.get("/dispatch/v1/audit/checkpoints")).json()
    assert [(one["number"], one["hash"]) for one in listed["items"]] == [(1, sealed["hash"])]


@pytest.mark.parametrize("hours", [1, 24 * 40])
async def test_what_time_does_is_recorded_too(dispatch: Single, hours: int) -> None:
    """Lights, climbs and closings by themselves."""
    await opened(dispatch, Order("ord_1"))
    await dispatch.advance(timedelta(hours=hours))
    assert (await verified(dispatch))[0] == []
    held: list[dict[str, Any]] = (await (await dispatch.visitor("auditor")).get("/dispatch/v1/audit/findings")).json()[
        "items"
    ]
    assert all(one["holds"] for one in held)


async def test_what_was_there_before_the_record_is_chained_as_it_stands(database_url: str) -> None:
    """Everything of this revision taken away and put back, under cases and whistles that went their way."""
    async with single(build, DispatchSettings, database_url) as one:
        order = Order("ord_1")
        await worked(one, sealing=False)
        await one.publish(order.accepted(), order.supplemented("昨晚又吵到两点"))
        await one.advance(timedelta(hours=30))
    await asyncio.to_thread(migrate.downgrade, database_url, "dispatch", "0004")
    await asyncio.to_thread(migrate.upgrade, database_url, "dispatch")
    async with single(build, DispatchSettings, database_url, fabric=False) as one:
        assert await one.service.copy.wait_for(1, 30)  # type: ignore[union-attr]
        assert (await verified(one))[0] == []
        await keeper_of(one).seal()
        await one.drain()
        await one.publish(Order("ord_1", sequence=2).urged())
        faults, end = await verified(one)
        assert faults == []
        assert (end["checkpoints"], end["outside"]) == (1, 1)
        async with one.service.db.transaction() as tx:
            await tx.execute(text("UPDATE entry SET text = text || '。' WHERE sequence = 1"))
        assert {fault["sequence"] for fault in (await verified(one))[0]} == {1}
