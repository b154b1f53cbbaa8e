"""Counts of cases that fell due in a period, a row for each group: one statement, however many cases."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from sqlalchemy import text

from services.dispatch.domain.rates import Tally
from services.kit.db import Tx

By = Literal["unit", "grid", "concern", "channel", "street"]
_KEYS: Mapping[By, str] = {
    # Whoever had it first answers for it, wherever it has climbed since.
    "unit": "coalesce(c.course->'climbed_from'->>0, c.lead)",
    "grid": "c.place->'grids'->>'comprehensive'",
    "concern": "c.concern",
    "channel": "c.channel",
    "street": "c.place->'grids'->>'street'",
}
# A case counts once, by its last limit that falls into the period. A limit that still runs, or stands still, has not
# been kept or broken yet.
_TALLY = """
WITH fallen AS (
  SELECT DISTINCT ON (k.case_id) k.case_id, k.round, k.state FROM clock k
  WHERE k.kind = 'resolve' AND NOT k.ended AND k.due >= :first AND k.due < :last
    AND (k.due <= :now OR k.state IN ('met', 'late')) AND k.state <> 'paused'
  ORDER BY k.case_id, k.round DESC),
asked AS (
  SELECT o.case_id, count(*) AS answered, count(*) FILTER (WHERE o.resolved) AS resolved,
         count(*) FILTER (WHERE o.satisfaction = 'satisfied') AS satisfied,
         count(*) FILTER (WHERE o.satisfaction = 'fair') AS fair
  FROM case_order o JOIN fallen f USING (case_id) WHERE o.resolved IS NOT NULL GROUP BY o.case_id)
SELECT {key} AS key, c.excluded, count(*) AS cases, count(k.case_id) AS to_contact,
       count(*) FILTER (WHERE k.state = 'met') AS contacted, count(*) AS due,
       count(*) FILTER (WHERE f.state = 'met') AS on_time, coalesce(sum(a.answered), 0) AS answered,
       coalesce(sum(a.resolved), 0) AS resolved, coalesce(sum(a.satisfied), 0) AS satisfied,
       coalesce(sum(a.fair), 0) AS fair
FROM fallen f JOIN cases c USING (case_id)
LEFT JOIN clock k ON k.case_id = f.case_id AND k.round = f.round AND k.kind = 'contact' AND NOT k.ended
  AND (k.due <= :now OR k.state IN ('met', 'late'))
LEFT JOIN asked a ON a.case_id = f.case_id
GROUP BY 1, 2"""
_STATEMENTS = {by: text(_TALLY.format(key=key)) for by, key in _KEYS.items()}


async def tallies(tx: Tx, by: By, first: datetime, last: datetime, now: datetime) -> dict[str, Tally]:
    """Key → counts; the key is empty where a case has none (no grid, no lead)."""
    found: dict[str, Tally] = defaultdict(Tally)
    for row in (await tx.execute(_STATEMENTS[by], {"first": first, "last": last, "now": now})).all():
        if row.excluded is not None:
            found[row.key or ""] += Tally(excluded={row.excluded: row.cases})
            continue
        found[row.key or ""] += Tally(
            cases=row.cases,
            to_contact=row.to_contact,
            contacted=row.contacted,
            answered=int(row.answered),
            resolved=int(row.resolved),
            satisfied=int(row.satisfied),
            fair=int(row.fair),
            due=row.due,
            on_time=row.on_time,
        )
    return dict(found)
