"""Reading the log: one statement fetches from all partitions, however many there are."""

import time
from collections.abc import Mapping, Sequence

import asyncpg
import orjson

from services.kit.bus.pglog_wire import Wire
from services.kit.bus.port import Record, TopicPartition

POLL_EVERY = 0.25  # seconds; a notice usually comes first

# Who has something new, in the caller's order, each with the room that those before it leave; then only those rows.
# `upto` lets a position pass over offsets that compaction or retention emptied.
_FETCH = """WITH behind AS (
     SELECT w.id, w.following, w.place, p.next_offset AS upto, least(p.next_offset - w.following, $3) AS waiting
     FROM unnest($1::int[], $2::bigint[]) WITH ORDINALITY AS w (id, following, place)
     JOIN bus.partition AS p ON p.id = w.id WHERE p.next_offset > w.following),
   turn AS (SELECT *, $3 - (sum(waiting) OVER (ORDER BY place) - waiting) AS room FROM behind)
   SELECT turn.id, turn.upto, least(turn.waiting, turn.room)::int AS asked, m."offset", m.key, m.headers, m.value
   FROM turn LEFT JOIN LATERAL (
     SELECT "offset", key, headers, value FROM bus.message
     WHERE partition_id = turn.id AND "offset" >= turn.following AND "offset" < turn.upto
     ORDER BY "offset" LIMIT least(turn.waiting, turn.room)) AS m ON true
   WHERE turn.room > 0 ORDER BY turn.place, m."offset" """


async def fetch(
    connection: asyncpg.Connection, positions: Mapping[int, int], names: Mapping[int, TopicPartition], limit: int
) -> tuple[dict[int, list[Record]], dict[int, int]]:
    """(partition id → its records in order, partition id → where to go on), at most `limit` records in all.

    Partitions are served in the order of `positions`.
    """
    rows = await connection.fetch(_FETCH, list(positions), list(positions.values()), limit)
    found: dict[int, list[Record]] = {}
    following: dict[int, int] = {}
    asked: dict[int, int] = {}
    for identifier, upto, wanted, offset, key, headers, value in rows:
        if offset is None:
            following[identifier] = upto
            continue
        topic, partition = names[identifier]
        record = Record(topic, partition, offset, key, value, orjson.loads(headers))
        if identifier in found:
            found[identifier].append(record)
        else:
            found[identifier], following[identifier], asked[identifier] = [record], upto, wanted
    for identifier, records in found.items():
        if len(records) == asked[identifier]:
            following[identifier] = records[-1].offset + 1
    return found, following


class LogReader:
    """Every record of one topic from the beginning (or from `start`), with no group."""

    def __init__(
        self, wire: Wire, topic: str, ids: Sequence[int], start: Mapping[int, int], ends: Mapping[int, int]
    ) -> None:
        self._wire = wire
        self._names = {identifier: TopicPartition(topic, number) for number, identifier in enumerate(ids)}
        self._positions = {identifier: start.get(number, 0) for number, identifier in enumerate(ids)}
        self._ends = {identifier: ends.get(number, 0) for number, identifier in enumerate(ids)}
        self._watch = wire.watch(frozenset({topic}))
        self._stopped = False

    async def poll(self, timeout: float, limit: int = 5000) -> list[Record]:
        deadline = time.monotonic() + timeout
        while not self._stopped:
            self._watch.clear()
            found = await self._read(limit)
            left = deadline - time.monotonic()
            if found or left <= 0:
                return found
            await self._watch.wait(min(left, POLL_EVERY))
        return []

    async def caught_up(self) -> bool:
        return all(self._positions[each] >= self._ends[each] for each in self._ends)

    async def stop(self) -> None:
        self._stopped = True
        self._wire.unwatch(self._watch)

    async def _read(self, limit: int) -> list[Record]:
        async with self._wire.connection() as connection:
            found, following = await fetch(connection, self._positions, self._names, limit)
        self._positions.update(following)
        return [record for records in found.values() for record in records]
