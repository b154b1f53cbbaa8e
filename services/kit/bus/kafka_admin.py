"""Questions to the broker and new topics: one connection of each kind, made at the first use, dropped when it fails."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import (
    InvalidTopicError,
    KafkaError,
    NoError,
    TopicAlreadyExistsError,
    UnknownTopicOrPartitionError,
    for_code,
)
from aiokafka.protocol.metadata import MetadataRequest

from services.kit.bus.kafka_closing import CLOSE_SECONDS, close
from services.kit.bus.kafka_options import KafkaOptions, in_our_words
from services.kit.bus.port import BusUnavailable, TopicSpec

VISIBLE_EVERY = 0.05  # seconds between two looks whether new topics have their leaders


class Desk:
    """Topic names here are the broker's, with their prefix. BusUnavailable when nobody answers."""

    def __init__(self, options: KafkaOptions) -> None:
        self._options = options
        self._admin: AIOKafkaAdminClient | None = None
        self._probe: AIOKafkaConsumer | None = None
        self._making = asyncio.Lock()

    async def stop(self) -> None:
        admin, self._admin = self._admin, None
        probe, self._probe = self._probe, None
        if probe is not None:
            await close(probe)
        if admin is not None:
            with contextlib.suppress(KafkaError, OSError, TimeoutError):
                async with asyncio.timeout(CLOSE_SECONDS):
                    await admin.close()

    async def answers(self) -> None:
        async with self._asking() as admin:
            await admin.describe_cluster()

    async def partitions(self, topics: Sequence[str]) -> dict[str, int]:
        """How many each has, whether led at this moment or not; a topic that nobody made is absent.

        BusUnavailable while the broker can't say: an election under way must not look like a topic that isn't there.
        """
        counts: dict[str, int] = {}
        for found in await self._look(topics):
            if found["error_code"] == 0:
                counts[found["topic"]] = len(found["partitions"])
            elif for_code(found["error_code"]) not in (UnknownTopicOrPartitionError, InvalidTopicError):
                raise BusUnavailable(f"Kafka: {found['topic']} {for_code(found['error_code']).__name__}")
        return counts

    async def _led(self, topics: Sequence[str]) -> dict[str, int]:
        """As `partitions`, but only those that can be written to by now."""
        return {
            found["topic"]: len(found["partitions"])
            for found in await self._look(topics)
            if found["error_code"] == 0 and all(part["leader"] >= 0 for part in found["partitions"])
        }

    async def _look(self, topics: Sequence[str]) -> list[dict[str, Any]]:
        async with self._asking() as admin:
            # The client's own question would create the topics on a broker that allows it.
            answer = await admin._send_request(MetadataRequest(list(topics), allow_auto_topic_creation=False))
        return list(answer.to_object()["topics"])

    async def create(self, specs: Sequence[TopicSpec]) -> dict[str, int]:
        """Those that are not there yet; returns when all can be written to, with their numbers of partitions."""
        async with self._asking() as admin:
            answer = await admin.create_topics([self._new(spec) for spec in specs])
        for name, code, *rest in answer.topic_errors:
            if for_code(code) not in (NoError, TopicAlreadyExistsError):
                raise BusUnavailable(f"Kafka 建不了主题 {name}，请检查副本数和权限：{for_code(code).__name__} {rest}")
        names = [self._options.prefix + spec.name for spec in specs]
        with in_our_words():
            async with asyncio.timeout(self._options.patience):
                while len(counts := await self._led(names)) < len(names):  # noqa: ASYNC110 - a broker tells nobody
                    await asyncio.sleep(VISIBLE_EVERY)
        return counts

    async def ends(self, topic: str, count: int) -> dict[int, int]:
        async with self._asking():
            async with self._making:
                if self._probe is None:
                    probe = AIOKafkaConsumer(**self._options.connection(), enable_auto_commit=False)
                    try:
                        await probe.start()
                    except BaseException:
                        await close(probe)
                        raise
                    self._probe = probe
                probe = self._probe
            found = await probe.end_offsets([TopicPartition(topic, number) for number in range(count)])
        return {tp.partition: end for tp, end in found.items()}

    def _new(self, spec: TopicSpec) -> NewTopic:
        copies = self._options.replication
        configs = {
            "cleanup.policy": "compact" if spec.compacted else "delete",
            # An answered write is on a second disk as soon as there are three.
            "min.insync.replicas": str(max(1, copies - 1)),
        }
        if spec.retention is not None:
            configs["retention.ms"] = str(int(spec.retention.total_seconds() * 1000))
        return NewTopic(self._options.prefix + spec.name, spec.partitions, copies, topic_configs=configs)

    @contextlib.asynccontextmanager
    async def _asking(self) -> AsyncIterator[AIOKafkaAdminClient]:
        try:
            with in_our_words():
                async with asyncio.timeout(self._options.patience):
                    async with self._making:
                        if self._admin is None:
                            admin = AIOKafkaAdminClient(**self._options.connection())
                            try:
                                await admin.start()
                            except BaseException:
                                await admin.close()
                                raise
                            self._admin = admin
                    yield self._admin
        except BusUnavailable:
            await self.stop()
            raise
