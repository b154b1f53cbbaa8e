"""The Bus port: what the house asks of a log of partitioned topics, whichever engine carries it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
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


class Message(NamedTuple):
    """`value` None is a tombstone."""

    topic: str
    key: str
    value: bytes | None
    headers: Mapping[str, str] = MappingProxyType({})


class Record(NamedTuple):
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
    """One member of a consumer group. Every call may raise BusUnavailable: stop it then and start another later."""

    async def start(self, on_assigned: Assigned, on_revoked: Revoked) -> None:
        """UnknownTopic if one isn't there. Both callbacks are awaited, from inside `start`, `poll` or `stop`, or (Kafka's
        `on_revoked`) from the client's own task; what they raise comes out of the next `start`, `poll` or `stop`.

        `on_assigned` returns the offsets to start from and so overrides the group's committed ones; without either,
        reading begins at the start or end of the log, as `subscribe` was told. `on_revoked` is awaited before the
        partitions are given up, and what the last `poll` gave is finished before that (the next `poll` says so).
        """
        ...

    async def poll(self, max_records: int, timeout: float) -> dict[TopicPartition, list[Record]]:
        """What is there, in order per partition, at most `max_records`; waits up to `timeout` real seconds for some.

        Also the member's sign of life: partitions come and go here.
        """
        ...

    async def commit(self, offsets: Mapping[TopicPartition, int]) -> None:
        """The next offset to read, of each. For a partition that has gone to another member nothing is committed."""
        ...

    async def seek(self, tp: TopicPartition, offset: int) -> None:
        """Nothing happens for a partition that isn't held; the same goes for `pause` and `resume`."""
        ...

    async def pause(self, partitions: Sequence[TopicPartition]) -> None: ...
    async def resume(self, partitions: Sequence[TopicPartition]) -> None: ...

    async def lag(self) -> int:
        """Offsets between the positions and the ends of the partitions held."""
        ...

    async def stop(self) -> None:
        """Leaves the group at once; never raises for a server that is away."""
        ...


class Reader(Protocol):
    """Every record of a topic, with no group: each process reads its own copy."""

    async def poll(self, timeout: float) -> list[Record]:
        """In order per partition; empty after `timeout` real seconds without any. BusUnavailable."""
        ...

    async def caught_up(self) -> bool:
        """Whether the end that was seen when the reader was made has been reached."""
        ...

    async def stop(self) -> None: ...


class Bus(Protocol):
    name: str

    async def start(self) -> None:
        """Doesn't need the server: the first use connects."""
        ...

    async def stop(self) -> None: ...

    async def ensure_topics(self, specs: Sequence[TopicSpec]) -> None:
        """Makes those that are missing; may be called by many at once. BusUnavailable."""
        ...

    async def publish(self, messages: Sequence[Message]) -> list[Exception | None]:
        """One outcome for each, in order: None once it is safely stored; MessageTooLarge and UnknownTopic concern that
        message alone and are final; after a BusUnavailable no later message of the same partition was sent, so that
        nothing overtakes. A message reported as failed may still have been stored: readers drop doubles.
        """
        ...

    def subscribe(self, group: str, topics: Sequence[str], *, from_start: bool = True) -> Subscription: ...

    async def read_all(self, topic: str, start: Mapping[int, int] | None = None) -> Reader:
        """From the beginning, or from `start`: partition → offset. UnknownTopic, BusUnavailable."""
        ...

    async def end_offsets(self, topic: str) -> dict[int, int]:
        """partition → the offset that the next message will get. UnknownTopic, BusUnavailable."""
        ...

    async def healthy(self) -> bool: ...
