"""One member of a consumer group. Our stored offsets decide where it starts; the broker's are only a hint."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener
from aiokafka import TopicPartition as KafkaPartition
from aiokafka.errors import CommitFailedError, IllegalStateError
from aiokafka.structs import ConsumerRecord

from services.kit.bus.kafka_closing import close
from services.kit.bus.kafka_options import KafkaOptions, in_our_words
from services.kit.bus.kafka_records import to_record
from services.kit.bus.port import Assigned, BusUnavailable, Record, Revoked, TopicPartition, UnknownTopic

log = structlog.get_logger()
ASK_AFTER = 3.0  # seconds without a record before the broker is asked whether it is there
REBALANCE = 30.0  # seconds that the others wait for a member that is still at work
PartitionsOf = Callable[[Sequence[str]], Awaitable[Mapping[str, int]]]


class KafkaSubscription(ConsumerRebalanceListener):  # type: ignore[misc]
    """The client rebalances in a task of its own. It only takes note of what came, so that `poll` asks for our offsets
    (and an error comes out there); before it gives partitions up it waits until what the last poll gave is finished.
    """

    def __init__(
        self, options: KafkaOptions, group: str, topics: Sequence[str], from_start: bool, partitions_of: PartitionsOf
    ) -> None:
        self._options = options
        self._group = options.prefix + group
        self._topics = sorted(topics)
        self._from_start = from_start
        self._partitions_of = partitions_of
        self._consumer: AIOKafkaConsumer | None = None
        self._fresh: set[KafkaPartition] = set()
        self._held: set[KafkaPartition] = set()
        self._idle = asyncio.Event()
        self._idle.set()
        self._settled = asyncio.Event()
        self._failed: Exception | None = None
        self._heard = time.monotonic()

    async def start(self, on_assigned: Assigned, on_revoked: Revoked) -> None:
        self._on_assigned, self._on_revoked = on_assigned, on_revoked
        known = await self._partitions_of(self._topics)
        if len(known) < len(self._topics):
            raise UnknownTopic("、".join(sorted(set(self._topics) - set(known))))
        consumer = AIOKafkaConsumer(
            **self._options.connection(),
            group_id=self._group,
            enable_auto_commit=False,
            auto_offset_reset="earliest" if self._from_start else "latest",
            session_timeout_ms=int(self._options.lease * 1000),
            heartbeat_interval_ms=int(self._options.lease * 1000 / 5),
            rebalance_timeout_ms=int(REBALANCE * 1000),
            max_poll_interval_ms=300_000,
            fetch_max_wait_ms=500,
        )
        try:
            with in_our_words():
                async with asyncio.timeout(self._options.patience):
                    await consumer.start()
        except BaseException:
            await close(consumer)
            raise
        consumer.subscribe([self._options.prefix + topic for topic in self._topics], listener=self)
        self._consumer = consumer
        self._heard = time.monotonic()

    async def stop(self) -> None:
        """Finishes with what it holds, then leaves: the others need not wait for the lease."""
        consumer, self._consumer = self._consumer, None
        self._idle.set()
        if consumer is not None:
            try:
                await self._give_up()
            finally:
                await close(consumer)

    async def poll(self, max_records: int, timeout: float) -> dict[TopicPartition, list[Record]]:
        consumer = self._open()
        deadline = time.monotonic() + timeout
        self._idle.set()
        await self._settle(timeout)
        await self._place(consumer)
        with in_our_words():
            found = await self._fetch(consumer, max_records, max(0.0, deadline - time.monotonic()))
            if not found:
                await self._ask_now_and_then(consumer)
                return {}
        self._heard = time.monotonic()
        self._idle.clear()
        return {
            self._ours(tp): [to_record(record, self._options.prefix) for record in records]
            for tp, records in found.items()
        }

    async def commit(self, offsets: Mapping[TopicPartition, int]) -> None:
        """A member that lost a partition commits nothing for it; the broker refuses a stale one."""
        consumer = self._open()
        wanted = {self._theirs(tp): offset for tp, offset in offsets.items()}
        taken = {tp: offset for tp, offset in wanted.items() if tp in consumer.assignment()}
        if not taken:
            return
        try:
            with in_our_words():
                async with asyncio.timeout(self._options.patience):
                    await consumer.commit(taken)
        except BusUnavailable as error:
            if not isinstance(error.__cause__, CommitFailedError | IllegalStateError):
                raise
            log.info("bus.commit_refused", group=self._group, partitions=[f"{t.topic}/{t.partition}" for t in taken])

    async def seek(self, tp: TopicPartition, offset: int) -> None:
        if self._theirs(tp) in self._open().assignment():
            self._open().seek(self._theirs(tp), offset)

    async def pause(self, partitions: Sequence[TopicPartition]) -> None:
        consumer = self._open()
        consumer.pause(*(self._theirs(tp) for tp in partitions if self._theirs(tp) in consumer.assignment()))

    async def resume(self, partitions: Sequence[TopicPartition]) -> None:
        consumer = self._open()
        consumer.resume(*(self._theirs(tp) for tp in partitions if self._theirs(tp) in consumer.assignment()))

    async def lag(self) -> int:
        consumer = self._open()
        held = list(self._held - self._fresh)
        if not held:
            return 0
        try:
            with in_our_words():
                async with asyncio.timeout(self._options.patience):
                    ends = await consumer.end_offsets(held)
                    return sum([max(0, ends[tp] - await consumer.position(tp)) for tp in held])
        except BusUnavailable as error:
            if isinstance(error.__cause__, IllegalStateError):  # taken away between the two questions
                return 0
            raise

    async def on_partitions_revoked(self, revoked: set[KafkaPartition]) -> None:
        self._settled.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._options.grace):
                await self._idle.wait()
        try:
            await self._give_up()
        except Exception as error:
            self._failed = error

    async def on_partitions_assigned(self, assigned: set[KafkaPartition]) -> None:
        self._fresh = set(assigned)
        self._settled.set()

    async def _give_up(self) -> None:
        held, self._held = sorted(self._held), set()
        if held:
            await self._on_revoked([self._ours(tp) for tp in held])

    async def _settle(self, timeout: float) -> None:
        """Until no rebalance is under way, or `timeout`; what went wrong in the client's task comes out here."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                await self._settled.wait()
        if self._failed is not None:
            failed, self._failed = self._failed, None
            raise failed

    async def _place(self, consumer: AIOKafkaConsumer) -> None:
        """Ours decide where reading starts; a partition without one of ours goes by the group's committed offset."""
        fresh = self._fresh
        if fresh and self._settled.is_set():
            ours = await self._on_assigned([self._ours(tp) for tp in sorted(fresh)]) or {}
            if self._fresh is not fresh or not self._settled.is_set():
                return  # taken away again meanwhile
            for tp, offset in ours.items():
                consumer.seek(self._theirs(tp), offset)
            self._held |= fresh
            self._fresh = set()

    async def _fetch(
        self, consumer: AIOKafkaConsumer, max_records: int, timeout: float
    ) -> dict[KafkaPartition, list[ConsumerRecord]]:
        try:
            # The client waits for the end of a rebalance, however long it takes.
            async with asyncio.timeout(timeout + 1.0):
                if not self._settled.is_set():
                    return {}
                found = await consumer.getmany(timeout_ms=int(timeout * 1000), max_records=max_records)
        except TimeoutError:
            return {}
        # Came in with a rebalance while we waited: not ours yet, and not from where we want it.
        for tp in [tp for tp in found if tp not in self._held]:
            consumer.seek(tp, found.pop(tp)[0].offset)
        return dict(found)

    async def _ask_now_and_then(self, consumer: AIOKafkaConsumer) -> None:
        """The client retries in silence for ever; whoever asks about readiness has to know."""
        if time.monotonic() - self._heard > ASK_AFTER:
            async with asyncio.timeout(self._options.patience):
                await consumer.end_offsets([KafkaPartition(self._options.prefix + self._topics[0], 0)])
            self._heard = time.monotonic()

    def _open(self) -> AIOKafkaConsumer:
        if self._consumer is None:
            raise BusUnavailable("Kafka: 订阅已经停了")
        return self._consumer

    def _ours(self, tp: KafkaPartition) -> TopicPartition:
        return TopicPartition(tp.topic.removeprefix(self._options.prefix), tp.partition)

    def _theirs(self, tp: TopicPartition) -> KafkaPartition:
        return KafkaPartition(self._options.prefix + tp.topic, tp.partition)
