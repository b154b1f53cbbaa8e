"""Apache Kafka under the Bus port, by the raw client: explicit offsets, order per partition, no broker transactions."""

from collections.abc import Collection, Mapping, Sequence

from aiokafka import TopicPartition

from services.kit.bus.kafka_admin import Desk
from services.kit.bus.kafka_group import KafkaSubscription
from services.kit.bus.kafka_options import KafkaOptions
from services.kit.bus.kafka_producer import LARGEST, Piece, Sender, partition_of, piece_of
from services.kit.bus.kafka_reader import KafkaReader
from services.kit.bus.port import BusUnavailable, Message, MessageTooLarge, TopicSpec, UnknownTopic

__all__ = ["KafkaBus", "KafkaOptions"]


class KafkaBus:
    name = "kafka"

    def __init__(self, options: KafkaOptions) -> None:
        self._options = options
        self._sender = Sender(options)
        self._desk = Desk(options)
        self._counts: dict[str, int] = {}

    async def start(self) -> None:
        """Connects at the first use: a broker that comes up later is no trouble."""

    async def stop(self) -> None:
        await self._sender.stop()
        await self._desk.stop()

    async def healthy(self) -> bool:
        try:
            await self._desk.answers()
        except BusUnavailable:
            return False
        return True

    async def ensure_topics(self, specs: Sequence[TopicSpec]) -> None:
        wanted = [spec for spec in specs if self._options.prefix + spec.name not in self._counts]
        if wanted:
            self._counts |= await self._desk.create(wanted)

    async def publish(self, messages: Sequence[Message]) -> list[Exception | None]:
        results: list[Exception | None] = [None] * len(messages)
        try:
            counts = await self._partitions_of({message.topic for message in messages})
        except BusUnavailable as error:
            return [error] * len(messages)
        lanes: dict[TopicPartition, list[Piece]] = {}
        for place, message in enumerate(messages):
            if message.topic not in counts:
                results[place] = UnknownTopic(message.topic)
                continue
            piece = piece_of(place, message)
            if piece.size > LARGEST:
                results[place] = MessageTooLarge(f"{message.topic}: {piece.size} 字节")
                continue
            number = partition_of(piece.key, counts[message.topic])
            lanes.setdefault(TopicPartition(self._options.prefix + message.topic, number), []).append(piece)
        if lanes:
            await self._sender.send(lanes, results)
            if any(isinstance(result, BusUnavailable) for result in results):
                # A broker that was set up anew has none of our topics: ask again before the next try.
                self._counts.clear()
        return results

    def subscribe(self, group: str, topics: Sequence[str], *, from_start: bool = True) -> KafkaSubscription:
        return KafkaSubscription(self._options, group, topics, from_start, self._partitions_of)

    async def read_all(self, topic: str, start: Mapping[int, int] | None = None) -> KafkaReader:
        reader = KafkaReader(self._options, topic, await self._count(topic))
        await reader.open(start or {})
        return reader

    async def end_offsets(self, topic: str) -> dict[int, int]:
        return await self._desk.ends(self._options.prefix + topic, await self._count(topic))

    async def _count(self, topic: str) -> int:
        known = await self._partitions_of([topic])
        if topic not in known:
            raise UnknownTopic(topic)
        return known[topic]

    async def _partitions_of(self, topics: Collection[str]) -> dict[str, int]:
        """How many each has, remembered; a topic that nobody made is absent."""
        names = {topic: self._options.prefix + topic for topic in topics}
        fresh = [name for name in names.values() if name not in self._counts]
        if fresh:
            self._counts |= await self._desk.partitions(fresh)
        return {topic: self._counts[name] for topic, name in names.items() if name in self._counts}
