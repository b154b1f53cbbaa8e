"""What is kept no longer: feeds as long as the units' topics, the rest as long as a case may still speak."""

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import text

from services.kit.contracts.topics import QUARTER, YEAR
from services.kit.db import Database
from services.kit.worker import Worker

AT_ONCE = 5000
# (table, which rows, how long), on real time as their columns are.
KEPT: tuple[tuple[str, str, timedelta], ...] = (
    ("feed", "created_at < :before", QUARTER),
    ("delivery", "finished_at < :before", QUARTER),
    ("early", "created_at < :before", QUARTER),
    ("matter", "changed_at < :before", 2 * YEAR),
    ("origin", "changed_at < :before", 2 * YEAR),
)


class Housekeeping(Worker):
    """Some rows of each table a round, so that no lock is held long."""

    def __init__(self, db: Database, real: Callable[[], datetime], every: timedelta = timedelta(hours=1)) -> None:
        super().__init__("notify.housekeeping", every)
        self._db = db
        self._real = real
        self._pause = every
        self._next = real()

    async def turn(self) -> bool:
        if self._real() < self._next:
            return False  # woken before its time, as everybody is when business time moves
        full = False
        for table, condition, kept in KEPT:
            statement = text(
                f"DELETE FROM {table} WHERE ctid = ANY(ARRAY(SELECT ctid FROM {table} WHERE {condition} LIMIT {AT_ONCE}))"
            )
            async with self._db.transaction() as tx:
                gone = await tx.execute(statement, {"before": self._real() - kept})
            full = full or gone.rowcount == AT_ONCE
        self._next = self._real() + (timedelta(0) if full else self._pause)
        return full
