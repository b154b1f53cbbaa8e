"""Orders that came before there was any fabric are judged as soon as there is one; those of sandboxes go their way."""

from datetime import timedelta

from services.fabric.snapshot import Fabric
from services.intake import metrics
from services.intake.learner import Learner
from services.intake.repository import reading
from services.intake.sealing import Sealer
from services.intake.usecases import sandboxes
from services.intake.usecases.waiting import BATCH, accept_waiting
from services.kit.clock import Clock
from services.kit.copies import Copy
from services.kit.db import Database
from services.kit.outbox import Outbox
from services.kit.worker import Worker


class Judge(Worker):
    """Woken by each swap of the fabric, and by an order that was committed without one; looks by itself now and then,
    for another process may have died with orders in hand."""

    def __init__(
        self,
        db: Database,
        outbox: Outbox,
        sealer: Sealer,
        clock: Clock,
        copy: Copy[Fabric],
        learner: Learner,
    ) -> None:
        super().__init__("intake.judge", timedelta(seconds=5))
        self._db = db
        self._outbox = outbox
        self._sealer = sealer
        self._clock = clock
        self._copy = copy
        self._learner = learner

    async def turn(self) -> bool:
        fabric = self._usable()
        if fabric is None:
            await self._count()
            return False
        async with self._db.transaction() as tx:
            judged = await accept_waiting(
                tx, self._outbox, self._sealer, fabric, self._clock.now(), self._learner.current
            )
        if judged:
            await self._count()
        return judged == BATCH

    async def idle(self) -> bool:
        """Without a fabric there is nothing that could be done."""
        return self._usable() is None or await self._count() == 0

    def _usable(self) -> Fabric | None:
        fabric = self._copy.current
        return None if fabric is None or fabric.empty else fabric

    async def _count(self) -> int:
        async with self._db.reading() as tx:
            waiting = await reading.count_waiting(tx)
        metrics.WAITING.set(waiting)
        return waiting


class Sandbox(Worker):
    """Plays the case of every order of a sandbox: dispatched, resolved, closed, a step at a time."""

    def __init__(self, db: Database, outbox: Outbox, clock: Clock) -> None:
        super().__init__("intake.sandbox", timedelta(seconds=1))
        self._db = db
        self._outbox = outbox
        self._clock = clock

    async def turn(self) -> bool:
        async with self._db.transaction() as tx:
            return await sandboxes.go_on(tx, self._outbox, self._clock.now()) == sandboxes.BATCH

    async def idle(self) -> bool:
        async with self._db.reading() as tx:
            return not await sandboxes.due(tx, self._clock.now())
