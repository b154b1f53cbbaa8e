"""Cases that wait to be followed up: verified, called about, looked at again, or talked about in a meeting."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import text

from services.dispatch.domain.standing import COMPREHENSIVE, Reach
from services.dispatch.models import Case
from services.dispatch.repository.cases import clocks_of
from services.dispatch.repository.columns import READ, case_of
from services.kit.db import Row, Tx

TaskKind = Literal["verify", "callback", "recheck"]
MeetingState = Literal["waiting", "decided"]
_SEEN = """(c.involved && CAST(:units AS text[])
            OR (NOT c.confidential AND c.place->'grids'->>:overlay = ANY(CAST(:grids AS text[]))))"""
# In the words of the indexes.
_FOLLOWED = "NOT k.ended AND k.kind IN ('verify', 'callback', 'recheck') AND k.state IN ('running', 'overdue')"
_MEETINGS: dict[MeetingState, str] = {
    "waiting": """((c.course->>'to_meet') IS NOT NULL AND c.state NOT IN ('closed', 'withdrawn')
      OR c.class = 'hard' AND c.state NOT IN ('resolved', 'explained', 'verified', 'closed', 'withdrawn'))
      AND (c.course->>'to_meet' IS NOT NULL
        OR NOT coalesce(c.course->'meetings', '[]') @> '[{"kind": "study"}]')""",
    "decided": "c.course->'meetings'->0 IS NOT NULL AND c.state NOT IN ('closed', 'withdrawn')",
}


async def tasks(
    tx: Tx,
    kinds: Sequence[TaskKind],
    until: datetime | None,
    reach: Reach,
    after: tuple[datetime, str] | None,
    limit: int,
    *,
    again: bool = False,
) -> list[tuple[TaskKind, datetime, Case]]:
    """(what, due, case), the first to fall due first; `until`: only what falls due by then; `again`: with the one that
    `after` names."""
    conditions = [_FOLLOWED, "k.kind = ANY(CAST(:kinds AS text[]))"]
    arguments: dict[str, Any] = {"kinds": list(kinds), "limit": limit}
    if until is not None:
        conditions.append("k.due <= :until")
        arguments["until"] = until
    _scoped(conditions, arguments, reach)
    if after is not None:
        conditions.append(f"(k.due, k.case_id) {'>=' if again else '>'} (:after_at, :after_id)")
        arguments |= {"after_at": after[0], "after_id": after[1]}
    found = await tx.execute(
        text(
            f"""SELECT k.kind AS task, k.due AS task_due, {READ} FROM clock k JOIN cases c USING (case_id)
                WHERE {" AND ".join(conditions)} ORDER BY k.due, k.case_id LIMIT :limit"""
        ),
        arguments,
    )
    rows = found.all()
    cases = await _cases(tx, rows)
    return [(row.task, row.task_due, case) for row, case in zip(rows, cases, strict=True)]


async def for_meetings(
    tx: Tx, state: MeetingState, reach: Reach, after: tuple[datetime, str] | None, limit: int
) -> list[Case]:
    """The oldest first: those that wait for a meeting, or those of which one has decided and which are not over."""
    conditions = [f"({_MEETINGS[state]})"]
    arguments: dict[str, Any] = {"limit": limit}
    _scoped(conditions, arguments, reach)
    if after is not None:
        conditions.append("(c.opened_at, c.case_id) > (:after_at, :after_id)")
        arguments |= {"after_at": after[0], "after_id": after[1]}
    found = await tx.execute(
        text(
            f"SELECT {READ} FROM cases c WHERE {' AND '.join(conditions)} ORDER BY c.opened_at, c.case_id LIMIT :limit"
        ),
        arguments,
    )
    return await _cases(tx, found.all())


def _scoped(conditions: list[str], arguments: dict[str, Any], reach: Reach) -> None:
    if not reach.everything:
        conditions.append(_SEEN)
        arguments |= {"units": sorted(reach.units), "grids": sorted(reach.grids), "overlay": COMPREHENSIVE}


async def _cases(tx: Tx, rows: Sequence[Row]) -> list[Case]:
    clocks = await clocks_of(tx, sorted({row.case_id for row in rows}))
    return [case_of(row, clocks.get(row.case_id, ())) for row in rows]
