"""Effects once: what a consumer has handled is stored in the handler's own transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import orjson
from sqlalchemy import text

from services.kit.bus.port import Record, TopicPartition
from services.kit.db import Tx

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
_ADVANCE = text(
    """UPDATE inbox_offset AS kept SET next_offset = row.next_offset
       FROM unnest(CAST(:topics AS text[]), CAST(:partitions AS int[]), CAST(:offsets AS bigint[]))
            AS row (topic, partition, next_offset)
       WHERE kept.consumer = :consumer AND kept.topic = row.topic AND kept.partition = row.partition"""
)
_SEQUENCES = text(
    """SELECT topic, key, sequence FROM inbox_key
       WHERE consumer = :consumer AND topic = :topic AND key = ANY(CAST(:keys AS text[]))"""
)
_REMEMBER = text(
    """INSERT INTO inbox_key (consumer, topic, key, sequence)
       SELECT :consumer, :topic, key, sequence
       FROM unnest(CAST(:keys AS text[]), CAST(:sequences AS bigint[])) AS row (key, sequence)
       ON CONFLICT (consumer, topic, key) DO UPDATE SET sequence = EXCLUDED.sequence, seen_at = clock_timestamp()"""
)
_PARKED_KEYS = text(
    """SELECT DISTINCT topic, key FROM parked
       WHERE consumer = :consumer AND topic = ANY(CAST(:topics AS text[])) AND key = ANY(CAST(:keys AS text[]))"""
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

    async def advance(self, tx: Tx, offsets: Mapping[TopicPartition, int]) -> None:
        await tx.execute(
            _ADVANCE,
            {
                "consumer": self.consumer,
                "topics": [tp.topic for tp in offsets],
                "partitions": [tp.partition for tp in offsets],
                "offsets": list(offsets.values()),
            },
        )

    async def restart(self, tx: Tx, partitions: Sequence[TopicPartition]) -> None:
        """Back to the beginning: the log is not the one we had read. What was handled is dropped by its sequence."""
        await self.offsets(tx, partitions, lock=True)
        await self.advance(tx, dict.fromkeys(partitions, 0))

    async def sequences(self, tx: Tx, topic: str, keys: Sequence[str]) -> dict[str, int]:
        rows = await tx.execute(_SEQUENCES, {"consumer": self.consumer, "topic": topic, "keys": list(keys)})
        return {row.key: row.sequence for row in rows.all()}

    async def remember(self, tx: Tx, topic: str, last: Mapping[str, int]) -> None:
        if last:
            await tx.execute(
                _REMEMBER,
                {
                    "consumer": self.consumer,
                    "topic": topic,
                    "keys": list(last),
                    "sequences": list(last.values()),
                },
            )

    async def parked_keys(self, tx: Tx, records: Sequence[Record]) -> set[tuple[str, str]]:
        rows = await tx.execute(
            _PARKED_KEYS,
            {
                "consumer": self.consumer,
                "topics": sorted({record.topic for record in records}),
                "keys": sorted({record.key for record in records}),
            },
        )
        return {(row.topic, row.key) for row in rows.all()}

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
