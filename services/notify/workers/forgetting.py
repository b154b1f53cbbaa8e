"""Old rows deleted, some of each table a round, so that no lock is held long."""

from collections.abc import Callable
from datetime import datetime, timedelta

from services.kit.db import Database
from services.kit.worker import Worker
from services.notify.repository.forgetting import AT_ONCE, KEPT, forget


class Forgetting(Worker):
    """On real time: woken before its time, as everybody is when business time moves, it does nothing."""

    def __init__(self, db: Database, real: Callable[[], datetime], every: timedelta = timedelta(hours=1)) -> None:
        super().__init__("notify.forgetting", every)
        self._db = db
        self._real = real
        self._pause = every
        self._next = real()

    async def turn(self) -> bool:
        if self._real() < self._next:
            return False
        full = False
        for table, condition, kept in KEPT:
            async with self._db.transaction() as tx:
                full |= await forget(tx, table, condition, self._real() - kept) == AT_ONCE
        self._next = self._real() + (timedelta(0) if full else self._pause)
        return full
