"""The auditor of dispatch: silent while all is well, also under a clock that is moved; and each rule can fail."""

from datetime import datetime, timedelta

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import text

from services.kit.auditor import Auditor, Finding, Rule
from services.kit.db import Tx
from tests.harness.single import Single
from tests.integration.dispatch.recorded import keeper_of
from tests.integration.dispatch.story import Order
from tests.integration.dispatch.test_cases import do, opened
from tests.integration.dispatch.test_follow_up import done

LONG = 3600.0  # seconds: longer than any leeway
# rule → what breaks it. Each database is as good as new afterwards.
BROKEN: tuple[tuple[str, str], ...] = (
    ("outbox_young", "INSERT INTO outbox (topics, key, headers, value) VALUES ('{no.such}', 'k', '{}', 'x')"),
    ("timers_fired", "UPDATE timer SET due_at = due_at - interval '9 years' WHERE kind = 'case.wake'"),
    ("timers_going", "UPDATE timer SET state = 'parked' WHERE kind = 'case.wake'"),
    (
        "none_parked",
        """INSERT INTO parked (consumer, topic, partition, "offset", key, headers, error)
           VALUES ('dispatch', 'duoge.orders', 0, 0, 'ord_9', '{}', 'broken')""",
    ),
    ("record_intact", "UPDATE entry SET text = 'x' WHERE sequence = 1"),
    ("record_kept", "DELETE FROM entry"),
    ("record_sealed", "INSERT INTO unsealed VALUES ('x', 1, 'x')"),
    ("clocks_fired", "UPDATE timer SET state = 'cancelled' WHERE kind = 'case.wake'"),
    ("orders_known", "UPDATE case_order SET live = false"),
    ("whistles_have_rosters", "UPDATE whistles SET calls = '[]'"),
    ("whistles_have_rosters", "UPDATE whistles SET report_in_by = report_in_by - interval '9 years'"),
)


def auditor_of(one: Single) -> Auditor:
    [auditor] = one.service.auditors()
    return auditor


async def broken(one: Single, at: float) -> list[str]:
    """The rules that do not hold, in a round of this second; the page and the gauges say the same."""
    auditor = auditor_of(one)
    await auditor.round(at)
    found = sorted(name for name, held in auditor.held.items() if not held.holds)
    page = (await (await one.visitor("auditor")).get("/dispatch/v1/audit/findings")).json()["items"]
    assert sorted(each["rule"] for each in page if not each["holds"]) == found
    assert all(each["found"] for each in page if not each["holds"])
    dead = [
        name
        for name in auditor.held
        if REGISTRY.get_sample_value("kit_audit_holds", {"service": "dispatch", "rule": name}) == 0
    ]
    assert sorted(dead) == found
    assert REGISTRY.get_sample_value("kit_audit_round_seconds", {"service": "dispatch"})
    return found


async def with_work(one: Single) -> None:
    await opened(one, Order("ord_1"), Order("ord_2"))
    body = {"kind": "joint_enforcement", "need": "联合检查", "units": ["ZR-POLICE-4"]}
    place = {"place": {"lon": 121.4079, "lat": 31.2426, "address": "兰溪路"}}
    answer = await (await one.visitor("duty_desk")).post("/dispatch/v1/whistles", json=body | place)
    assert answer.status_code == 201
    await keeper_of(one).seal()
    await one.drain()


TABLES = ("outbox", "timer", "parked", "entry", "unsealed", "case_order", "whistles")


@pytest.mark.tampers
async def test_each_rule_that_is_broken_is_found_once_its_leeway_is_over(dispatch: Single) -> None:
    """One database for all: broken, found, mended."""
    await with_work(dispatch)
    # Nobody else mends or takes what is broken here.
    for worker in dispatch.service.workers:
        await worker.stop()
    async with dispatch.service.db.transaction() as tx:
        for table in TABLES:
            await tx.execute(text(f"CREATE TABLE kept_{table} AS TABLE {table}"))
    at = 0.0
    for rule, statement in BROKEN:
        at += LONG
        assert await broken(dispatch, at) == [], f"before {statement}"
        async with dispatch.service.db.transaction() as tx:
            await tx.execute(text(statement))
        if auditor_of(dispatch).held[rule].rule.leeway:
            assert rule not in await broken(dispatch, at + 10), statement
        assert rule in await broken(dispatch, at + LONG), statement
        async with dispatch.service.db.transaction() as tx:
            for table in TABLES:
                await tx.execute(text(f"DELETE FROM {table}"))
                await tx.execute(text(f"INSERT INTO {table} OVERRIDING SYSTEM VALUE SELECT * FROM kept_{table}"))
        at += LONG


async def test_a_closed_case_that_nobody_will_look_at_again_is_found(dispatch: Single) -> None:
    case = await done(dispatch, Order("ord_1"))
    admin = await dispatch.visitor("admin")
    for action in ("verify", "close"):
        await do(admin, case, action)
    await keeper_of(dispatch).seal()
    await dispatch.drain()
    assert await broken(dispatch, 0) == []
    async with dispatch.service.db.transaction() as tx:
        await tx.execute(text("DELETE FROM timer WHERE kind = 'case.wake'"))
    await broken(dispatch, 1)
    assert "clocks_fired" in await broken(dispatch, 1 + LONG)


async def test_a_clock_that_jumps_raises_no_alarm(dispatch: Single) -> None:
    """Thousands of things fall due at once; as long as they are done within the leeway of real time, all is well."""
    await with_work(dispatch)
    assert await broken(dispatch, 0) == []
    dispatch.clock.advance(timedelta(days=40))
    assert await broken(dispatch, 1) == []
    await dispatch.drain()
    assert await broken(dispatch, 1 + LONG) == []
    await dispatch.advance(timedelta(days=40))
    assert await broken(dispatch, 2 + LONG) == []


async def test_a_look_that_fails_is_no_good_news(dispatch: Single) -> None:
    wrong = [True]

    async def look(tx: Tx, now: datetime) -> list[Finding]:
        if wrong:
            raise ValueError("cannot count")
        return []

    auditor = Auditor("dispatch", dispatch.service.db, dispatch.clock, [Rule("odd", "…", look, timedelta(0))])
    await auditor.round(0)
    assert "ValueError" in auditor.held["odd"].found[0][0].said
    wrong.clear()
    await auditor.round(1)
    assert auditor.held["odd"].holds
