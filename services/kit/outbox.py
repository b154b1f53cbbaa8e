"""Events written in the transaction that changed the state, and read back by the relay in the order they were written."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import orjson
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from services.kit import failpoints
from services.kit.bus.port import Message
from services.kit.contracts.envelope import Event, to_message
from services.kit.contracts.registry import BY_CE_TYPE
from services.kit.db import Database, Tx, after_commit
from services.kit.faults import is_disk_full

MOST_BYTES = 32_000_000
PROBE_BYTES = 512 * 1024  # random, so that nothing of it is saved by compression

# ORDER BY before the sequence is drawn: rows of one statement keep their own order.
_APPEND = text(
    """INSERT INTO outbox (topics, key, headers, value)
       SELECT string_to_array(topics, ' '), key, headers::jsonb, value
       FROM unnest(CAST(:topics AS text[]), CAST(:keys AS text[]), CAST(:headers AS text[]), CAST(:values AS bytea[]))
            WITH ORDINALITY AS row (topics, key, headers, value, ord)
       ORDER BY ord"""
)
# No more than the relay can hold in memory, but always one: octet_length does not fetch the value.
_UNPUBLISHED = text(
    """SELECT seq, created_at, coalesce(remaining, topics), key, headers, value FROM (
         SELECT *, sum(bytes) OVER (ORDER BY seq, created_at) - bytes AS before
         FROM (SELECT *, cardinality(topics) * coalesce(octet_length(value), 0) AS bytes
               FROM outbox WHERE published_at IS NULL ORDER BY seq LIMIT :limit) AS head) AS waiting
       WHERE before < :bytes ORDER BY seq"""
)
_MARK = text(
    """UPDATE outbox SET published_at = clock_timestamp()
       FROM unnest(CAST(:seqs AS bigint[]), CAST(:created AS timestamptz[])) AS row (seq, created_at)
       WHERE outbox.seq = row.seq AND outbox.created_at = row.created_at"""
)
_MARK_PARTLY = text("""UPDATE outbox SET remaining = :remaining WHERE seq = :seq AND created_at = :created""")
_PROBE = text("INSERT INTO outbox (topics, key, headers, value) VALUES ('{}', '', '{}', :value)")
_AGAIN = text(
    """UPDATE outbox SET published_at = NULL, remaining = NULL WHERE created_at >= :since AND published_at IS NOT NULL"""
)
_BACKLOG = text(
    """SELECT count(*) AS waiting, extract(epoch FROM clock_timestamp() - min(created_at)) AS age
       FROM (SELECT created_at FROM outbox WHERE published_at IS NULL ORDER BY seq LIMIT 10000) AS head"""
)


@dataclass(frozen=True, slots=True)
class Copies:
    """One message for many topics, kept once; the message's own topic says nothing."""

    message: Message
    topics: Sequence[str]


@dataclass(frozen=True, slots=True)
class Waiting:
    """An outbox row, with the messages that have not been taken yet."""

    seq: int
    created_at: datetime
    messages: tuple[Message, ...]


class Outbox:
    """`wake` is called after each commit that appended something, so that the relay need not poll fast."""

    def __init__(self, wake: Callable[[], None]) -> None:
        self._wake = wake

    async def append(self, tx: Tx, events: Sequence[Event]) -> None:
        """Lock the aggregates first: order per key holds only if it is decided before the row is written."""
        await self.append_messages(tx, [to_message(event, BY_CE_TYPE[event.type].topic) for event in events])

    async def append_messages(self, tx: Tx, messages: Sequence[Message]) -> None:
        await self.append_copies(tx, [Copies(message, (message.topic,)) for message in messages])

    async def append_copies(self, tx: Tx, copies: Sequence[Copies]) -> None:
        if not copies:
            return
        await tx.execute(
            _APPEND,
            {
                "topics": [" ".join(each.topics) for each in copies],
                "keys": [each.message.key for each in copies],
                "headers": [_dump(each.message.headers) for each in copies],
                "values": [each.message.value for each in copies],
            },
        )
        failpoints.reach("outbox.appended")
        after_commit(tx, self._wake)


async def unpublished(tx: Tx, limit: int, most_bytes: int = MOST_BYTES) -> list[Waiting]:
    """The oldest rows in order; ends with the row that brings the values to `most_bytes`."""
    rows = await tx.execute(_UNPUBLISHED, {"limit": limit, "bytes": most_bytes})
    return [
        Waiting(seq, created_at, tuple([Message(topic, key, value, headers) for topic in topics]))
        for seq, created_at, topics, key, headers, value in rows.all()
    ]


async def mark_published(tx: Tx, rows: Sequence[Waiting]) -> None:
    await tx.execute(_MARK, {"seqs": [row.seq for row in rows], "created": [row.created_at for row in rows]})


async def mark_partly(tx: Tx, rows: Sequence[tuple[Waiting, Sequence[str]]]) -> None:
    """`rows` with the topics that have not taken them: only these are tried again."""
    await tx.execute(
        _MARK_PARTLY,
        [{"seq": row.seq, "created": row.created_at, "remaining": list(topics)} for row, topics in rows],
    )


async def has_room(db: Database) -> bool:
    """Asks by writing a large row and taking it back; only worth it once a write has failed."""
    try:
        async with db.engine.connect() as connection:
            await connection.execute(_PROBE, {"value": os.urandom(PROBE_BYTES)})
            await connection.rollback()
    except DBAPIError as error:
        if is_disk_full(error):
            return False
        raise
    db.full = False
    return True


async def backlog(tx: Tx) -> tuple[int, float]:
    """(rows waiting, seconds the oldest has waited); counting stops at 10,000."""
    row = (await tx.execute(_BACKLOG)).one()
    return int(row.waiting), float(row.age or 0)


async def republish(tx: Tx, since: datetime) -> int:
    """Marks what was written since then as unpublished: for a broker that lost its newest data or was restored.

    Readers drop what they have seen by its `sequence`. Returns how many rows will go out again.
    """
    return (await tx.execute(_AGAIN, {"since": since})).rowcount


def _dump(headers: Mapping[str, str]) -> str:
    return orjson.dumps(dict(headers)).decode()
