"""The Bus port: what the house asks of a log of partitioned topics, whichever engine carries it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import NamedTuple, Protocol


class TopicPartition(NamedTuple):
    topic: str
    partition: int


@dataclass(frozen=True, slots=True)
class TopicSpec:
    name: str
    partitions: int = 6
    compacted: bool = False
    retention: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """`value` None is a tombstone."""

    topic: str
    key: str
    value: bytes | None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Record:
    topic: str
    partition: int
    offset: int
    key: str
    value: bytes | None
    headers: Mapping[str, str]


class BusUnavailable(Exception):
    """The broker or the database is away: back off and try again."""


class UnknownTopic(Exception):
    """Nobody made this topic."""


class MessageTooLarge(Exception):
    """More than the engine takes; trying again won't help."""


Assigned = Callable[[list[TopicPartition]], Awaitable[Mapping[TopicPartition, int] | None]]
Revoked = Callable[[list[TopicPartition]], Awaitable[None]]


class Subscription(Protocol):
    async def start(self, on_assigned: Assigned, on_revoked: Revoked) -> None: ...
    async def poll(self, max_records: int, timeout: float) -> dict[TopicPartition, list[Record]]: ...
    async def commit(self, offsets: Mapping[TopicPartition, int]) -> None: ...
    async def seek(self, tp: TopicPartition, offset: int) -> None: ...
    async def pause(self, partitions: Sequence[TopicPartition]) -> None: ...
    async def resume(self, partitions: Sequence[TopicPartition]) -> None: ...
    async def lag(self) -> int: ...
    async def stop(self) -> None: ...


class Reader(Protocol):
    async def poll(self, timeout: float) -> list[Record]: ...
    async def caught_up(self) -> bool: ...
    async def stop(self) -> None: ...


class Bus(Protocol):
    name: str

    async def start(self) -> None: ...
    async def stop(self) -> None: ...
    async def ensure_topics(self, specs: Sequence[TopicSpec]) -> None: ...
    async def publish(self, messages: Sequence[Message]) -> list[Exception | None]: ...
    def subscribe(self, group: str, topics: Sequence[str], *, from_start: bool = True) -> Subscription: ...
    async def read_all(self, topic: str, start: Mapping[int, int] | None = None) -> Reader: ...
    async def end_offsets(self, topic: str) -> dict[int, int]: ...
    async def healthy(self) -> bool: ...
