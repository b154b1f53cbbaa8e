"""The read model written: rows read back for folding, batches stored, everything thrown away for a rebuild."""

from collections.abc import Sequence

from sqlalchemy import text

from services.console.domain.entries import CITIZEN
from services.console.models import CaseRow, Entry, OrderRow, WhistleRow
from services.console.repository.columns import (
    CASES,
    ORDERS,
    TIMELINE,
    WHISTLES,
    case_of,
    order_of,
    packed,
    upsert,
    whistle_of,
)
from services.kit.db import Tx

_PUT_CASES = upsert("cases", CASES, ["case_id"], stamped=True)
_PUT_ORDERS = upsert("orders", ORDERS, ["order_id"], stamped=False)
_PUT_WHISTLES = upsert("whistles", WHISTLES, ["whistle_id"], stamped=True)
_PUT_ENTRIES = upsert("timeline", TIMELINE, ["stream", "subject", "sequence"], stamped=False)
_CASES = text("SELECT * FROM cases WHERE case_id = ANY(CAST(:ids AS text[]))")
_ORDERS = text("SELECT * FROM orders WHERE order_id = ANY(CAST(:ids AS text[]))")
_WHISTLES = text("SELECT * FROM whistles WHERE whistle_id = ANY(CAST(:ids AS text[]))")
_BUILDING = text("SELECT number FROM building")
_BUILDING_HELD = text("SELECT number FROM building FOR SHARE")
_BUILD_AGAIN = text("UPDATE building SET number = number + 1")
_BLANK = text(
    """UPDATE timeline SET text = '', detail = '{}' WHERE stream = :stream AND subject = ANY(CAST(:subjects AS text[]))
         AND (:stream = 'order' OR "by" = :citizen OR type = 'case.opened')"""
)
_EMPTY = text("TRUNCATE cases, orders, whistles, timeline")
_FORGET = (
    text("UPDATE inbox_offset SET next_offset = 0 WHERE consumer = :consumer"),
    text("DELETE FROM inbox_key WHERE consumer = :consumer"),
    text("DELETE FROM parked WHERE consumer = :consumer"),
)


async def cases(tx: Tx, ids: Sequence[str]) -> dict[str, CaseRow]:
    rows = await tx.execute(_CASES, {"ids": list(ids)}) if ids else None
    return {row.case_id: case_of(row) for row in rows.all()} if rows else {}


async def orders(tx: Tx, ids: Sequence[str]) -> dict[str, OrderRow]:
    rows = await tx.execute(_ORDERS, {"ids": list(ids)}) if ids else None
    return {row.order_id: order_of(row) for row in rows.all()} if rows else {}


async def whistles(tx: Tx, ids: Sequence[str]) -> dict[str, WhistleRow]:
    rows = await tx.execute(_WHISTLES, {"ids": list(ids)}) if ids else None
    return {row.whistle_id: whistle_of(row) for row in rows.all()} if rows else {}


async def store(
    tx: Tx,
    cases: Sequence[CaseRow],
    orders: Sequence[OrderRow],
    whistles: Sequence[WhistleRow],
    entries: Sequence[Entry],
) -> None:
    for statement, columns, rows in (
        (_PUT_CASES, CASES, cases),
        (_PUT_ORDERS, ORDERS, orders),
        (_PUT_WHISTLES, WHISTLES, whistles),
        (_PUT_ENTRIES, TIMELINE, entries),
    ):
        if rows:
            await tx.execute(statement, {"rows": packed(rows, columns)})


async def blank(tx: Tx, erasing: Sequence[Entry]) -> None:
    """What citizens said, in the lines that are stored already, of the subjects that these entries erase."""
    for stream in ("order", "case"):
        subjects = sorted({entry.subject for entry in erasing if entry.stream == stream})
        if subjects:
            await tx.execute(_BLANK, {"stream": stream, "subjects": subjects, "citizen": CITIZEN})


async def building(tx: Tx, *, hold: bool = False) -> int:
    """Which building of the read model this is; `hold`: no other begins before this transaction ends."""
    found = await tx.execute(_BUILDING_HELD if hold else _BUILDING)
    return int(found.scalar_one())


async def begin_again(tx: Tx, consumer: str) -> None:
    """Everything gone, offsets at the start. The offsets first: consumers lock in that order."""
    for statement in _FORGET:
        await tx.execute(statement, {"consumer": consumer})
    await tx.execute(_BUILD_AGAIN)
    await tx.execute(_EMPTY)
