"""A district's history of cases with their clocks, as uneven as life: streets with most of the matters, words that everybody
uses and words that came once, one case in a hundred open."""

import json
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import text

from services.kit.db import Database, driver_of

NOW = datetime(2026, 11, 24, 2, tzinfo=UTC)
"""Just after the last one was opened; the others go back from there, one every twenty seconds."""
_AT_ONCE = 100_000
_SAID = (
    "每晚十一点后卸货声音很大，居民无法入睡，希望处理。",
    "人行道被占，推婴儿车的只能走到车行道上。",
    "楼道里堆满纸箱，老人进出不便。",
    "业主多次向物业反映没有结果。",
    "附近学校放学时段拥堵严重。",
    "商户把货物摆到门外，挡住盲道。",
    "垃圾桶满溢，气味很大。",
    "下雨天积水没过脚踝。",
    "电动自行车停在安全出口。",
    "广场舞音量过大。",
    "来电人要求尽快回复。",
    "之前处理过，过了几天又是老样子。",
    "围墙有裂缝，担心倒塌。",
    "绿化带被踩踏种菜。",
    "外墙瓷砖松动。",
    "狗没有牵绳，吓到孩子。",
    "快递车逆行。",
    "施工扬尘没有覆盖。",
    "消防通道被私家车堵住。",
    "公交站牌看不清。",
    "健身器材损坏。",
    "河边有人钓鱼乱扔垃圾。",
    "电梯经常停运。",
    "门店招牌灯光刺眼。",
)
# Words → one case in how many.
_SELDOM = {"窨井盖移位": 101, "油烟直排": 331, "路灯不亮": 1009, "琉璃瓦脱落": 5003, "牌匾松动": 50021}
_CASES = """
INSERT INTO dispatch.cases
  (case_id, sequence, state, class, level, concern, sub_concern, lead, assists, called, orders, title, summary, channel,
   kind, confidential, place, fabric_version, decision, opened_at, dispatched_at, changed_at, round, dispute, course,
   yellow_at, red_at, involved, grids, words)
SELECT 'case_' || lpad(n::text, 32, '0'), 9,
  CASE WHEN is_open THEN (ARRAY['dispatched', 'signed', 'in_progress', 'in_progress', 'resolved'])[1 + n / 100 % 5]
       WHEN n % 60 = 0 THEN 'withdrawn' ELSE 'closed' END,
  (ARRAY['easy','easy','easy','easy','key','key','key','hard','hard','emergency'])[1 + n % 10], 'comprehensive',
  concern, concern || '.plain', unit, ARRAY[helper], '{}', ARRAY['ord_' || n], title, matter, 'hotline_12345',
  'complaint', n % 200 = 0,
  jsonb_build_object('lon', 121.4, 'lat', 31.2, 'address', address, 'zone', 'residential', 'grids', grids, 'crs', 'wgs84'),
  1, jsonb_build_object('rule', 'r', 'version', 1, 'reason', '', 'ground', '', 'clocks', 'key', 'alternatives', '[]'::jsonb),
  at, at, at, 1, '{"holders": [], "returned_by": [], "bound": false}',
  '{"request": null, "climbed_from": [], "slips": [], "meetings": [], "rectifications": []}',
  CASE WHEN is_open THEN CAST(:now AS timestamptz) + (n / 100 % 97 - 40) * interval '1 hour' END,
  CASE WHEN is_open THEN CAST(:now AS timestamptz) + (n / 100 % 97 - 12) * interval '1 hour' END,
  ARRAY[unit, helper], ARRAY(SELECT DISTINCT value FROM jsonb_each_text(grids) ORDER BY value),
  title || E'\\n' || address || E'\\n' || matter
FROM (
  SELECT n, (n * 7919) % 100 = 0 AS is_open, 'U-' || floor(power(random(), 3) * 400) AS unit,
    'U-' || floor(power(random(), 2) * 400) AS helper,
    jsonb_build_object('comprehensive', 'C-' || grid, 'micro', 'M-' || micro, 'community', 'J-' || micro / 14,
      'duty', 'D-' || grid / 2, 'fire', 'F-' || grid / 6, 'market', 'S-' || grid / 6, 'mediation', 'T-' || grid / 4,
      'party', 'P-' || grid, 'police', 'G-' || grid / 3) AS grids,
    concern, (ARRAY['夜间噪声扰民','共享单车乱停','楼道堆物','占道经营','路面破损','飞线充电'])[1 + n % 6] AS title,
    '兰溪路' || n % 900 || '弄' || n % 37 || '号' AS address,
    CAST(:now AS timestamptz) - (:total - n) * interval '20 seconds' AS at,
    said[1 + floor(power(random(), 2) * 24)::int] || said[1 + floor(power(random(), 2) * 24)::int]
      || said[1 + floor(power(random(), 2) * 24)::int]
      || array_to_string(ARRAY(SELECT word || '。' FROM jsonb_each_text(CAST(:seldom AS jsonb)) AS s(word, once)
                               WHERE n % once::int = 0), '')
      || CASE WHEN n % 40 = 0 AND n < :total * 0.6 THEN '台风刮倒行道树。' ELSE '' END
      || substr(md5(n::text), 1, 12) AS matter
  FROM (
    SELECT n, floor(power(random(), 2) * 60)::int AS grid, floor(power(random(), 2) * 4000)::int AS micro,
      (ARRAY['CS-01','CS-02','CS-03','GL-01','GL-02','GL-03','FW-01','FW-02','FW-03','AQ-01','AQ-02','AQ-03'])
        [1 + floor(power(random(), 2) * 12)::int] AS concern, CAST(:said AS text[]) AS said
    FROM generate_series(CAST(:first AS bigint), CAST(:last AS bigint)) AS n) AS drawn) AS told"""
