"""A sweep over a million open clocks: it costs what falls due. And how long after its due time a clock fires at 500 due a
second."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import text

from services.dispatch.repository import cases as repository
from services.dispatch.usecases import sweeping
from services.kit import migrate
from services.kit.clock import FrozenClock
from services.kit.db import Database
from services.kit.outbox import Outbox
from services.kit.timers import Sweeper, by_kind
from tests.bench.load import percentile
from tests.bench.scratch import scratch
from tests.harness.zhenru import zhenru

CLOCKS = int(os.environ.get("DUOGE_BENCH_CLOCKS", "1000000"))
NOW = datetime(2026, 11, 24, 2, tzinfo=UTC)
A_SECOND, SECONDS, BATCHES = 500, 20, 6
_DUE = "SELECT id, key FROM timer WHERE state = 'pending' AND due_at <= $1 ORDER BY due_at, id LIMIT 500"
# Signed and worked on; what falls due is the time to resolve it. The far ones lie months ahead.
_CASES = """
INSERT INTO dispatch.cases
  (case_id, sequence, state, class, level, concern, lead, assists, called, orders, title, summary, channel, confidential,
   place, fabric_version, decision, opened_at, dispatched_at, changed_at, round, dispute, course, yellow_at, red_at,
   wake_at, involved, grids, words, head)
SELECT 'case_' || lpad(n::text, 32, '0'), 5, 'in_progress', 'easy', 'comprehensive', 'GL-03', 'ZR-DUTY-5', '{}', '{}',
  ARRAY['ord_' || n], '夜间噪声', '夜间卸货噪声', 'hotline_12345', false,
  '{"lon": 121.4, "lat": 31.2, "address": "兰溪路", "zone": "residential", "grids": {}, "crs": "wgs84"}', 1,
  '{"rule": "r", "version": 1, "reason": "", "ground": "", "clocks": "easy", "alternatives": []}',
  at, at, at, 1, '{"holders": [], "returned_by": [], "bound": false}',
  '{"request": null, "climbed_from": [], "slips": []}', due, due, due, ARRAY['ZR-DUTY-5'], '{}', '夜间噪声', ''::bytea
FROM (SELECT n, CAST(:now AS timestamptz) - interval '2 days' AS at,
  CAST(:since AS timestamptz) + n * CAST(:apart AS interval) AS due
  FROM generate_series(CAST(:first AS bigint), CAST(:last AS bigint)) AS n) AS made"""
_LIMITS = """
INSERT INTO dispatch.clock (case_id, round, kind, started, due, yellow_at, state, span, warned, provisional, ended)
SELECT case_id, 1, 'resolve', opened_at, red_at, NULL, 'running', '{"amount": 2, "unit": "days", "time": "working"}',
  true, false, false FROM dispatch.cases WHERE case_id BETWEEN :low AND :high"""
_TIMERS = """
INSERT INTO dispatch.timer (id, kind, key, due_at, payload)
SELECT gen_random_uuid(), 'case.wake', case_id, red_at, '{}' FROM dispatch.cases WHERE case_id BETWEEN :low AND :high"""


def run() -> Iterator[dict[str, Any]]:
    with scratch() as url:
        yield from asyncio.run(_run(url))


async def _run(url: str) -> list[dict[str, Any]]:
    await asyncio.to_thread(migrate.upgrade, url, "dispatch")
    db = Database(url, "dispatch", pool=3)
    try:
        return [line async for line in _measured(db)]
    finally:
        await db.stop()


async def _measured(db: Database) -> AsyncIterator[dict[str, Any]]:
    clock = FrozenClock(NOW)
    fires = by_kind(sweeping.fires(Outbox(lambda: None), zhenru, b"secret"))
    sweeper = Sweeper("bench", db, clock, repository.lock, fires)
    number, few = 0, min(10_000, CLOCKS // 10)
    taken: dict[int, float] = {}
    for open_clocks, adds in ((few, few), (CLOCKS, CLOCKS - few)):
        number = await _add(db, number, adds, NOW + timedelta(days=90), timedelta(milliseconds=100))
        number = await _add(db, number, BATCHES * 500, clock.now(), timedelta(0))
        async with db.transaction() as tx:
            await tx.execute(text("ANALYZE"))
        taken[open_clocks] = await _batch(sweeper)
        plan = await _plan(db)
        yield {
            "bench": "sweep",
            "open_clocks": open_clocks,
            "due": 500,
            "ms": round(taken[open_clocks] * 1000, 1),
            "by_index": "Index" in plan and "Seq Scan" not in plan,
        }
    yield {"bench": "sweep_ratio", "times": round(taken[CLOCKS] / taken[few], 2)}
    yield await _paced(db, sweeper, clock, number)


async def _batch(sweeper: Sweeper) -> float:
    """The middle of several sweeps of 500 each, in seconds; the first warms up."""
    spent: list[float] = []
    for _ in range(BATCHES):
        began = time.perf_counter()
        await sweeper.turn()
        spent.append(time.perf_counter() - began)
    return percentile(spent[1:], 0.5)


async def _paced(db: Database, sweeper: Sweeper, clock: FrozenClock, number: int) -> dict[str, Any]:
    """Business time runs at the machine's pace. A clock that fires in a sweep is late by the end of that sweep."""
    start = clock.now() + timedelta(seconds=1)
    await _add(db, number, A_SECOND * SECONDS, start, timedelta(seconds=1) / A_SECOND, counted_from=number)
    began, late, fired = time.monotonic(), [], 0
    while fired < A_SECOND * SECONDS:
        clock.at = start + timedelta(seconds=time.monotonic() - began)
        before = fired
        fired = min(A_SECOND * SECONDS, int((clock.at - start).total_seconds() * A_SECOND))
        while await sweeper.turn():
            pass
        ended = time.monotonic() - began
        late += [ended - due / A_SECOND for due in range(before, fired)]
        await asyncio.sleep(0.05)
    return {
        "bench": "firing",
        "due_a_second": A_SECOND,
        "p50_s": round(percentile(late, 0.5), 2),
        "p99_s": round(percentile(late, 0.99), 2),
        "worst_s": round(max(late), 2),
    }


async def _plan(db: Database) -> str:
    async with db.reading() as tx:
        return "\n".join(
            str(row[0]) for row in (await tx.execute(text(f"EXPLAIN {_DUE.replace('$1', ':now')}"), {"now": NOW})).all()
        )


async def _add(db: Database, number: int, count: int, since: datetime, apart: timedelta, counted_from: int = 0) -> int:
    """The last number."""
    for first in range(number + 1, number + count + 1, 100_000):
        last = min(first + 99_999, number + count)
        told = {"now": NOW, "since": since - apart * counted_from, "apart": apart, "first": first, "last": last}
        ends = {"low": f"case_{first:032d}", "high": f"case_{last:032d}"}
        async with db.transaction() as tx:
            await tx.execute(text(_CASES), told)
            await tx.execute(text(_LIMITS), ends)
            await tx.execute(text(_TIMERS), ends)
    return number + count
