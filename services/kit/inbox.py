"""Effects once: what a consumer has handled is stored in the handler's own transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import orjson
from sqlalchemy import text

from services.kit.bus.port import Record, TopicPartition
from services.kit.db import Tx

_NOTHING: Mapping[tuple[str, str], int] = MappingProxyType({})
_OFFSETS = text(
    """SELECT topic, partition, next_offset FROM inbox_offset WHERE consumer = :consumer
       AND (topic, partition) IN (SELECT * FROM unnest(CAST(:topics AS text[]), CAST(:partitions AS int[])))
       ORDER BY topic, partition"""
)
_CLAIM = text(
    """INSERT INTO inbox_offset (consumer, topic, partition, next_offset)
       SELECT :consumer, topic, partition, 0
       FROM unnest(CAST(:topics AS text[]), CAST(:partitions AS int[])) AS row (topic, partition)
       ON CONFLICT DO NOTHING"""
)
# One statement, whether of one topic or of several; what is remembered of no key and no partition costs nothing.
_KEEP = text(
    """WITH seen AS (
         INSERT INTO inbox_key (consumer, topic, key, sequence)
         SELECT :consumer, topic, key, sequence
         FROM unnest(CAST(:key_topics AS text[]), CAST(:keys AS text[]), CAST(:sequences AS bigint[]))
              AS row (topic, key, sequence)
         ON CONFLICT (consumer, topic, key) DO UPDATE SET sequence = EXCLUDED.sequence, seen_at = clock_timestamp())
       UPDATE inbox_offset AS kept SET next_offset = row.next_offset
       FROM unnest(CAST(:topics AS text[]), CAST(:partitions AS int[]), CAST(:offsets AS bigint[]))
            AS row (topic, partition, next_offset)
       WHERE kept.consumer = :consumer AND kept.topic = row.topic AND kept.partition = row.partition"""
)
_KNOWN = text(
    """WITH asked AS MATERIALIZED (
         SELECT * FROM unnest(CAST(:topics AS text[]), CAST(:keys AS text[])) AS row (topic, key))
       SELECT k.topic, k.key, k.sequence FROM asked JOIN inbox_key AS k ON k.consumer = :consumer
         AND k.topic = asked.topic AND k.key = asked.key
       UNION ALL
       SELECT DISTINCT p.topic, p.key, CAST(NULL AS bigint) FROM asked JOIN parked AS p ON p.consumer = :consumer
         AND p.topic = asked.topic AND p.key = asked.key"""
)
_COUNT_PARKED = text("SELECT count(*) FROM parked WHERE consumer = :consumer")
_PARK = text(
    """INSERT INTO parked (consumer, topic, partition, "offset", key, headers, value, error)
       VALUES (:consumer, :topic, :partition, :offset, :key, CAST(:headers AS jsonb), :value, :error)
       ON CONFLICT DO NOTHING"""
)


def storable(record: Record) -> Record:
    """With key and headers as PostgreSQL can keep them: a stranger's record may hold NUL, which no text takes."""
    headers = {_without_nul(name): _without_nul(value) for name, value in record.headers.items()}
    return record._replace(key=_without_nul(record.key), headers=headers)


def _without_nul(given: str) -> str:
    return given.replace("\x00", "\ufffd")


@dataclass(frozen=True, slots=True)
class Inbox:
    """The rows of one consumer. Its offset rows are the lock that live events and un-parking share."""

    consumer: str

    async def offsets(self, tx: Tx, partitions: Sequence[TopicPartition], *, lock: bool) -> dict[TopicPartition, int]:
        """Next offset of each partition; with `lock`, held to commit against a second member and against un-parking."""
        arguments = {
            "consumer": self.consumer,
            "topics": [tp.topic for tp in partitions],
            "partitions": [tp.partition for tp in partitions],
        }
        statement = text(_OFFSETS.text + " FOR UPDATE") if lock else _OFFSETS
        rows = (await tx.execute(statement, arguments)).all()
        if lock and len(rows) < len(partitions):
            await tx.execute(_CLAIM, arguments)
            rows = (await tx.execute(statement, arguments)).all()
        return {TopicPartition(row.topic, row.partition): row.next_offset for row in rows}

    async def keep(
        self, tx: Tx, offsets: Mapping[TopicPartition, int], seen: Mapping[tuple[str, str], int] = _NOTHING
    ) -> None:
        """The next offset of each partition, and the last sequence `seen` of each (topic, key)."""
        await tx.execute(
            _KEEP,
            {
                "consumer": self.consumer,
                "key_topics": [topic for topic, _ in seen],
                "keys": [key for _, key in seen],
                "sequences": list(seen.values()),
                "topics": [tp.topic for tp in offsets],
                "partitions": [tp.partition for tp in offsets],
                "offsets": list(offsets.values()),
            },
        )

    async def restart(self, tx: Tx, partitions: Sequence[TopicPartition]) -> None:
        """Back to the beginning: the log is not the one we had read. What was handled is dropped by its sequence."""
        await self.offsets(tx, partitions, lock=True)
        await self.keep(tx, dict.fromkeys(partitions, 0))

    async def known(
        self, tx: Tx, asked: Sequence[tuple[str, str]]
    ) -> tuple[dict[tuple[str, str], int], set[tuple[str, str]]]:
        """Of each (topic, key): the last sequence seen, and which have something parked."""
        said = {"topics": [topic for topic, _ in asked], "keys": [key for _, key in asked]}
        rows = (await tx.execute(_KNOWN, {"consumer": self.consumer, **said})).all()
        return (
            {(topic, key): sequence for topic, key, sequence in rows if sequence is not None},
            {(topic, key) for topic, key, sequence in rows if sequence is None},
        )

    async def count_parked(self, tx: Tx) -> int:
        return int((await tx.execute(_COUNT_PARKED, {"consumer": self.consumer})).scalar_one())

    async def park(self, tx: Tx, records: Sequence[Record], error: str | None) -> None:
        """`error` is that of the event that failed; None for those that only wait behind it."""
        if records:
            await tx.execute(
                _PARK,
                [
                    {
                        "consumer": self.consumer,
                        "topic": record.topic,
                        "partition": record.partition,
                        "offset": record.offset,
                        "key": record.key,
                        "headers": orjson.dumps(dict(record.headers)).decode(),
                        "value": record.value,
                        "error": error,
                    }
                    for record in records
                ],
            )
