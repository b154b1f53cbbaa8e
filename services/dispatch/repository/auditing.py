"""What the auditor asks of the tables."""

from collections.abc import Sequence

from sqlalchemy import text

from services.dispatch.repository import record
from services.kit.db import Row, Tx

# Beside each case: the orders that are live in it, and its next pending wake.
_CASES = text(
    """SELECT c.case_id, c.orders, c.wake_at, c.state,
         (SELECT coalesce(array_agg(o.order_id), '{}') FROM case_order o WHERE o.case_id = c.case_id AND o.live) AS live,
         (SELECT min(t.due_at) FROM timer t WHERE t.key = c.case_id AND t.kind = :wake AND t.state = 'pending') AS wakes
       FROM cases c WHERE c.case_id = ANY(CAST(:cases AS text[])) ORDER BY c.case_id"""
)
_OPEN = text(
    """SELECT case_id FROM cases WHERE state NOT IN ('closed', 'withdrawn') AND case_id > :after
       ORDER BY case_id LIMIT :limit"""
)
# Of the closed ones those that are still to be looked at again, or whose reporters are still to be called.
_AWAITED = text(
    """SELECT case_id FROM cases WHERE (state NOT IN ('closed', 'withdrawn') OR wake_at IS NOT NULL) AND case_id > :after
       ORDER BY case_id LIMIT :limit"""
)
_WHISTLES = text(
    """SELECT w.whistle_id, w.units, jsonb_array_length(w.calls) AS calls,
         (SELECT coalesce(array_agg(call->>'unit' ORDER BY place), '{}')
          FROM jsonb_array_elements(w.calls) WITH ORDINALITY AS c (call, place)) AS called,
         EXISTS (SELECT 1 FROM jsonb_array_elements(w.calls) AS call
           WHERE jsonb_typeof(call->'climbs_to') IS DISTINCT FROM 'array') AS rosterless,
         CASE WHEN w.nod->>'state' = 'waiting' THEN NULL WHEN w.level = 0 THEN w.report_in_by
              WHEN w.level = 1 THEN w.second_by END AS due
       FROM whistles w WHERE w.state IN ('open', 'partly_met') ORDER BY w.blown_at DESC, w.whistle_id DESC LIMIT :limit"""
)


async def open_cases(tx: Tx, after: str, limit: int) -> list[str]:
    return [row.case_id for row in (await tx.execute(_OPEN, {"after": after, "limit": limit})).all()]


async def awaited_cases(tx: Tx, after: str, limit: int) -> list[str]:
    return [row.case_id for row in (await tx.execute(_AWAITED, {"after": after, "limit": limit})).all()]


async def cases(tx: Tx, ids: Sequence[str], wake: str) -> list[Row]:
    """case_id, orders, wake_at, state; `live`: its orders by their links; `wakes`: its first pending timer."""
    return (await tx.execute(_CASES, {"cases": list(ids), "wake": wake})).all()


async def open_whistles(tx: Tx, limit: int) -> list[Row]:
    """whistle_id, units, calls, called, rosterless, due (its next deadline; None after the last)."""
    return (await tx.execute(_WHISTLES, {"limit": limit})).all()


async def sealed_until(tx: Tx) -> int | None:
    """The number of the last checkpoint (0: there is none) while something waits for the next; None when nothing does."""
    if not await record.unsealed_waits(tx):
        return None
    last = await record.last_checkpoint(tx)
    return 0 if last is None else last.number
