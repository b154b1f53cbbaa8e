"""Sending: idempotent, acks=all, whole batches per partition one after the other; nothing overtakes what failed."""

import asyncio
import contextlib
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import structlog
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError, MessageSizeTooLargeError
from aiokafka.partitioner import murmur2
from aiokafka.producer.message_accumulator import BatchBuilder

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
        rest = {tp: deque(in_batches(lane, self._batch.get(tp.topic, BATCH))) for tp, lane in lanes.items()}
        sound = True
        while rest:
            firsts = {tp: parts.popleft() for tp, parts in rest.items()}
            failures = await self._send_batches(producer, firsts)
            sound = sound and not failures
            for tp, failure in failures.items():
                _give_up(firsts[tp], rest.pop(tp), failure, results)
            rest = {tp: parts for tp, parts in rest.items() if parts}
        if not sound and self._producer is producer:
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
                producer._message_accumulator._pending_batches = _Underway()
                self._producer = producer
            return self._producer

    async def _send_batches(
        self, producer: AIOKafkaProducer, parts: Mapping[TopicPartition, Sequence[Piece]]
    ) -> dict[TopicPartition, BusUnavailable | MessageTooLarge]:
        """One batch for each partition, all under way together; those that failed."""
        answers: dict[TopicPartition, asyncio.Future[object]] = {}
        failures: dict[TopicPartition, BusUnavailable | MessageTooLarge] = {}
        try:
            async with asyncio.timeout(self._options.patience):
                for tp, part in parts.items():
                    try:
                        answers[tp] = await producer.send_batch(
                            _packed(producer, part), tp.topic, partition=tp.partition
                        )
                    except (KafkaError, OSError) as error:
                        failures[tp] = BusUnavailable(f"Kafka: {error!r}")
                if answers:
                    await asyncio.wait(answers.values())
        except TimeoutError:
            pass  # whatever has no answer by now failed
        finally:
            late = [tp for tp in parts if tp not in failures and not (tp in answers and answers[tp].done())]
            for answer in answers.values():
                answer.cancel()  # nobody reads it any more
        for tp in late:
            failures[tp] = BusUnavailable(f"Kafka: {tp.topic} 没有回音")
        for tp, answer in answers.items():
            if tp not in failures and (refused := self._refusal(tp, parts[tp], answer)) is not None:
                failures[tp] = refused
        return failures

    def _refusal(
        self, tp: TopicPartition, part: Sequence[Piece], answer: "asyncio.Future[object]"
    ) -> BusUnavailable | MessageTooLarge | None:
        if answer.cancelled():
            return BusUnavailable("Kafka: 连接已放弃")
        error = answer.exception()
        if error is None:
            return None
        if not isinstance(error, MessageSizeTooLargeError):
            return BusUnavailable(f"Kafka: {error!r}")
        if len(part) == 1:
            return MessageTooLarge(f"{tp.topic}: {part[0].size} 字节，{error}")
        # This topic takes less than our batch: go on with smaller ones.
        self._batch[tp.topic] = max(1, sum(piece.size for piece in part) // 2)
        return BusUnavailable(f"Kafka: {tp.topic} 收不下一批 {len(part)} 条，改用小批重发")


def _packed(producer: AIOKafkaProducer, part: Sequence[Piece]) -> BatchBuilder:
    batch = producer.create_batch()
    for piece in part:
        batch.append(timestamp=None, key=piece.key, value=piece.value, headers=piece.headers)
    batch.close()
    return batch


def _give_up(
    first: Sequence[Piece],
    rest: Iterable[Sequence[Piece]],
    failure: BusUnavailable | MessageTooLarge,
    results: list[Exception | None],
) -> None:
    """What comes after a batch that was not sent is not tried."""
    for piece in first:
        results[piece.place] = failure
    if isinstance(failure, MessageTooLarge):
        failure = BusUnavailable("Kafka: 前面一条被拒收，请重发")
    for part in rest:
        for piece in part:
            results[piece.place] = failure


class _Underway(set[Any]):
    """The client's own set raises, in a callback, for a batch that is given up while it waits to be tried again."""

    def remove(self, batch: Any) -> None:
        self.discard(batch)


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
