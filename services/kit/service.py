"""A service as one thing to start, stop and ask: its HTTP app, its workers, and whether it is really working."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

from fastapi import FastAPI

from services.kit.auditor import Auditor
from services.kit.bus.port import Bus
from services.kit.consumer import Consumer
from services.kit.copies import Copy
from services.kit.db import Database
from services.kit.outbox import has_room
from services.kit.relay import Relay
from services.kit.timers import Sweeper
from services.kit.worker import Worker

ANSWER_SECONDS = 5.0  # a database that takes longer to say hello serves nobody


@dataclass(frozen=True, slots=True)
class Readiness:
    ready: bool
    problems: dict[str, str]


@dataclass(eq=False)
class Service:
    """`owns_copy` is False where several services of one process share one copy of the fabric."""

    name: str
    app: FastAPI
    db: Database
    bus: Bus
    copy: Copy[Any] | None = None
    workers: list[Worker] = field(default_factory=list)
    owns_copy: bool = True
    owns_bus: bool = True
    _open: AsyncExitStack = field(default_factory=AsyncExitStack)

    async def start(self) -> None:
        if self.owns_bus:
            await self.bus.start()
        await self._open.enter_async_context(self.app.router.lifespan_context(self.app))
        for worker in self._all():
            worker.start()

    async def stop(self) -> None:
        # At once: each finishes its own round, and none needs another for that.
        await asyncio.gather(*(worker.stop() for worker in self._all()))
        await self._open.aclose()
        if self.owns_bus:
            await self.bus.stop()
        await self.db.stop()

    async def readiness(self) -> Readiness:
        problems = {state.name: state.detail for worker in self._all() if not (state := worker.state()).ok}
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                await self.db.healthy()
                if self.db.full and not await has_room(self.db):
                    problems["database"] = "数据库的磁盘满了"
        except Exception as error:
            problems["database"] = f"数据库连不上：{type(error).__name__}"
        if self.copy is not None and not self.copy.caught_up:
            problems["fabric"] = "网格副本还没追上"
        return Readiness(not problems, problems)

    async def heartbeat(self) -> tuple[bool, str, int]:
        found = await self.readiness()
        current = None if self.copy is None else self.copy.current
        detail = "；".join(f"{name}: {why}" for name, why in found.problems.items())
        return found.ready, detail, 0 if current is None else current.version

    def relays(self) -> Sequence[Relay]:
        return [worker for worker in self.workers if isinstance(worker, Relay)]

    def consumers(self) -> Sequence[Consumer]:
        return [worker for worker in self.workers if isinstance(worker, Consumer)]

    def sweepers(self) -> Sequence[Sweeper]:
        return [worker for worker in self.workers if isinstance(worker, Sweeper)]

    def auditors(self) -> Sequence[Auditor]:
        return [worker for worker in self.workers if isinstance(worker, Auditor)]

    async def idle(self) -> bool:
        """Nothing to relay, to consume or to sweep at this moment."""
        for worker in self._all():
            if not await worker.idle():
                return False
        return True

    def _all(self) -> list[Worker]:
        copies: list[Worker] = [self.copy] if self.copy is not None and self.owns_copy else []
        return copies + self.workers
