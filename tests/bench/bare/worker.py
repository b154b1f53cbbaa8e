"""`python -m tests.bench.bare.worker STAGE DSN BOOTSTRAP`: consume a batch, one transaction, offsets with it, relay on."""

import asyncio
import sys
from dataclasses import dataclass
from typing import Any

import asyncpg
from aiokafka import AIOKafkaConsumer, TopicPartition

from tests.bench.bare.relay import Relay
from tests.bench.bare.shape import CASES, ORDERS, UNIT, Shape, from_environment

_ROWS = """INSERT INTO bare_row (stage, id, body)
SELECT $1, id, 'kept' FROM unnest($2::text[]) AS id ON CONFLICT DO NOTHING RETURNING id"""
_OUT = """INSERT INTO bare_outbox (stage, topic, key, value)
SELECT $1, topic, key, $4::bytea FROM unnest($2::text[], $3::text[]) AS r (topic, key)"""
_OFFSETS = """INSERT INTO bare_offset SELECT $1, * FROM unnest($2::text[], $3::int[], $4::bigint[])
ON CONFLICT (stage, topic, partition) DO UPDATE SET next_offset = EXCLUDED.next_offset"""


@dataclass(frozen=True)
class Stage:
    """What a stage reads, and what it sends for the first message of an order that it sees."""

    reads: tuple[str, ...]

    def sends(self, name: str, shape: Shape, key: str) -> list[str]:
        if name == "dispatch":
            return [CASES] * shape.cases
        if name == "notify":
            start = hash(key)
            return [f"{UNIT}{(start + n) % shape.unit_topics}" for n in range(shape.units)]
        return []


STAGES = {
    "dispatch": Stage((ORDERS,)),
    "notify": Stage((CASES,)),
    "follow": Stage((CASES,)),
    "console": Stage((ORDERS, CASES)),
    "registry": Stage((CASES,)),
}


async def main(name: str, dsn: str, bootstrap: str) -> None:
    shape, stage = from_environment(), STAGES[name]
    pool = await asyncpg.create_pool(dsn, min_size=2, max_size=4)
    relay = Relay(pool, bootstrap, name, {ORDERS: 6, CASES: 6})
    relaying = asyncio.create_task(relay.run()) if name in ("dispatch", "notify") else None
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap, group_id=f"bare.{name}", enable_auto_commit=False, auto_offset_reset="earliest"
    )
    await consumer.start()
    consumer.assign([TopicPartition(topic, number) for topic in stage.reads for number in range(6)])
    size = shape.cases_bytes if name == "dispatch" else shape.units_bytes
    while relaying is None or not relaying.done():
        found = await consumer.getmany(timeout_ms=500, max_records=500)
        if found:
            await _handle(pool, name, stage, shape, b"x" * size, found)
            relay.wake.set()
            await consumer.commit({tp: rows[-1].offset + 1 for tp, rows in found.items()})


async def _handle(pool: asyncpg.Pool, name: str, stage: Stage, shape: Shape, value: bytes, found: Any) -> None:
    keys = list(dict.fromkeys(row.key.decode() for rows in found.values() for row in rows))
    async with pool.acquire() as connection, connection.transaction():
        new = [row["id"] for row in await connection.fetch(_ROWS, name, keys)]
        out = [(topic, key) for key in new for topic in stage.sends(name, shape, key)]
        if out:
            await connection.execute(_OUT, name, [topic for topic, _ in out], [key for _, key in out], value)
        await connection.execute(
            _OFFSETS,
            name,
            [tp.topic for tp in found],
            [tp.partition for tp in found],
            [rows[-1].offset + 1 for rows in found.values()],
        )


if __name__ == "__main__":
    import uvloop

    uvloop.run(main(*sys.argv[1:4]))
