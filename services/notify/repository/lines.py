"""The lines in which deliveries stand: claimed by their first, settled by what came of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text

from services.kit.db import Tx
from services.notify.models import Outgoing

# Hops from lane to lane over the index, so that the lines of a receiver that is down are not waded through. A claimed
# line is due again when its lease is over: whoever dies with it loses nothing.
_CLAIM = text(
    """WITH RECURSIVE lanes AS (
         (SELECT lane FROM line ORDER BY lane LIMIT 1)
         UNION ALL
         SELECT (SELECT line.lane FROM line WHERE line.lane > lanes.lane ORDER BY line.lane LIMIT 1)
         FROM lanes WHERE lanes.lane IS NOT NULL),
       due AS MATERIALIZED (
         SELECT found.receiver, found.subject
         FROM lanes LEFT JOIN unnest(CAST(:lanes AS text[]), CAST(:rooms AS int[])) AS held (lane, room) USING (lane)
         CROSS JOIN LATERAL (
           SELECT l.receiver, l.subject, l.next_at FROM line l
           WHERE l.lane = lanes.lane AND l.next_at <= :now
           ORDER BY l.next_at LIMIT coalesce(held.room, :usual) FOR UPDATE OF l SKIP LOCKED) AS found
         ORDER BY found.next_at LIMIT :free)
       UPDATE line AS l SET lease = :lease, next_at = :until FROM due
       WHERE l.receiver = due.receiver AND l.subject = due.subject
       RETURNING l.receiver, l.subject, l.lane"""
)
_SEND = text(
    """UPDATE delivery AS d SET state = 'sending', attempts = d.attempts + 1
       FROM unnest(CAST(:receivers AS text[]), CAST(:subjects AS text[])) AS line (receiver, subject)
       CROSS JOIN LATERAL (
         SELECT e.id FROM delivery e WHERE e.receiver = line.receiver AND e.subject = line.subject
           AND e.state IN ('pending', 'sending') ORDER BY e.position LIMIT 1) AS first
       WHERE d.id = first.id
       RETURNING d.id, d.kind, d.receiver, d.subject, d.target, d.event_id, d.name, CAST(d.event AS text) AS event,
                 d.unit, d.source, d.attempts"""
)
_HELD = text(
    """SELECT l.receiver, l.subject FROM line l
       JOIN unnest(CAST(:receivers AS text[]), CAST(:subjects AS text[]), CAST(:leases AS uuid[]))
            AS row (receiver, subject, lease)
         ON l.receiver = row.receiver AND l.subject = row.subject AND l.lease = row.lease
       ORDER BY l.receiver, l.subject FOR UPDATE OF l"""
)
_SETTLE = text(
    """UPDATE delivery AS d SET state = row.state, status = row.status, error = row.error,
              finished_at = CASE WHEN row.state = 'pending' THEN NULL ELSE CAST(:now AS timestamptz) END
       FROM unnest(CAST(:ids AS text[]), CAST(:states AS text[]), CAST(:statuses AS int[]), CAST(:errors AS text[]))
            AS row (id, state, status, error)
       WHERE d.id = row.id AND d.state = 'sending'"""
)
_CLOSE = text(
    """DELETE FROM line AS l USING unnest(CAST(:receivers AS text[]), CAST(:subjects AS text[]))
            AS row (receiver, subject)
       WHERE l.receiver = row.receiver AND l.subject = row.subject AND NOT EXISTS (
         SELECT 1 FROM delivery d WHERE d.receiver = l.receiver AND d.subject = l.subject
           AND d.state IN ('pending', 'sending'))"""
)
_GO_ON = text(
    """UPDATE line AS l SET lease = NULL, tries = row.tries, next_at = row.next_at
       FROM unnest(CAST(:receivers AS text[]), CAST(:subjects AS text[]), CAST(:tries AS int[]),
                   CAST(:nexts AS timestamptz[])) AS row (receiver, subject, tries, next_at)
       WHERE l.receiver = row.receiver AND l.subject = row.subject"""
)
_UNTRIED = text(
    "SELECT EXISTS (SELECT 1 FROM line WHERE tries = 0 AND lane <> ALL(CAST(:ailing AS text[]))) AS untried"
)


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery on its way, with the lease it goes under and the number of this attempt."""

    outgoing: Outgoing
    lane: str
    lease: UUID
    attempts: int


@dataclass(frozen=True, slots=True)
class Settled:
    """What came of it: `next_at` is when its line goes on, `tries` how often its first was tried in vain."""

    claimed: Claimed
    state: str
    status: int | None
    error: str | None
    tries: int
    next_at: datetime


async def claim(
    tx: Tx, lease: UUID, now: datetime, until: datetime, free: int, usual: int, rooms: Mapping[str, int]
) -> list[Claimed]:
    """At most `free`, most overdue first, at most `usual` of one lane or what `rooms` leaves it; real time."""
    rows = await tx.execute(
        _CLAIM,
        {
            "lease": lease,
            "now": now,
            "until": until,
            "free": free,
            "usual": usual,
            "lanes": list(rooms),
            "rooms": list(rooms.values()),
        },
    )
    lanes = {(row.receiver, row.subject): row.lane for row in rows.all()}
    if not lanes:
        return []
    named = {"receivers": [receiver for receiver, _ in lanes], "subjects": [subject for _, subject in lanes]}
    sent = (await tx.execute(_SEND, named)).all()
    if len(sent) < len(lanes):
        await tx.execute(_CLOSE, named)
    return [
        Claimed(
            Outgoing(
                *(row.id, row.kind, row.receiver, row.subject, row.target, row.event_id, row.name, row.event),
                unit=row.unit,
                source=row.source,
            ),
            lanes[row.receiver, row.subject],
            lease,
            row.attempts,
        )
        for row in sent
    ]


async def settle(tx: Tx, results: Sequence[Settled], now: datetime) -> list[Settled]:
    """Those that still held their lease; of the others somebody else takes care by now."""
    held = await tx.execute(
        _HELD,
        {
            "receivers": [result.claimed.outgoing.receiver for result in results],
            "subjects": [result.claimed.outgoing.subject for result in results],
            "leases": [result.claimed.lease for result in results],
        },
    )
    lines = {(row.receiver, row.subject) for row in held.all()}
    ours = [
        result for result in results if (result.claimed.outgoing.receiver, result.claimed.outgoing.subject) in lines
    ]
    if not ours:
        return []
    named = {
        "receivers": [result.claimed.outgoing.receiver for result in ours],
        "subjects": [result.claimed.outgoing.subject for result in ours],
    }
    await tx.execute(
        _SETTLE,
        {
            "ids": [result.claimed.outgoing.id for result in ours],
            "states": [result.state for result in ours],
            "statuses": [result.status for result in ours],
            "errors": [result.error for result in ours],
            "now": now,
        },
    )
    await tx.execute(_CLOSE, named)
    schedule = {"tries": [result.tries for result in ours], "nexts": [result.next_at for result in ours]}
    await tx.execute(_GO_ON, named | schedule)
    return ours


async def untried(tx: Tx, ailing: Sequence[str]) -> bool:
    """Whether the first of a line of any other lane has not been tried yet, or is being tried for the first time."""
    return bool((await tx.execute(_UNTRIED, {"ailing": list(ailing)})).scalar_one())
