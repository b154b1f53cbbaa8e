"""Events that wait behind one that failed: listed, and tried again in their order once the cause is mended."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text

from services.kit.bus.port import Record, TopicPartition
from services.kit.consumer import Consumer
from services.kit.db import Database, Tx


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


async def retry(db: Database, consumer: Consumer, topic: str, key: str) -> int:
    """Handles everything parked under `key` in order, in one transaction; its first error leaves all parked.

    Holds the partition's offset row, as live events do, so that nothing new of the key slips in before or between.
    """
    async with db.transaction() as tx:
        where = {"consumer": consumer.inbox.consumer, "topic": topic, "key": key}
        first = await tx.execute(
            text("SELECT partition FROM parked WHERE consumer = :consumer AND topic = :topic AND key = :key LIMIT 1"),
            where,
        )
        partition = first.scalar_one_or_none()
        if partition is None:
            return 0
        await consumer.inbox.offsets(tx, [TopicPartition(topic, partition)], lock=True)
        rows = await tx.execute(
            text(
                """DELETE FROM parked WHERE consumer = :consumer AND topic = :topic AND key = :key
                   RETURNING id, topic, partition, "offset", key, headers, value"""
            ),
            where,
        )
        records = [
            Record(r.topic, r.partition, r.offset, r.key, r.value, r.headers)
            for r in sorted(rows.all(), key=lambda row: row.id)
        ]
        for record in records:
            await consumer.handle_records(tx, [record])
        return len(records)
