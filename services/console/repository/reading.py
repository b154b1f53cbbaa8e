"""The read model read: lists, one case with all that hangs on it, counts, and what changed since the last look."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text

from services.console.domain.visibility import Scope
from services.console.models import CaseRow, Entry, OrderRow, WhistleRow
from services.console.repository.columns import case_of, entry_of, order_of, whistle_of
from services.fabric.periods import Period
from services.fabric.rates import Facts
from services.kit.db import Tx

_SEEN = "(:everything OR involved && CAST(:units AS text[]) OR comprehensive = ANY(CAST(:grids AS text[])))"
_WHISTLE_SEEN = f"""(:everything OR units && CAST(:units AS text[])
                     OR case_id IN (SELECT case_id FROM cases WHERE {_SEEN}))"""
# What a reader may ask for, and how it stands in SQL. A 举报 does not answer to words that its reader may not see.
_ASKED = {
    "state": "state = :state",
    "light": "light = :light",
    "class": "case_class = :class",
    "concern": "(concern = :concern OR sub_concern = :concern)",
    "unit": "involved && ARRAY[CAST(:unit AS text)]",
    "grid": "EXISTS (SELECT FROM jsonb_each_text(grids) AS held WHERE held.value = :grid)",
    "q": """(case_id = :words OR (NOT confidential OR :everything OR lead = ANY(CAST(:units AS text[])))
             AND (title ILIKE :q OR summary ILIKE :q OR address ILIKE :q))""",
}
_ENTRIES = text(
    """SELECT * FROM timeline WHERE (stream = 'case' AND subject = :case_id)
          OR (stream = 'order' AND subject = ANY(CAST(:orders AS text[])))
       ORDER BY at, stream DESC, subject, sequence LIMIT 2000"""
)
_STATES = text(f"SELECT state, light, count(*) AS n FROM cases WHERE closed_at IS NULL AND {_SEEN} GROUP BY 1, 2")
_CLOSED = text(
    f"SELECT state, count(*) AS n FROM cases WHERE closed_at >= :start AND closed_at < :end AND {_SEEN} GROUP BY 1"
)
_WHISTLES = text(
    f"SELECT state, count(*) AS n FROM whistles WHERE state NOT IN ('released', 'cancelled') AND {_WHISTLE_SEEN} GROUP BY 1"
)


def _standing(due: str, done: str, clock: str) -> str:
    """How a limit stands at :now; its last moment is still in time, and one that is paused runs out for nobody."""
    return f"""CASE WHEN {due} IS NULL THEN NULL WHEN {done} <= {due} THEN 'done' WHEN {done} IS NOT NULL THEN 'late'
                    WHEN {due} > :now OR clocks->'{clock}'->>'state' = 'paused' THEN 'waiting' ELSE 'late' END"""


_SUMS = ", ".join(f"CAST(sum({name}) AS int) AS {name}" for name in ("answered", "solved", "satisfied", "fair"))
_FACTS = text(
    f"""SELECT {_standing("contact_due", "contacted_at", "contact")} AS contact,
               {_standing("resolve_due", "coalesce(resolved_at, closed_at)", "resolve")} AS resolve,
               recurred, excluded, {_SUMS}, count(*) AS cases
        FROM cases
        WHERE resolve_due >= :start AND resolve_due < :end AND state <> 'withdrawn' AND {_SEEN}
        GROUP BY 1, 2, 3, 4"""
)
_LIVE_CASES = text(
    """SELECT * FROM cases WHERE written >= CAST(CAST(:horizon AS text) AS xid8)
       AND (closed_at IS NULL OR closed_at >= :since OR :again)"""
)
_LIVE_WHISTLES = text(
    """SELECT * FROM whistles WHERE written >= CAST(CAST(:horizon AS text) AS xid8)
       AND (state NOT IN ('released', 'cancelled') OR :again)"""
)
_HORIZON = text("SELECT CAST(pg_snapshot_xmin(pg_current_snapshot()) AS text) AS horizon")
_WALL = text(
    """SELECT * FROM cases WHERE closed_at IS NOT NULL AND state = 'closed' AND NOT confidential
         AND NOT (coalesce(kind, '') = ANY(CAST(:hidden AS text[])))
         AND (CAST(:at AS timestamptz) IS NULL OR (closed_at, case_id) < (CAST(:at AS timestamptz), :id))
       ORDER BY closed_at DESC, case_id DESC LIMIT :limit"""
)


@dataclass(frozen=True, slots=True)
class Counts:
    """`states` of what is open now and of what was ended in the period; `lights` of what is open; `whistles` by state."""

    states: dict[str, int]
    lights: dict[str, int]
    whistles: dict[str, int]


@dataclass(frozen=True, slots=True)
class Changes:
    """`horizon` is what to ask with next time; what is read twice is the same."""

    cases: list[CaseRow]
    whistles: list[WhistleRow]
    horizon: str


async def case_list(
    tx: Tx, scope: Scope, asked: dict[str, str], after: tuple[datetime, str] | None, limit: int
) -> list[CaseRow]:
    """The newest first; `asked`: names of `_ASKED` with their values."""
    wanted = " AND ".join([_SEEN, *(_ASKED[name] for name in asked)])
    values: dict[str, Any] = dict(asked)
    if "q" in asked:
        values |= {"words": asked["q"], "q": f"%{_escaped(asked['q'])}%"}
    if after is not None:
        wanted += " AND (opened_at, case_id) < (:at, :id)"
        values |= {"at": after[0], "id": after[1]}
    rows = await tx.execute(
        text(f"SELECT * FROM cases WHERE {wanted} ORDER BY opened_at DESC, case_id DESC LIMIT :limit"),
        values | _eyes(scope) | {"limit": limit},
    )
    return [case_of(row) for row in rows.all()]


async def one_case(tx: Tx, case_id: str) -> CaseRow | None:
    row = (await tx.execute(text("SELECT * FROM cases WHERE case_id = :id"), {"id": case_id})).one_or_none()
    return None if row is None else case_of(row)


async def timeline(tx: Tx, case: CaseRow) -> list[Entry]:
    """Of the case, its whistles and its orders, the oldest first."""
    rows = await tx.execute(_ENTRIES, {"case_id": case.case_id, "orders": list(case.orders)})
    return [entry_of(row) for row in rows.all()]


async def orders_of(tx: Tx, ids: Sequence[str]) -> list[OrderRow]:
    rows = await tx.execute(
        text("SELECT * FROM orders WHERE order_id = ANY(CAST(:ids AS text[])) ORDER BY reported_at, order_id"),
        {"ids": list(ids)},
    )
    return [order_of(row) for row in rows.all()]


async def whistles_of(tx: Tx, case_id: str) -> list[WhistleRow]:
    rows = await tx.execute(
        text("SELECT * FROM whistles WHERE case_id = :id ORDER BY blown_at, whistle_id"), {"id": case_id}
    )
    return [whistle_of(row) for row in rows.all()]


async def counts(tx: Tx, scope: Scope, period: Period) -> Counts:
    states: dict[str, int] = {}
    lights = dict.fromkeys(("green", "yellow", "red"), 0)
    eyes = _eyes(scope)
    for row in (await tx.execute(_STATES, eyes)).all():
        states[row.state] = states.get(row.state, 0) + row.n
        lights[row.light] += row.n
    for row in (await tx.execute(_CLOSED, eyes | {"start": period.start, "end": period.end})).all():
        states[row.state] = row.n
    whistles = {row.state: row.n for row in (await tx.execute(_WHISTLES, eyes)).all()}
    return Counts(states, lights, whistles)


async def facts(tx: Tx, scope: Scope, period: Period, now: datetime) -> list[Facts]:
    """The cases to be resolved in the period, in groups that are alike; withdrawn ones are nobody's work."""
    rows = await tx.execute(_FACTS, _eyes(scope) | {"start": period.start, "end": period.end, "now": now})
    return [
        Facts(
            cases=row.cases,
            contact=row.contact,
            resolve=row.resolve,
            answered=row.answered,
            solved=row.solved,
            satisfied=row.satisfied,
            fair=row.fair,
            recurred=row.recurred,
            excluded=row.excluded,
        )
        for row in rows.all()
    ]


async def changes(tx: Tx, horizon: str | None, since: datetime) -> Changes:
    """What was written since; from nothing (None), what is open and what was closed after `since`."""
    later = str((await tx.execute(_HORIZON)).scalar_one())
    asked = {"horizon": horizon or "0", "again": horizon is not None}
    cases = await tx.execute(_LIVE_CASES, asked | {"since": since})
    whistles = await tx.execute(_LIVE_WHISTLES, asked)
    return Changes([case_of(r) for r in cases.all()], [whistle_of(r) for r in whistles.all()], later)


async def wall(tx: Tx, hidden: Sequence[str], after: tuple[datetime, str] | None, limit: int) -> list[CaseRow]:
    """Closed cases, the latest first; never a confidential one nor one of the `hidden` kinds."""
    at, case_id = after or (None, "")
    rows = await tx.execute(_WALL, {"hidden": list(hidden), "at": at, "id": case_id, "limit": limit})
    return [case_of(row) for row in rows.all()]


def _eyes(scope: Scope) -> dict[str, Any]:
    return {"everything": scope.everything, "units": sorted(scope.units), "grids": sorted(scope.grids)}


def _escaped(words: str) -> str:
    return words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
