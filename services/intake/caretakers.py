"""Workers that look after personal data at rest: sealed with the current key, and gone when its time is over."""

from datetime import timedelta

from services.intake.domain.keeping import Keeping
from services.intake.repository.resealing import SHELVES
from services.intake.sealing import Sealer
from services.intake.usecases.erasing import erase_due, nothing_due
from services.intake.usecases.resealing import BATCH, Unopened, keys_wrong, reseal
from services.kit.clock import Clock
from services.kit.db import Database
from services.kit.outbox import Outbox
from services.kit.worker import Worker, WorkerState


class Resealer(Worker):
    """Not ok while rows rest under a key that this process does not hold: it could not show them to anybody."""

    def __init__(self, db: Database, sealer: Sealer) -> None:
        super().__init__("intake.resealer", timedelta(minutes=10))
        self._db = db
        self._sealer = sealer
        self._unopened: Unopened = {}
        self._wrong: str | None = None

    async def turn(self) -> bool:
        async with self._db.reading() as tx:
            self._wrong = await keys_wrong(tx, self._sealer)
        more = False
        for shelf in SHELVES:
            async with self._db.transaction() as tx:
                more = await reseal(tx, self._sealer, shelf, self._unopened) == BATCH or more
        return more

    def state(self) -> WorkerState:
        known = super().state()
        return WorkerState(self.name, False, self._wrong) if known.ok and self._wrong else known


class Eraser(Worker):
    """Deletes what has had its time, a batch a round; what is held by law, or still being worked on, stays."""

    def __init__(self, db: Database, outbox: Outbox, clock: Clock, keeping: Keeping) -> None:
        super().__init__("intake.eraser", timedelta(minutes=10))
        self._db = db
        self._outbox = outbox
        self._clock = clock
        self._keeping = keeping

    async def turn(self) -> bool:
        async with self._db.transaction() as tx:
            return await erase_due(tx, self._outbox, self._keeping, self._clock.now())

    async def idle(self) -> bool:
        async with self._db.reading() as tx:
            return await nothing_due(tx, self._keeping, self._clock.now())
