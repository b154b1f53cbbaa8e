"""Outbox rows to Kafka in whole batches, then deleted."""

import asyncio
import contextlib
from collections import defaultdict

import asyncpg
from aiokafka import AIOKafkaProducer

_READ = "SELECT seq, topic, key, value FROM bare_outbox WHERE stage = $1 ORDER BY seq LIMIT 2000"
_DELETE = "DELETE FROM bare_outbox WHERE seq = ANY($1::bigint[])"


class Relay:
    def __init__(self, pool: asyncpg.Pool, bootstrap: str, stage: str, partitions: dict[str, int]) -> None:
        self._pool, self._stage, self._partitions = pool, stage, partitions
        self._bootstrap = bootstrap
        self.wake = asyncio.Event()

    async def run(self) -> None:
        producer = AIOKafkaProducer(
            bootstrap_servers=self._bootstrap,
            acks="all",
            enable_idempotence=True,
            linger_ms=0,
            max_batch_size=1_000_000,
        )
        await producer.start()
        while True:
            if not await self._turn(producer):
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self.wake.wait(), 0.2)
                self.wake.clear()

    async def _turn(self, producer: AIOKafkaProducer) -> bool:
        rows = await self._pool.fetch(_READ, self._stage)
        if not rows:
            return False
        lanes: dict[tuple[str, int], list[asyncpg.Record]] = defaultdict(list)
        for row in rows:
            count = self._partitions.get(row["topic"], 1)
            lanes[row["topic"], hash(row["key"]) % count].append(row)
        sent = []
        for (topic, partition), held in lanes.items():
            batch = producer.create_batch()
            for row in held:
                if batch.append(timestamp=None, key=row["key"].encode(), value=row["value"]) is None:
                    batch.close()
                    sent.append(await producer.send_batch(batch, topic, partition=partition))
                    batch = producer.create_batch()
                    batch.append(timestamp=None, key=row["key"].encode(), value=row["value"])
            batch.close()
            sent.append(await producer.send_batch(batch, topic, partition=partition))
        await asyncio.gather(*sent)
        await self._pool.execute(_DELETE, [row["seq"] for row in rows])
        return True
