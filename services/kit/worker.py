"""Background work that survives trouble: runs in rounds, backs off while the infrastructure is away, tells the truth."""

import asyncio
import contextlib
import time
from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import timedelta

import structlog

from services.kit.faults import is_infrastructure

log = structlog.get_logger()
STUCK_AFTER = 30.0
FIRST_PAUSE = 0.1
LONGEST_PAUSE = 5.0


@dataclass(frozen=True, slots=True)
class WorkerState:
    name: str
    ok: bool
    detail: str = ""


class Worker(ABC):
    """`turn` does one round and says whether there may be more at once; `wake` starts a round before `every` is over.

    Rounds begin at least `pace` seconds apart: under load each carries what has come together meanwhile, and whoever
    comes alone is served at once. A worker that is inside one round for more than `stuck_after` seconds, or whose last round failed, is not ok.
    """

    stuck_after: float = STUCK_AFTER
    pace: float = 0.0

    def __init__(self, name: str, every: timedelta) -> None:
        self.name = name
        self._every = every.total_seconds()
        self._wake = asyncio.Event()
        self._stopping = False
        self._error: str | None = None
        self._turn_since: float | None = None
        self._halt = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @abstractmethod
    async def turn(self) -> bool: ...

    async def open(self) -> None:
        """Before the first round, and again after trouble."""

    async def close(self) -> None:
        """After the last round, and after trouble; must not raise for a server that is away."""

    async def idle(self) -> bool:
        """Nothing left to do right now; tests and a moved clock wait for it."""
        return True

    def wake(self) -> None:
        self._wake.set()

    def start(self) -> None:
        self._stopping = False
        self._halt.clear()
        self._task = asyncio.create_task(self._run(), name=self.name)

    async def stop(self) -> None:
        self._stopping = True
        self._halt.set()
        self.wake()
        if self._task is not None:
            done, _ = await asyncio.wait({self._task}, timeout=10)
            if not done:
                self._task.cancel()
                await asyncio.wait({self._task}, timeout=5)
            self._task = None

    def state(self) -> WorkerState:
        if self._task is None or self._task.done():
            return WorkerState(self.name, False, "没有在运行")
        if self._error is not None:
            return WorkerState(self.name, False, self._error)
        if self._turn_since is not None and time.monotonic() - self._turn_since > self.stuck_after:
            return WorkerState(self.name, False, f"卡住 {time.monotonic() - self._turn_since:.0f} 秒")
        return WorkerState(self.name, True)

    async def _run(self) -> None:
        pause = FIRST_PAUSE
        opened = False
        try:
            while not self._stopping:
                try:
                    self._turn_since = began = time.monotonic()
                    if not opened:
                        await self.open()
                        opened = True
                    more = await self.turn()
                    self._error, self._turn_since, pause = None, None, FIRST_PAUSE
                    if not more:
                        await self._rest(self._wake, self._every)
                    if (early := began + self.pace - time.monotonic()) > 0:
                        await self._rest(self._halt, early)
                    if not more:
                        self._wake.clear()
                except Exception as error:  # the supervisor of a worker: whatever it was, say it and go on
                    self._trouble(error)
                    await self._shut()
                    opened = False
                    # Not cut short by `wake`: whoever commits all the time would have us knock all the time.
                    await self._rest(self._halt, pause)
                    pause = min(pause * 2, LONGEST_PAUSE)
        finally:
            await self._shut()

    def _trouble(self, error: Exception) -> None:
        self._error = f"{type(error).__name__}: {error}"[:300]
        self._turn_since = None
        report = log.warning if is_infrastructure(error) else log.exception
        report("worker.failed", worker=self.name, error=self._error)

    async def _rest(self, signal: asyncio.Event, seconds: float) -> None:
        if self._stopping:
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await signal.wait()

    async def _shut(self) -> None:
        try:
            await self.close()
        except Exception as error:  # closing towards a dead server
            log.info("worker.close_failed", worker=self.name, error=str(error))
