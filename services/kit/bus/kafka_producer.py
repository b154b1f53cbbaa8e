"""Sending: idempotent, acks=all, whole batches per partition one after the other; nothing overtakes what failed."""

import asyncio
import contextlib
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

import structlog
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError, MessageSizeTooLargeError
from aiokafka.partitioner import murmur2

from services.kit.bus.kafka_options import KafkaOptions, in_our_words
from services.kit.bus.port import BusUnavailable, Message, MessageTooLarge

log = structlog.get_logger()
LARGEST = 1_000_000  # bytes of a message with key and headers; a broker's default limit is 1,048,588
BATCH = 500_000  # bytes


class Piece(NamedTuple):
    """A message on its way: `place` in the caller's list, and its size in bytes, not less than on the wire."""

    place: int
    key: bytes
    value: bytes | None
    headers: list[tuple[str, bytes]]
    size: int


def piece_of(place: int, message: Message) -> Piece:
    key = message.key.encode()
    headers = [(name, value.encode()) for name, value in message.headers.items()]
    size = sum([len(name) + len(value) + 10 for name, value in headers])  # names are ASCII: the envelope's and ours
    return Piece(place, key, message.value, headers, len(key) + len(message.value or b"") + size + 50)


class Sender:
    """One producer, made at the first send and made anew after a failed one.

    Batches of one partition wait for each other: had two been under way and the first been refused, the second would
    have overtaken it. Partitions go side by side.
    """

    def __init__(self, options: KafkaOptions) -> None:
        self._options = options
        self._producer: AIOKafkaProducer | None = None
        self._making = asyncio.Lock()
        self._batch: dict[str, int] = {}

    async def stop(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            await _shut(producer, self._options.patience)

    async def send(self, lanes: dict[TopicPartition, list[Piece]], results: list[Exception | None]) -> None:
        """Writes each piece's outcome to its place in `results`."""
        try:
            producer = await self._open()
        except BusUnavailable as error:
            for piece in (each for lane in lanes.values() for each in lane):
                results[piece.place] = error
            return
        sound = await asyncio.gather(*(self._send_lane(producer, tp, lane, results) for tp, lane in lanes.items()))
        if not all(sound) and self._producer is producer:
            # After a refusal its sequence numbers no longer fit the broker's.
            self._producer = None
            await _shut(producer, 1.0)

    async def _open(self) -> AIOKafkaProducer:
        async with self._making:
            if self._producer is None:
                producer = AIOKafkaProducer(
                    **self._options.connection(),
                    acks="all",
                    enable_idempotence=True,
                    linger_ms=0,
                    max_batch_size=LARGEST + BATCH,
                )
                try:
                    with in_our_words():
                        async with asyncio.timeout(self._options.patience):
                            await producer.start()
                except BaseException:
                    await _shut(producer, 1.0)
                    raise
                self._producer = producer
            return self._producer

    async def _send_lane(
        self, producer: AIOKafkaProducer, tp: TopicPartition, lane: Sequence[Piece], results: list[Exception | None]
    ) -> bool:
        """False once something was not sent; what comes after it in this partition is not tried."""
        failed: Exception | None = None
        for part in in_batches(lane, self._batch.get(tp.topic, BATCH)):
            if failed is None:
                failed = await self._send_batch(producer, tp, part)
                if isinstance(failed, MessageTooLarge):
                    results[part[0].place] = failed
                    failed = BusUnavailable("Kafka: 前面一条被拒收，请重发")
                    continue
            for piece in part:
                results[piece.place] = failed
        return failed is None

    async def _send_batch(
        self, producer: AIOKafkaProducer, tp: TopicPartition, part: Sequence[Piece]
    ) -> BusUnavailable | MessageTooLarge | None:
        batch = producer.create_batch()
        for piece in part:
            batch.append(timestamp=None, key=piece.key, value=piece.value, headers=piece.headers)
        batch.close()
        answer: asyncio.Future[object] | None = None
        try:
            async with asyncio.timeout(self._options.patience):
                answer = await producer.send_batch(batch, tp.topic, partition=tp.partition)
                await asyncio.wait({answer})
            if answer.cancelled():
                return BusUnavailable("Kafka: 连接已放弃")
            answer.result()
        except MessageSizeTooLargeError as error:
            if len(part) == 1:
                return MessageTooLarge(f"{tp.topic}: {part[0].size} 字节，{error}")
            # This topic takes less than our batch: go on with smaller ones.
            self._batch[tp.topic] = max(1, sum(piece.size for piece in part) // 2)
            return BusUnavailable(f"Kafka: {tp.topic} 收不下一批 {len(part)} 条，改用小批重发")
        except (KafkaError, OSError, TimeoutError) as error:
            return BusUnavailable(f"Kafka: {error!r}")
        finally:
            if answer is not None:
                answer.cancel()  # nobody reads it any more
        return None


def in_batches(lane: Sequence[Piece], limit: int) -> Iterator[list[Piece]]:
    """In order, each of at most `limit` bytes, or a single larger one."""
    part: list[Piece] = []
    size = 0
    for piece in lane:
        if part and size + piece.size > limit:
            yield part
            part, size = [], 0
        part.append(piece)
        size += piece.size
    if part:
        yield part


@lru_cache(maxsize=50_000)
def _hashed(key: bytes) -> int:
    return int(murmur2(key) & 0x7FFFFFFF)


def partition_of(key: bytes, count: int) -> int:
    """As Kafka's own clients place a key."""
    return _hashed(key) % count if count > 1 else 0


async def _shut(producer: AIOKafkaProducer, patience: float) -> None:
    """Sends what is still waiting for at most `patience` seconds, then gives it up.

    An idempotent producer tries for ever and would deliver long after the caller was told otherwise. Its public face
    has no end but success: so its sender is ended first, then the connections, then what waits is let go.
    """
    away = (KafkaError, OSError, TimeoutError)
    with contextlib.suppress(*away):
        async with asyncio.timeout(patience):
            await producer.flush()
    sending = producer._sender.sender_task
    if sending is not None and not sending.done():
        sending.cancel()
        with contextlib.suppress(*away):
            await producer.client.close()
        await _let_go(producer, sending)
    accumulator = producer._message_accumulator
    for batch in [*accumulator._pending_batches, *(each for lane in accumulator._batches.values() for each in lane)]:
        batch.future.cancel()
    with contextlib.suppress(*away):
        async with asyncio.timeout(5):
            await producer.stop()


async def _let_go(producer: AIOKafkaProducer, sending: "asyncio.Task[None]") -> None:
    """A request under way waits for news of the cluster that no longer come."""
    for _ in range(50):
        news = producer.client._md_update_fut
        if news is not None and not news.done():
            news.set_result(False)
        if (await asyncio.wait({sending}, timeout=0.1))[0]:
            return
    sending.cancel()
    await asyncio.wait({sending}, timeout=1)
