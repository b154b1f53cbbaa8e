"""Lists of a district's history, each filter with its answers in milliseconds: `DUOGE_BENCH_CASES=5000000 make bench`."""

import asyncio
import os
import random
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import text

from services.dispatch.domain.standing import Reach
from services.dispatch.repository import lists
from services.dispatch.schemas.showing import case_json
from services.kit import migrate
from services.kit.db import Database, driver_of
from tests.bench.load import percentile
from tests.bench.scratch import scratch

CASES = int(os.environ.get("DUOGE_BENCH_CASES", "1000000"))
NOW = datetime(2026, 11, 24, 2, tzinfo=UTC)
ROUNDS, PAGE = 40, 100
# One in a hundred is open, of those one in eight red; units, grids and concerns are as uneven as a street's.
_FILL = """
INSERT INTO dispatch.cases
  (case_id, sequence, state, class, level, concern, sub_concern, lead, assists, called, orders, title, summary, channel,
   kind, confidential, place, fabric_version, decision, opened_at, dispatched_at, changed_at, round, dispute, course,
   yellow_at, red_at, involved, grids, words)
SELECT 'case_' || lpad(n::text, 32, '0'), 9, CASE WHEN is_open THEN 'in_progress' ELSE 'closed' END,
  (ARRAY['easy','easy','easy','easy','key','key','key','hard','hard','emergency'])[1 + n % 10], 'comprehensive',
  concern, concern || '.plain', 'U-' || unit, ARRAY['U-' || helper], '{}', ARRAY['ord_' || n], '夜间噪声扰民', words,
  'hotline_12345', 'complaint', n % 200 = 0,
  jsonb_build_object('lon', 121.4, 'lat', 31.2, 'address', '兰溪路' || n % 900 || '号', 'zone', 'residential', 'grids',
    jsonb_build_object('comprehensive', 'C-' || grid, 'micro', 'M-' || n % 4000), 'crs', 'wgs84'),
  1, jsonb_build_object('rule', 'r', 'version', 1, 'reason', '', 'ground', '', 'clocks', 'key', 'alternatives', '[]'::jsonb),
  at, at, at, 1, '{"holders": [], "returned_by": [], "bound": false}',
  '{"request": null, "climbed_from": [], "slips": [], "meetings": [], "rectifications": []}',
  CASE WHEN is_open THEN timestamptz '2026-11-24 02:00Z' + (n / 100 % 97 - 40) * interval '1 hour' END,
  CASE WHEN is_open THEN timestamptz '2026-11-24 02:00Z' + (n / 100 % 97 - 12) * interval '1 hour' END,
  ARRAY['U-' || unit, 'U-' || helper], ARRAY['C-' || grid, 'M-' || n % 4000],
  '夜间噪声扰民' || E'\\n' || '兰溪路' || n % 900 || '号' || E'\\n' || words
FROM (
  SELECT n, (n * 7919) % 100 = 0 AS is_open, floor(power(random(), 3) * 400)::int AS unit,
    floor(power(random(), 2) * 400)::int AS helper, floor(power(random(), 2) * 60)::int AS grid,
    (ARRAY['CS-01','CS-02','CS-03','GL-01','GL-02','GL-03','FW-01','FW-02','FW-03','AQ-01','AQ-02','AQ-03'])
      [1 + floor(power(random(), 2) * 12)::int] AS concern,
    timestamptz '2026-11-24 02:00Z' - (:total - n) * interval '20 seconds' AS at,
    '每晚十一点后卸货声音很大，居民无法入睡，希望处理。' || (ARRAY['店家','工地','广场','小区'])[1 + n % 4]
      || CASE WHEN n % 5003 = 0 THEN '琉璃瓦脱落' ELSE '' END || md5(n::text) AS words
  FROM generate_series(CAST(:first AS bigint), CAST(:last AS bigint)) AS n) AS made"""

EVERYTHING = Reach("dispatcher", everything=True)
Asked = tuple[str, dict[str, str | None], str | None, Reach]