_CLOCKS = """
INSERT INTO dispatch.clock
  (case_id, round, kind, started, due, yellow_at, state, span, met_at, warned, provisional, ended)
SELECT c.case_id, 1, k.kind, c.opened_at, CASE WHEN runs THEN c.red_at ELSE c.opened_at + k.length END,
  CASE WHEN runs THEN c.yellow_at END, CASE WHEN runs THEN 'running' ELSE 'met' END, k.span,
  CASE WHEN NOT runs THEN c.opened_at + k.length / 2 END, false, false, false
FROM dispatch.cases c CROSS JOIN (VALUES
  ('sign', interval '2 hours', '{"amount": 2, "unit": "hours"}'::jsonb),
  ('contact', interval '1 day', '{"amount": 1, "unit": "days"}'),
  ('resolve', interval '5 days', '{"amount": 5, "unit": "days"}')) AS k(kind, length, span)
  CROSS JOIN LATERAL (SELECT c.red_at IS NOT NULL AND k.kind = 'resolve' AS runs) AS r
WHERE c.case_id BETWEEN 'case_' || lpad(CAST(CAST(:first AS bigint) AS text), 32, '0')
  AND 'case_' || lpad(CAST(CAST(:last AS bigint) AS text), 32, '0')"""

_INDEXES = text(
    """SELECT tablename, indexname, indexdef FROM pg_indexes
       WHERE schemaname = 'dispatch' AND tablename IN ('cases', 'clock') AND indexname <> 'cases_pkey'"""
)
_SIZES = text(
    """SELECT (SELECT count(*) FROM dispatch.cases) AS cases, pg_table_size('dispatch.cases') AS cases_bytes,
         pg_indexes_size('dispatch.cases') AS cases_index_bytes"""
)


async def filled(db: Database, total: int) -> dict[str, Any]:
    """Filled with `total` cases if it is empty. How long that took (s), and how large it is."""
    began = time.perf_counter()
    connection = await db.apart()
    try:
        found = (await connection.execute(_SIZES)).one()
        if not found.cases:
            await _fill(await driver_of(connection), (await connection.execute(_INDEXES)).all(), db, total)
            found = (await connection.execute(_SIZES)).one()
        return {"seconds": round(time.perf_counter() - began)} | dict(found._mapping)
    finally:
        await connection.close()


async def _fill(driver: Any, indexes: Sequence[Any], db: Database, total: int) -> None:
    """Indexes afterwards: hours of work in minutes."""
    for index in indexes:
        if index.indexname != "clock_pkey":
            await driver.execute(f"DROP INDEX dispatch.{index.indexname}")
    await driver.execute("ALTER TABLE dispatch.clock DROP CONSTRAINT clock_pkey")
    told = {"now": NOW, "total": total, "said": list(_SAID), "seldom": json.dumps(_SELDOM, ensure_ascii=False)}
    for first in range(1, total + 1, _AT_ONCE):
        stretch = {"first": first, "last": min(first + _AT_ONCE - 1, total)}
        async with db.transaction() as tx:
            await tx.execute(text(_CASES), told | stretch)
            await tx.execute(text(_CLOCKS), stretch)
    await driver.execute("SET maintenance_work_mem = '1GB'")
    await driver.execute("ALTER TABLE dispatch.clock ADD PRIMARY KEY (case_id, round, kind)", timeout=3600)
    for index in indexes:
        if index.indexname != "clock_pkey":
            await driver.execute(index.indexdef, timeout=3600)
    for table in ("cases", "clock"):
        await driver.execute(f"VACUUM ANALYZE dispatch.{table}", timeout=3600)
