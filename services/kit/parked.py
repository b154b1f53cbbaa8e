"""Events that wait behind one that failed: listed, and tried again in their order once the cause is mended."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text

from services.kit.bus.port import Record, TopicPartition
from services.kit.consumer import Consumer
from services.kit.db import Database, Tx
from services.kit.faults import is_infrastructure

_PARTITIONS = text(
    """SELECT DISTINCT partition FROM parked
       WHERE consumer = :consumer AND topic = :topic AND key = :key ORDER BY partition"""
)
_TAKE = text(
    """DELETE FROM parked WHERE consumer = :consumer AND topic = :topic AND key = :key
       RETURNING id, topic, partition, "offset", key, headers, value"""
)


@dataclass(frozen=True, slots=True)
class Parked:
    id: int
    topic: str
    key: str
    type: str
    error: str | None
    parked_at: datetime


async def listing(tx: Tx, consumer: Consumer, limit: int = 100) -> list[Parked]:
    rows = await tx.execute(
        text(
            """SELECT id, topic, key, headers->>'ce_type' AS type, error, parked_at FROM parked
               WHERE consumer = :consumer ORDER BY id LIMIT :limit"""
        ),
        {"consumer": consumer.inbox.consumer, "limit": limit},
    )
    return [Parked(r.id, r.topic, r.key, r.type or "", r.error, r.parked_at) for r in rows.all()]


class StillFailing(Exception):
    """What was parked fails as before: the cause is not mended yet."""


async def retry(db: Database, consumer: Consumer, topic: str, key: str) -> int:
    """Handles everything parked under `key` in order, in one transaction; its first error leaves all parked.

    Holds the partition's offset row, as live events do, so that nothing new of the key slips in before or between.
    StillFailing when an event is still at fault; trouble of the infrastructure comes out as it is.
    """
    return await _unpark(db, consumer, topic, key, skip=0)


async def skip(db: Database, consumer: Consumer, topic: str, key: str) -> int:
    """Gives up the first event parked under `key` for good (it stays in dead-letters) and handles those behind it."""
    return await _unpark(db, consumer, topic, key, skip=1)


async def _unpark(db: Database, consumer: Consumer, topic: str, key: str, *, skip: int) -> int:
    """How many events left the table."""
    where = {"consumer": consumer.inbox.consumer, "topic": topic, "key": key}
    async with db.transaction() as tx:
        partitions = [TopicPartition(topic, row.partition) for row in (await tx.execute(_PARTITIONS, where)).all()]
        if not partitions:
            return 0
        await consumer.inbox.offsets(tx, partitions, lock=True)
        rows = sorted((await tx.execute(_TAKE, where)).all(), key=lambda row: row.id)
        for row in rows[skip:]:
            record = Record(row.topic, row.partition, row.offset, row.key, row.value, row.headers)
            try:
                await consumer.handle_records(tx, [record])
            except Exception as error:
                if is_infrastructure(error):
                    raise
                raise StillFailing(repr(error)[:500]) from error
    await consumer.count_parked()
    return len(rows)
