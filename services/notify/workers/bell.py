"""Wakes those who wait for a unit's next event: at once for this process's own commits, by a shared look for others'."""

import asyncio
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from services.kit.db import Database
from services.kit.worker import Worker
from services.notify import metrics
from services.notify.repository import feed


class Bell(Worker):
    """However many wait, one statement a second asks for all of them."""

    def __init__(self, db: Database) -> None:
        super().__init__("notify.bell", timedelta(seconds=1))
        self._db = db
        self._waiting: dict[str, set[asyncio.Event]] = {}
        self._seen: dict[str, int] = {}
        self.closed = False

    @contextmanager
    def listening(self, unit: str) -> Iterator[asyncio.Event]:
        """An event that is set when something may have come for this unit. Clear it, look, then wait."""
        heard = asyncio.Event()
        self._waiting.setdefault(unit, set()).add(heard)
        metrics.READERS.inc()
        try:
            yield heard
        finally:
            metrics.READERS.dec()
            others = self._waiting[unit]
            others.discard(heard)
            if not others:
                del self._waiting[unit]
                self._seen.pop(unit, None)

    def listeners(self, unit: str) -> int:
        return len(self._waiting.get(unit, ()))

    def ring(self, units: Iterable[str]) -> None:
        for unit in units:
            for heard in self._waiting.get(unit, ()):
                heard.set()

    async def turn(self) -> bool:
        units = sorted(self._waiting)
        if units:
            async with self._db.reading() as tx:
                positions = await feed.heads(tx, units)
            self.ring(unit for unit, position in positions.items() if self._seen.get(unit) != position)
            self._seen.update({unit: at for unit, at in positions.items() if unit in self._waiting})
        return False

    async def stop(self) -> None:
        """Readers end first, so that the server can stop."""
        self.closed = True
        self.ring(list(self._waiting))
        await super().stop()
