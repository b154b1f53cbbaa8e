"""Figures over a month of 500,000 cases in a table of a million: how long each question takes."""

import asyncio
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import text

from duoge.embedded.postgres import EmbeddedPostgres
from services.dispatch.repository import figures
from services.dispatch.repository.figures import By, Wanted
from services.fabric.periods import period_of
from services.fabric.rates import tally_of, total
from services.kit import migrate
from services.kit.db import Database, Tx
from tests.harness.zhenru import AT

CASES, MONTHS = 1_000_000, 2
TIMES = 7
SLICE = 50_000
_RATED = f"""
    INSERT INTO rated SELECT 'case_' || n, 1, at, resolve, NULL, NULL, at - interval '1 day',
      CASE WHEN n % 9 = 0 THEN 'late' WHEN n % 31 = 0 THEN 'overdue' ELSE 'met' END, 'U' || n % 200, 'G' || n % 60,
      'S' || n % 12, 'GL-' || n % 40, CASE n % 4 WHEN 0 THEN 'hotline_12345' ELSE 'app' || n % 4 END,
      CAST(n % 3 > 0 AS int), CAST(n % 3 = 1 AS int), CAST(n % 6 = 1 AS int), CAST(n % 6 = 4 AS int),
      CAST(n % 3 = 0 AS int), n % 97 = 0, CASE WHEN n % 19 = 0 THEN 'consult' WHEN n % 101 = 0 THEN 'statutory' END
    FROM (SELECT n, timestamptz '2026-11-01+08' + n * (interval '{MONTHS * 30} days' / {CASES}) AS at,
                 CASE WHEN n % 7 = 0 THEN 'late' WHEN n % 23 = 0 THEN 'running' ELSE 'met' END AS resolve
          FROM generate_series(CAST(:first AS int), CAST(:last AS int)) AS n) AS made"""


async def _questions(db: Database) -> AsyncIterator[dict[str, Any]]:
    now = AT + timedelta(days=40)
    month = period_of("2026-11", now)

    async def by(tx: Tx, key: By) -> int:
        found = await figures.facts(tx, Wanted(month, now, key))
        return total(tally_of(facts) for groups in found.values() for facts in groups).cases

    asked: dict[str, Callable[[Tx], Awaitable[Any]]] = {
        f"by {key}": lambda tx, key=key: by(tx, key)  # type: ignore[misc]
        for key in ("unit", "grid", "street", "concern", "channel", "day")
    }
    asked["one unit"] = lambda tx: figures.facts(tx, Wanted(month, now, "unit", "U7"))
    asked["cases behind"] = lambda tx: figures.cases(
        tx, Wanted(month, now, "unit", "U7"), "on_time", "denominator", None, 100
    )
    for name, question in asked.items():
        took: list[float] = []
        for _ in range(TIMES):
            async with db.reading() as tx:
                began = time.perf_counter()
                await question(tx)
                took.append(time.perf_counter() - began)
        yield {"figure": f"rates {name}", "ms": round(1000 * sorted(took)[TIMES // 2]), "cases": CASES // MONTHS}


async def _measured(url: str) -> list[dict[str, Any]]:
    await asyncio.to_thread(migrate.upgrade, url, "dispatch")
    db = Database(url, "dispatch")
    try:
        for first in range(0, CASES, SLICE):
            async with db.transaction() as tx:
                await tx.execute(text(_RATED), {"first": first + 1, "last": first + SLICE})
        async with db.transaction() as tx:
            await tx.execute(text("ANALYZE rated"))
        return [line async for line in _questions(db)]
    finally:
        await db.stop()


def run() -> Iterable[dict[str, Any]]:
    folder = Path(tempfile.mkdtemp(prefix="duoge-bench-"))
    folder.chmod(0o755)
    postgres = EmbeddedPostgres(folder)
    try:
        yield from asyncio.run(_measured(postgres.start()))
    finally:
        postgres.stop()
        shutil.rmtree(folder, ignore_errors=True)
