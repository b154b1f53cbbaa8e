"""`POST /dev/clock`: moves business time through every due moment in order, letting all that follows drain."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from services.kit.clock import Clock
from services.kit.service import Service

QUIET_ROUNDS = 2


class MovableClock(Clock, Protocol):
    def move_to(self, at: datetime) -> None: ...


class DevClock:
    """`advance` is serialised; `moved` is told of every step, so that the offset can survive a crash half way."""

    def __init__(self, clock: MovableClock, services: Sequence[Service], moved: Callable[[], None]) -> None:
        self._clock = clock
        self._services = services
        self._moved = moved
        self._one_at_a_time = asyncio.Lock()

    def now(self) -> datetime:
        return self._clock.now()

    async def advance(self, by: timedelta) -> datetime:
        """Returns the new now. Every timer due on the way fires at its own moment, most overdue first."""
        async with self._one_at_a_time:
            target = self._clock.now() + by
            await self.drain()
            while (due := await self._next_due()) is not None and due <= target:
                self._move_to(due)
                await self.drain()
            self._move_to(target)
            await self.drain()
            return self._clock.now()

    async def drain(self, timeout: float = 120.0) -> None:
        """Until every service says twice in a row that it has nothing left to do."""
        async with asyncio.timeout(timeout):
            quiet = 0
            while quiet < QUIET_ROUNDS:
                for service in self._services:
                    for worker in service.workers:
                        worker.wake()
                idle = [await service.idle() for service in self._services]
                quiet = quiet + 1 if all(idle) else 0
                await asyncio.sleep(0.02)

    def _move_to(self, at: datetime) -> None:
        self._clock.move_to(at)
        self._moved()

    async def _next_due(self) -> datetime | None:
        dues = [await sweeper.next_due() for service in self._services for sweeper in service.sweepers()]
        return min((due for due in dues if due is not None), default=None)


def write_offset(file: Path, offset: timedelta) -> None:
    """Old or new, never half of it: whoever is killed here starts again from it."""
    fresh = file.with_name(file.name + ".new")
    fresh.write_text(str(offset.total_seconds()))
    fresh.replace(file)


def read_offset(file: Path) -> timedelta:
    return timedelta(seconds=float(file.read_text())) if file.exists() else timedelta(0)
