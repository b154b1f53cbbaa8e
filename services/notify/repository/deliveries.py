"""Deliveries as people see them, and how they come into being and end by a person's hand."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import text

from services.kit.db import Row, Tx
from services.notify.domain.targets import lane_of
from services.notify.models import DeliveryRow, Outgoing

# Also the lock that makes adding to a line and emptying it wait for each other; an existing line keeps its time.
_OPEN_LINES = text(
    """INSERT INTO line (receiver, subject, lane, next_at)
       SELECT receiver, subject, lane, :now
       FROM unnest(CAST(:receivers AS text[]), CAST(:subjects AS text[]), CAST(:lanes AS text[]))
            AS row (receiver, subject, lane)
       ORDER BY receiver, subject
       ON CONFLICT (receiver, subject) DO UPDATE SET lane = EXCLUDED.lane"""
)
_ADD = text(
    """INSERT INTO delivery (id, kind, receiver, subject, unit, source, target, event_id, name, event, created_at)
       SELECT id, kind, receiver, subject, unit, source, target, event_id, name, event, :now
       FROM unnest(CAST(:ids AS text[]), CAST(:kinds AS text[]), CAST(:receivers AS text[]),
                   CAST(:subjects AS text[]), CAST(:units AS text[]), CAST(:sources AS text[]),
                   CAST(:targets AS text[]), CAST(:event_ids AS text[]), CAST(:names AS text[]),
                   CAST(:events AS json[])) WITH ORDINALITY
            AS row (id, kind, receiver, subject, unit, source, target, event_id, name, event, ord)
       ORDER BY ord ON CONFLICT (receiver, event_id) DO NOTHING"""
)
_T = TypeVar("_T")
_TOGETHER = 1000
_SEEN = """d.id, d.position, d.kind, d.receiver, d.subject, d.unit, d.source, d.target, d.event_id, d.name, d.state,
           d.attempts, d.status, d.error, d.created_at, d.finished_at"""
_FIRST = """SELECT min(e.position) FROM delivery e
            WHERE e.receiver = d.receiver AND e.subject = d.subject AND e.state IN ('pending', 'sending')"""
_NEXT_AT = f"""CASE WHEN d.state = 'pending' AND d.position = ({_FIRST}) THEN
                 (SELECT l.next_at FROM line l WHERE l.receiver = d.receiver AND l.subject = d.subject) END AS next_at"""
_ONE = text(f"SELECT {_SEEN}, {_NEXT_AT} FROM delivery d WHERE d.id = :id")
_AGAIN_LINE = text(
    """INSERT INTO line (receiver, subject, lane, next_at) VALUES (:receiver, :subject, :lane, :now)
       ON CONFLICT (receiver, subject) DO UPDATE
       SET next_at = CASE WHEN line.lease IS NULL THEN EXCLUDED.next_at ELSE line.next_at END, tries = 0"""
)
_AGAIN = text(
    """UPDATE delivery SET state = 'pending', attempts = 0, finished_at = NULL
       WHERE id = :id AND state IN ('pending', 'failed', 'cancelled') RETURNING id"""
)
_LOCK_LINES = text(
    "SELECT 1 FROM line WHERE receiver = ANY(CAST(:receivers AS text[])) ORDER BY receiver, subject FOR UPDATE"
)
_CANCEL = text(
    """UPDATE delivery SET state = 'cancelled', finished_at = :now
       WHERE receiver = ANY(CAST(:receivers AS text[])) AND state = 'pending'
         AND (CAST(:id AS text) IS NULL OR id = :id) RETURNING id"""
)
_CLOSE_LINES = text(
    """DELETE FROM line AS l WHERE l.receiver = ANY(CAST(:receivers AS text[])) AND NOT EXISTS (
         SELECT 1 FROM delivery d WHERE d.receiver = l.receiver AND d.subject = l.subject
           AND d.state IN ('pending', 'sending'))"""
)
_FILTERS = {
    "state": "d.state = :state",
    "kind": "d.kind = :kind",
    "receiver": "d.receiver = :receiver",
    "units": "d.unit = ANY(CAST(:units AS text[]))",
    "source": "d.source = :source",
}


async def add(tx: Tx, outgoing: Sequence[Outgoing], now: datetime) -> None:
    """In their order within each line; an event that a receiver was already given is left out. `now` is real time."""
    if not outgoing:
        return
    lanes = {(one.receiver, one.subject): lane_of(one.target) for one in outgoing}
    # In one order over all of them, as they are locked elsewhere.
    for some in _batched(sorted(lanes)):
        await tx.execute(
            _OPEN_LINES,
            {
                "receivers": [receiver for receiver, _ in some],
                "subjects": [subject for _, subject in some],
                "lanes": [lanes[line] for line in some],
                "now": now,
            },
        )
    for part in _batched(outgoing):
        await _add(tx, part, now)


def _batched(rows: Sequence[_T]) -> list[Sequence[_T]]:
    return [rows[start : start + _TOGETHER] for start in range(0, len(rows), _TOGETHER)]


async def _add(tx: Tx, outgoing: Sequence[Outgoing], now: datetime) -> None:
    await tx.execute(
        _ADD,
        {
            "ids": [one.id for one in outgoing],
            "kinds": [one.kind for one in outgoing],
            "receivers": [one.receiver for one in outgoing],
            "subjects": [one.subject for one in outgoing],
            "units": [one.unit for one in outgoing],
            "sources": [one.source for one in outgoing],
            "targets": [one.target for one in outgoing],
            "event_ids": [one.event_id for one in outgoing],
            "names": [one.name for one in outgoing],
            "events": [one.event for one in outgoing],
            "now": now,
        },
    )


async def one(tx: Tx, delivery_id: str) -> DeliveryRow | None:
    row = (await tx.execute(_ONE, {"id": delivery_id})).one_or_none()
    return None if row is None else _row(row)


async def page(tx: Tx, wanted: dict[str, Any], before: int | None, limit: int) -> list[DeliveryRow]:
    """The newest first. `wanted`: see _FILTERS; None means any."""
    arguments = {name: value for name, value in wanted.items() if value is not None}
    conditions = [_FILTERS[name] for name in arguments]
    if before is not None:
        conditions.append("d.position < :before")
        arguments["before"] = before
    where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
    rows = await tx.execute(
        text(f"SELECT {_SEEN}, {_NEXT_AT} FROM delivery d {where} ORDER BY d.position DESC LIMIT :limit"),
        {**arguments, "limit": limit},
    )
    return [_row(row) for row in rows.all()]


async def again(tx: Tx, row: DeliveryRow, now: datetime) -> bool:
    """Due at once, with all its tries before it; False when it is on its way or has arrived."""
    line = {"receiver": row.receiver, "subject": row.subject, "lane": lane_of(row.target), "now": now}
    await tx.execute(_AGAIN_LINE, line)
    return (await tx.execute(_AGAIN, {"id": row.id})).one_or_none() is not None


async def cancel(tx: Tx, receivers: Sequence[str], now: datetime, delivery_id: str | None = None) -> int:
    """What waits for these receivers, or one of it; what is on its way stays. How many were cancelled."""
    arguments = {"receivers": sorted(receivers)}
    await tx.execute(_LOCK_LINES, arguments)
    cancelled = (await tx.execute(_CANCEL, {**arguments, "id": delivery_id, "now": now})).all()
    await tx.execute(_CLOSE_LINES, arguments)
    return len(cancelled)


def _row(row: Row) -> DeliveryRow:
    return DeliveryRow(**row._asdict())