def asked(dice: random.Random) -> Iterator[Asked]:
    """One of each; what is rare beside what is common."""
    unit, grid = f"U-{dice.randrange(400)}", f"C-{dice.randrange(60)}"
    concern = dice.choice(("CS-01", "AQ-03", "GL-02"))
    yield "none", {}, None, EVERYTHING
    yield "state_open", {"state": "in_progress"}, None, EVERYTHING
    yield "state_rare", {"state": "shelved"}, None, EVERYTHING
    yield "unit", {"unit": unit}, None, EVERYTHING
    yield "unit_open", {"unit": unit, "state": "in_progress"}, None, EVERYTHING
    yield "grid", {"grid": f"comprehensive/{grid}"}, None, EVERYTHING
    yield "micro", {"grid": f"M-{dice.randrange(4000)}"}, None, EVERYTHING
    yield "concern", {"concern": concern}, None, EVERYTHING
    yield "sub", {"concern": f"{concern}.plain"}, None, EVERYTHING
    yield "class", {"class": "emergency"}, None, EVERYTHING
    yield "red", {}, "red", EVERYTHING
    yield "yellow_of_unit", {"unit": unit}, "yellow", EVERYTHING
    yield "green", {}, "green", EVERYTHING
    yield "words", {"q": "琉璃瓦脱落"}, None, EVERYTHING
    yield "words_short", {"q": "琉璃"}, None, EVERYTHING
    yield "words_none", {"q": "没有这句话"}, None, EVERYTHING
    mine = Reach("unit", False, units=frozenset({unit}), grids=frozenset({grid}))
    yield "own", {}, None, mine
    yield "own_red", {}, "red", mine


def run() -> Iterator[dict[str, Any]]:
    with scratch() as url:
        yield from asyncio.run(_run(url))


async def _run(url: str) -> list[dict[str, Any]]:
    await asyncio.to_thread(migrate.upgrade, url, "dispatch")
    db = Database(url, "dispatch", pool=2)
    try:
        await fill(db, CASES)
        return [line async for line in _measured(db)]
    finally:
        await db.stop()


async def fill(db: Database, total: int) -> None:
    """Indexes afterwards: an hour's work in minutes."""
    connection = await db.apart()
    found = text(
        """SELECT indexdef FROM pg_indexes WHERE schemaname = 'dispatch' AND tablename = 'cases'
           AND indexname <> 'cases_pkey'"""
    )
    try:
        later = [row.indexdef for row in (await connection.execute(found)).all()]
        for made in later:
            await connection.execute(text(f"DROP INDEX dispatch.{made.split(' INDEX ')[1].split(' ')[0]}"))
        for first in range(1, total + 1, 100_000):
            last = min(first + 99_999, total)
            await connection.execute(text(_FILL), {"first": first, "last": last, "total": total})
        await connection.execute(text("SET maintenance_work_mem = '512MB'"))
        raw = await driver_of(connection)
        for made in later:
            await raw.execute(made, timeout=3600)
        await raw.execute("VACUUM ANALYZE dispatch.cases", timeout=3600)
    finally:
        await connection.close()


async def _measured(db: Database) -> Any:
    """Rows read and made into the answer's JSON, as the service does."""
    dice = random.Random(11)
    taken: dict[str, list[float]] = {}
    rows: dict[str, int] = {}
    for turn in range(ROUNDS + 2):
        for name, wanted, light, reach in asked(dice):
            began = time.perf_counter()
            async with db.reading() as tx:
                page = await lists.listing(tx, wanted, light, reach, NOW, None, PAGE)
            orjson.dumps([case_json(case, NOW) for case in page.cases])
            if turn > 1:
                taken.setdefault(name, []).append((time.perf_counter() - began) * 1000)
                rows[name] = max(rows.get(name, 0), len(page.cases))
    for name, values in taken.items():
        yield {
            "bench": "list",
            "cases": CASES,
            "filter": name,
            "rows": rows[name],
            "p50_ms": round(percentile(values, 0.5), 1),
            "p99_ms": round(percentile(values, 0.99), 1),
        }
