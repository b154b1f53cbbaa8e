"""A process's own copy of a compacted topic, swapped whole when a manifest says that everything is there."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Generic, Protocol, TypeVar

import structlog

from services.kit.bus.port import Bus, Reader, Record
from services.kit.contracts.topics import HOUSE
from services.kit.worker import Worker

log = structlog.get_logger()
# Parts of an old snapshot let go between two breaths of the interpreter's lock.
_AT_ONCE = 32


class Snapshot(Protocol):
    @property
    def version(self) -> int: ...


T = TypeVar("T", bound=Snapshot)


class Copy(Worker, Generic[T]):
    """`complete(entries)` says which version the entries make up in full, or None while some are still to come;
    `build` makes the snapshot (in a thread: answers go on meanwhile). `seen` turns it into what `current` answers at this
    moment: what was published for a later day begins without a publication.

    What `spend(entries, snapshot)` gives is held from then on in place of the entries of those keys: of what the snapshot
    has in a better form a hash may do, as long as `complete` and `build` with that snapshot as the one before can go on.
    `parts` are what the snapshot before was made of: they are let go one after the other, for to free a city's map in one
    go holds every answer back.

    Ready only when the end of the topic seen at start has been reached, so that an old version is never served first.
    An entry with a lower `ce_sequence` than the one held is an old one that came late, and loses.
    """

    stuck_after = 300.0
    patience = 0.5  # as a consumer's

    def __init__(
        self,
        service: str,
        bus: Bus,
        topic: str,
        complete: Callable[[Mapping[str, bytes]], int | None],
        build: Callable[[Mapping[str, bytes], T | None], T],
        seen: Callable[[T], T] = lambda snapshot: snapshot,
        spend: Callable[[Mapping[str, bytes], T], Mapping[str, bytes]] = lambda entries, snapshot: {},
        parts: Callable[[T], list[Any]] = lambda snapshot: [],
    ) -> None:
        super().__init__(f"{service}.fabric", timedelta(milliseconds=10))
        self._held: T | None = None
        self.caught_up = False
        self._bus = bus
        self._topic = topic
        self._complete = complete
        self._build = build
        self._spend = spend
        self._parts = parts
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
        records = await self._reader.poll(timeout=self.patience)
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
            entries = dict(self._entries)
            made = await asyncio.to_thread(self._make, entries, self._held)
            if made is None:
                return
            old = [] if self._held is None else self._parts(self._held)
            async with self._swapped:
                self._held, spent = made
                log.info("fabric.swapped", copy=self.name, version=self._held.version)
                self._swapped.notify_all()
            for key, value in spent.items():
                if self._entries.get(key) is entries[key]:
                    self._entries[key] = value
            old += [entries[key] for key in spent]
            del made, entries
        for call in self._listeners:
            call()
        await asyncio.to_thread(_let_go, old)

    def _make(self, entries: Mapping[str, bytes], before: T | None) -> tuple[T, Mapping[str, bytes]] | None:
        """None while the entries make up no later version than the one before. Runs in a thread."""
        version = self._complete(entries)
        if version is None or (before is not None and version <= before.version):
            return None
        snapshot = self._build(entries, before)
        return snapshot, self._spend(entries, snapshot)


def _let_go(parts: list[Any]) -> None:
    while parts:
        del parts[-_AT_ONCE:]


def _sequence(record: Record) -> int | None:
    told = record.headers.get("ce_sequence", "")
    return int(told) if told.isdecimal() else None
