"""The merged fabric as this process last worked it out: anew only where something has changed, in a thread, one at a
time, and told how far it is."""

import asyncio
import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime

from services.fabric.snapshot import Fabric
from services.grids.domain.cells import Arrangement, arrange
from services.grids.errors import still_arranging

Overlays = tuple[str, ...] | None
# How many choices of overlays are remembered.
_KEPT = 4


@dataclass(slots=True)
class Progress:
    """`done` of `of` grids have been cut, for `version`."""

    version: int = 0
    done: int = 0
    of: int = 0


@dataclass(frozen=True, slots=True)
class _Known:
    asked: tuple[int, int]
    arrangement: Arrangement


class _Halted(Exception):
    """Nobody waits for it any more: the process is ending."""


class Arranger:
    def __init__(self, patience: float) -> None:
        """`patience`: seconds that an answer waits before it tells how far the work is; the work goes on."""
        self.progress = Progress()
        self._patience = patience
        self._known: OrderedDict[Overlays, _Known] = OrderedDict()
        self._running: dict[tuple[tuple[int, int], Overlays], asyncio.Task[Arrangement]] = {}
        self._turn = asyncio.Lock()

    async def get(self, fabric: Fabric, at: datetime, overlays: Overlays = None) -> Arrangement:
        """Raises StillArranging when it takes longer than one wants to wait."""
        asked = fabric.version, fabric.era(at)
        known = self._known.get(overlays)
        if known is not None and known.asked == asked:
            return known.arrangement
        task = self._running.get((asked, overlays))
        if task is None:
            task = asyncio.create_task(self._arrange(fabric, at, overlays, asked))
            self._running[asked, overlays] = task
            task.add_done_callback(lambda _: self._running.pop((asked, overlays), None))
        done, _ = await asyncio.wait([task], timeout=self._patience)
        if not done:
            raise still_arranging(self.progress.done, self.progress.of)
        return task.result()

    async def _arrange(self, fabric: Fabric, at: datetime, overlays: Overlays, asked: tuple[int, int]) -> Arrangement:
        halt = threading.Event()

        def tell(done: int, of: int) -> None:
            if halt.is_set():
                raise _Halted
            self.progress = Progress(fabric.version, done, of)

        async with self._turn:
            known = self._known.get(overlays)
            before = known.arrangement if known is not None else None
            try:
                made = await asyncio.to_thread(arrange, fabric, at, overlays, before, tell)
            finally:
                halt.set()
            self._known[overlays] = _Known(asked, made)
            self._known.move_to_end(overlays)
            while len(self._known) > _KEPT:
                self._known.popitem(last=False)
        return made
