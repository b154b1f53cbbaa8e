"""A partitioned log in PostgreSQL: the embedded run's engine, with the semantics of Kafka that the house relies on."""

import zlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

import orjson

from services.kit import failpoints
from services.kit.bus.pglog_ddl import HOUSEKEEPING
from services.kit.bus.pglog_group import LogSubscription
from services.kit.bus.pglog_reader import LogReader
from services.kit.bus.pglog_wire import Wire, notice
from services.kit.bus.port import (
    BusUnavailable,
    Message,
    MessageTooLarge,
    TopicSpec,
    UnknownTopic,
)

LARGEST = 1_000_000  # bytes, as a Kafka broker's default


class PgLogBus:
    """Offsets are assigned under a row lock for each partition, held to commit: commit order is offset order.

    `lease` (real seconds) is how long a silent member of a group keeps its partitions.
    """

    name = "pglog"

    def __init__(self, url: str, *, lease: float = 5.0, pool: int = 8, largest: int = LARGEST) -> None:
        self._wire = Wire(url, pool)
        self._lease = lease
        self._largest = largest
        self._topics: dict[str, list[int]] = {}

    async def start(self) -> None:
        """Connects at the first use, so that a database that comes up later is no trouble."""

    async def stop(self) -> None:
        await self._wire.stop()

    async def healthy(self) -> bool:
        try:
            async with self._wire.connection() as connection:
                return bool(await connection.fetchval("SELECT true"))
        except BusUnavailable:
            return False

    async def ensure_topics(self, specs: Sequence[TopicSpec]) -> None:
        wanted = sorted((spec for spec in specs if spec.name not in self._topics), key=lambda spec: spec.name)
        if not wanted:
            return
        async with self._wire.connection() as connection, connection.transaction():
            await connection.execute(
                """INSERT INTO bus.topic (name, compacted, retention)
                   SELECT * FROM unnest($1::text[], $2::boolean[], $3::interval[])
                   ON CONFLICT (name) DO UPDATE SET compacted = EXCLUDED.compacted, retention = EXCLUDED.retention""",
                [spec.name for spec in wanted],
                [spec.compacted for spec in wanted],
                [spec.retention for spec in wanted],
            )
            await connection.execute(
                """INSERT INTO bus.partition (topic, number)
                   SELECT name, generate_series(0, partitions - 1) FROM unnest($1::text[], $2::int[]) AS t (name, partitions)
                   WHERE NOT EXISTS (SELECT 1 FROM bus.partition AS held WHERE held.topic = t.name)
                   ORDER BY 1, 2 ON CONFLICT DO NOTHING""",
                [spec.name for spec in wanted],
                [spec.partitions for spec in wanted],
            )
        await self.partitions_of([spec.name for spec in wanted])

    async def publish(self, messages: Sequence[Message]) -> list[Exception | None]:
        results: list[Exception | None] = [None] * len(messages)
        try:
            known = await self.partitions_of(sorted({message.topic for message in messages}))
            rows: list[tuple[int, Message]] = []
            for place, message in enumerate(messages):
                if message.topic not in known:
                    results[place] = UnknownTopic(message.topic)
                elif len(message.value or b"") > self._largest:
                    results[place] = MessageTooLarge(f"{message.topic}: {len(message.value or b'')} 字节")
                else:
                    ids = known[message.topic]
                    rows.append((ids[zlib.crc32(message.key.encode()) % len(ids)], message))
            if rows:
                await self._append(rows)
        except BusUnavailable as error:
            return [error if result is None else result for result in results]
        return results

    def subscribe(self, group: str, topics: Sequence[str], *, from_start: bool = True) -> LogSubscription:
        return LogSubscription(self._wire, group, topics, self._lease, from_start, self.partitions_of)

    async def read_all(self, topic: str, start: Mapping[int, int] | None = None) -> LogReader:
        ids = (await self.partitions_of([topic])).get(topic)
        if ids is None:
            raise UnknownTopic(topic)
        return LogReader(self._wire, topic, ids, start or {}, await self.end_offsets(topic))

    async def end_offsets(self, topic: str) -> dict[int, int]:
        async with self._wire.connection() as connection:
            rows = await connection.fetch("SELECT number, next_offset FROM bus.partition WHERE topic = $1", topic)
        if not rows:
            raise UnknownTopic(topic)
        return {row["number"]: row["next_offset"] for row in rows}

    async def housekeep(self, now: datetime) -> None:
        """Compacted topics keep the last value of each key; the others drop what is older than their retention.

        `now` is real time, as the rows' own: a moved clock must not empty the log before it is read.
        """
        async with self._wire.connection() as connection:
            for statement in HOUSEKEEPING:
                await connection.execute(statement, now, timeout=600)

    async def partitions_of(self, topics: Sequence[str]) -> Mapping[str, list[int]]:
        """topic → ids of its partitions by number; a topic that nobody made is absent."""
        fresh = [topic for topic in topics if topic not in self._topics]
        if fresh:
            async with self._wire.connection() as connection:
                rows = await connection.fetch(
                    "SELECT topic, id FROM bus.partition WHERE topic = ANY($1::text[]) ORDER BY topic, number", fresh
                )
            found: defaultdict[str, list[int]] = defaultdict(list)
            for row in rows:
                found[row["topic"]].append(row["id"])
            self._topics.update(found)
        return {topic: self._topics[topic] for topic in topics if topic in self._topics}

    async def _append(self, rows: Sequence[tuple[int, Message]]) -> None:
        ids = sorted({partition for partition, _ in rows})
        async with self._wire.connection() as connection, connection.transaction():
            held = await connection.fetch(
                "SELECT id, next_offset FROM bus.partition WHERE id = ANY($1::int[]) ORDER BY id FOR UPDATE", ids
            )
            following = {row["id"]: row["next_offset"] for row in held}
            placed: list[tuple[int, int, str, str, bytes | None]] = []
            for partition, message in rows:
                headers = orjson.dumps(dict(message.headers)).decode()
                placed.append((partition, following[partition], message.key, headers, message.value))
                following[partition] += 1
            # Half of what an INSERT from arrays costs here and there, and streamed: however large the batch, no statement is.
            await connection.copy_records_to_table(
                "message",
                schema_name="bus",
                columns=("partition_id", "offset", "key", "headers", "value"),
                records=placed,
            )
            await connection.execute(
                """UPDATE bus.partition AS p SET next_offset = row.following
                   FROM unnest($1::int[], $2::bigint[]) AS row (id, following) WHERE p.id = row.id""",
                list(following),
                list(following.values()),
            )
            await notice(connection, {message.topic for _, message in rows})
            failpoints.reach("log.before_commit")
