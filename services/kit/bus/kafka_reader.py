"""Every record of one topic from the beginning, with no group."""

import asyncio
import time
from collections.abc import Mapping

from aiokafka import AIOKafkaConsumer, TopicPartition

from services.kit.bus.kafka_closing import close
from services.kit.bus.kafka_options import KafkaOptions, in_our_words
from services.kit.bus.kafka_records import to_record
from services.kit.bus.port import Record

ASK_AFTER = 3.0  # seconds without a record before the broker is asked whether it is there


class KafkaReader:
    def __init__(self, options: KafkaOptions, topic: str, count: int) -> None:
        self._options = options
        self._partitions = [TopicPartition(options.prefix + topic, number) for number in range(count)]
        self._consumer = AIOKafkaConsumer(
            **options.connection(), enable_auto_commit=False, auto_offset_reset="earliest", fetch_max_wait_ms=500
        )
        self._ends: dict[TopicPartition, int] = {}
        self._heard = time.monotonic()

    async def open(self, start: Mapping[int, int]) -> None:
        try:
            with in_our_words():
                async with asyncio.timeout(self._options.patience):
                    await self._consumer.start()
                    self._consumer.assign(self._partitions)
                    self._ends = await self._consumer.end_offsets(self._partitions)
                    beginnings = await self._consumer.beginning_offsets(self._partitions)
        except BaseException:
            await self.stop()
            raise
        for tp in self._partitions:
            self._consumer.seek(tp, max(start.get(tp.partition, 0), beginnings[tp]))

    async def poll(self, timeout: float) -> list[Record]:
        with in_our_words():
            found = await self._consumer.getmany(timeout_ms=int(timeout * 1000), max_records=5000)
            if found:
                self._heard = time.monotonic()
            elif time.monotonic() - self._heard > ASK_AFTER:
                await self._ask()
        return [to_record(record, self._options.prefix) for records in found.values() for record in records]

    async def caught_up(self) -> bool:
        with in_our_words():
            async with asyncio.timeout(self._options.patience):
                for tp, end in self._ends.items():
                    if await self._consumer.position(tp) < end:
                        return False
        return True

    async def stop(self) -> None:
        await close(self._consumer)

    async def _ask(self) -> None:
        """The client retries in silence for ever; whoever asks about readiness has to know."""
        async with asyncio.timeout(self._options.patience):
            await self._consumer.end_offsets(self._partitions[:1])
        self._heard = time.monotonic()
