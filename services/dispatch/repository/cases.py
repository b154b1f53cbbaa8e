"""Cases locked and saved, many at once. A case is always locked before any event of it is written."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import text

from services.dispatch.domain.record import Line
from services.dispatch.models import Case, ClockRow, OrderLink
from services.dispatch.repository.columns import (
    CHANGING,
    CLOCK_STORED,
    LINK,
    READ,
    STORED,
    as_bytea,
    case_of,
    case_row,
    clock_of,
    clock_row,
    dump,
    link_of,
    names,
    recordset,
)
from services.kit.db import Tx

_LOCKED = text(f"SELECT {READ} FROM cases c WHERE c.case_id = ANY(CAST(:ids AS text[])) ORDER BY c.case_id FOR UPDATE")
_LOCK = text("SELECT 1 FROM cases WHERE case_id = ANY(CAST(:ids AS text[])) ORDER BY case_id FOR UPDATE")
# So few that a batch can't use up the server's room for locks.
_CLAIM = text(
    """SELECT pg_advisory_xact_lock(25443, key) FROM (
         SELECT DISTINCT abs(hashtext(id) % 1024) AS key FROM unnest(CAST(:ids AS text[])) AS id ORDER BY key) AS keys"""
)
_CLOCKS = text(
    f"""SELECT {names(CLOCK_STORED)} FROM clock WHERE case_id = ANY(CAST(:ids AS text[]))
        ORDER BY case_id, round, started, due"""
)
_CLOCK_CHANGING = tuple(name for name, _ in CLOCK_STORED if name not in ("case_id", "round", "kind"))
_LINE: tuple[tuple[str, str], ...] = (
    ("subject", "text"),
    ("sequence", "bigint"),
    ("at", "timestamptz"),
    ("type", "text"),
    ("text", "text"),
    ("by_name", "text"),
    ("by_role", "text"),
    ("unit", "text"),
    ("body", "bytea"),
    ("salts", "bytea"),
    ("hash", "bytea"),
)
# New cases and locked ones alike, their clocks, what is entered of them, and the new heads for the next checkpoint.
_WRITE = text(
    f"""WITH kept AS (
         INSERT INTO cases ({names(STORED)}) SELECT {names(STORED)} FROM {recordset(STORED, "cases")}
         ON CONFLICT (case_id) DO UPDATE SET {", ".join(f"{name} = EXCLUDED.{name}" for name in CHANGING)}),
       limits AS (
         INSERT INTO clock ({names(CLOCK_STORED)})
         SELECT {names(CLOCK_STORED)} FROM {recordset(CLOCK_STORED, "clocks")}
         ON CONFLICT (case_id, round, kind)
         DO UPDATE SET {", ".join(f"{name} = EXCLUDED.{name}" for name in _CLOCK_CHANGING)}),
       lines AS MATERIALIZED (SELECT * FROM {recordset(_LINE, "lines")}),
       heads AS (
         INSERT INTO unsealed (subject, sequence, hash)
         SELECT DISTINCT ON (subject) subject, sequence, hash FROM lines ORDER BY subject, sequence DESC)
       INSERT INTO entry ({names(_LINE)}) SELECT {names(_LINE)} FROM lines"""
)
_LINKS = text(f"SELECT {', '.join(LINK)} FROM case_order WHERE order_id = ANY(CAST(:orders AS text[])) AND live")
_LINKS_OF = text(
    f"""SELECT {", ".join(LINK)} FROM case_order WHERE case_id = ANY(CAST(:cases AS text[]))
        ORDER BY case_id, since, order_id"""
)
# Links that end are written before those that begin: an order is live in one case only.
_LINK = text(
    """INSERT INTO case_order (order_id, case_id, live, since, source, channel, kind, callback_by, anonymous, resolved,
                               satisfaction, answered_at, person, tried_at, round,
                               tried_round)
       SELECT * FROM unnest(CAST(:order_id AS text[]), CAST(:case_id AS text[]), CAST(:live AS boolean[]),
         CAST(:since AS timestamptz[]), CAST(:source AS text[]), CAST(:channel AS text[]), CAST(:kind AS text[]),
         CAST(:callback_by AS text[]), CAST(:anonymous AS boolean[]), CAST(:resolved AS boolean[]),
         CAST(:satisfaction AS text[]), CAST(:answered_at AS timestamptz[]), CAST(:person AS text[]),
         CAST(:tried_at AS jsonb[]), CAST(:round AS int[]), CAST(:tried_round AS int[]))
       ON CONFLICT (order_id, case_id) DO UPDATE SET live = EXCLUDED.live, resolved = EXCLUDED.resolved,
         satisfaction = EXCLUDED.satisfaction, answered_at = EXCLUDED.answered_at, tried_at = EXCLUDED.tried_at,
         round = EXCLUDED.round, tried_round = EXCLUDED.tried_round, person = EXCLUDED.person"""
)


async def locked(tx: Tx, ids: Iterable[str]) -> list[Case]:
    """Those that exist, locked to the end of the transaction in sorted order, with all their clocks. One transaction
    locks all the cases it needs by one call: two calls could wait for each other crosswise with another transaction."""
    wanted = sorted(set(ids))
    if not wanted:
        return []
    rows = (await tx.execute(_LOCKED, {"ids": wanted})).all()
    clocks = await clocks_of(tx, [row.case_id for row in rows])
    return [case_of(row, clocks.get(row.case_id, ())) for row in rows]


async def claim(tx: Tx, ids: Iterable[str]) -> None:
    """Cases that are there or not yet: until the transaction ends nobody else begins them. Before any case is locked."""
    await tx.execute(_CLAIM, {"ids": list(ids)})


async def lock(tx: Tx, ids: Iterable[str]) -> None:
    """As `locked`, without reading: what no case has as its id is let pass."""
    await tx.execute(_LOCK, {"ids": sorted(set(ids))})


async def clocks_of(tx: Tx, ids: Sequence[str]) -> dict[str, tuple[ClockRow, ...]]:
    if not ids:
        return {}
    found: dict[str, list[ClockRow]] = defaultdict(list)
    for row in (await tx.execute(_CLOCKS, {"ids": list(ids)})).all():
        found[row.case_id].append(clock_of(tuple(row)))
    return {case_id: tuple(clocks) for case_id, clocks in found.items()}


async def write(tx: Tx, cases: Sequence[Case], clocks: Sequence[tuple[str, ClockRow]], lines: Sequence[Line]) -> None:
    """`clocks`: (case_id, clock) of those that are new or changed; `lines`: in the order in which they are chained."""
    if not (cases or clocks or lines):
        return
    await tx.execute(
        _WRITE,
        {
            "cases": dump([case_row(case) for case in cases]),
            "clocks": dump([clock_row(case_id, clock) for case_id, clock in clocks]),
            "lines": dump([_line_row(line) for line in lines]),
        },
    )


def _line_row(line: Line) -> dict[str, Any]:
    return {
        name: as_bytea(getattr(line, name)) if kind == "bytea" else getattr(line.entry, name) for name, kind in _LINE
    }


async def links(tx: Tx, orders: Sequence[str]) -> dict[str, OrderLink]:
    """order_id → the case it is live in."""
    rows = (await tx.execute(_LINKS, {"orders": list(orders)})).all()
    return {row.order_id: link_of(tuple(row)) for row in rows}


async def links_of(tx: Tx, cases: Sequence[str]) -> list[OrderLink]:
    """All orders that ever were in these cases."""
    rows = (await tx.execute(_LINKS_OF, {"cases": list(cases)})).all()
    return [link_of(tuple(row)) for row in rows]


async def link(tx: Tx, changed: Sequence[OrderLink]) -> None:
    for live in (False, True):
        batch = [one for one in changed if one.live is live]
        if batch:
            columns = {name: [getattr(one, name) for one in batch] for name in LINK}
            tries = [dump(tried) if tried else "[]" for tried in columns["tried_at"]]
            await tx.execute(_LINK, columns | {"tried_at": tries})
