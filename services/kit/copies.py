"""A process's own copy of a compacted topic, swapped whole when a manifest says that everything is there."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Generic, Protocol, TypeVar

import structlog

from services.kit.bus.port import Bus, Reader, Record
from services.kit.contracts.topics import HOUSE
from services.kit.worker import Worker

log = structlog.get_logger()


class Snapshot(Protocol):
    @property
    def version(self) -> int: ...


T = TypeVar("T", bound=Snapshot)


class Copy(Worker, Generic[T]):
    """`complete(entries)` says which version the entries make up in full, or None while some are still to come;
    `build` makes the snapshot (in a thread: answers go on meanwhile). `seen` turns it into what `current` answers at this
    moment: what was published for a later day begins without a publication.

    Ready only when the end of the topic seen at start has been reached, so that an old version is never served first.
    An entry with a lower `ce_sequence` than the one held is an old one that came late, and loses.
    """

    stuck_after = 300.0

    def __init__(
        self,
        service: str,
        bus: Bus,
        topic: str,
        complete: Callable[[Mapping[str, bytes]], int | None],
        build: Callable[[Mapping[str, bytes], T | None], T],
        seen: Callable[[T], T] = lambda snapshot: snapshot,
    ) -> None:
        super().__init__(f"{service}.fabric", timedelta(milliseconds=10))
        self._held: T | None = None
        self.caught_up = False
        self._bus = bus
        self._topic = topic
        self._complete = complete
        self._build = build
        self._seen = seen
        self._entries: dict[str, bytes] = {}
        self._sequences: dict[str, int] = {}
        self._changed = False  # since the last swap: a build that failed is tried again
        self._reader: Reader | None = None
        self._swapped = asyncio.Condition()
        self._listeners: list[Callable[[], None]] = []
        self._building = asyncio.Lock()

    @property
    def current(self) -> T | None:
        """None before the first one."""
        return None if self._held is None else self._seen(self._held)

    def on_swap(self, call: Callable[[], None]) -> None:
        self._listeners.append(call)

    async def open(self) -> None:
        await self._bus.ensure_topics(HOUSE)
        self._reader = await self._bus.read_all(self._topic)

    async def close(self) -> None:
        reader, self._reader = self._reader, None
        if reader is not None:
            await reader.stop()

    async def turn(self) -> bool:
        assert self._reader is not None
        records = await self._reader.poll(timeout=0.5)
        for record in records:
            self._changed = self._take(record.key, record.value, _sequence(record)) or self._changed
        reached = await self._reader.caught_up()
        if reached and (self._changed or not self.caught_up):
            await self._swap()
            self._changed = False
        self.caught_up = self.caught_up or reached
        return True

    async def idle(self) -> bool:
        return self.caught_up

    async def offer(self, changed: Mapping[str, bytes | None], sequences: Mapping[str, int] | None = None) -> None:
        """Entries that this process has just committed itself: its own next read sees them without the round trip.
        `sequences` are those of their events, so that what the topic still brings of earlier ones does not undo them."""
        for key, value in changed.items():
            self._take(key, value, (sequences or {}).get(key))
        await self._swap()

    async def wait_for(self, version: int, timeout: float) -> bool:
        """True once this copy is at `version` or later."""
        try:
            async with asyncio.timeout(timeout), self._swapped:
                await self._swapped.wait_for(lambda: self._held is not None and self._held.version >= version)
        except TimeoutError:
            return False
        return True

    def _take(self, key: str, value: bytes | None, sequence: int | None) -> bool:
        """Whether it was news."""
        if sequence is not None:
            if sequence <= self._sequences.get(key, 0):
                return False
            self._sequences[key] = sequence
        if value is None:
            self._entries.pop(key, None)
        else:
            self._entries[key] = value
        return True

    async def _swap(self) -> None:
        async with self._building:
            version = self._complete(self._entries)
            if version is None or (self._held is not None and version <= self._held.version):
                return
            snapshot = await asyncio.to_thread(self._build, dict(self._entries), self._held)
        async with self._swapped:
            if self._held is None or snapshot.version > self._held.version:
                self._held = snapshot
                log.info("fabric.swapped", copy=self.name, version=snapshot.version)
            self._swapped.notify_all()
        for call in self._listeners:
            call()


def _sequence(record: Record) -> int | None:
    told = record.headers.get("ce_sequence", "")
    return int(told) if told.isdecimal() else None
