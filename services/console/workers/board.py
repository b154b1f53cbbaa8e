"""What the screens show, kept in memory: open cases, those closed in the last days, whistles not yet over.

One copy a process, however many people look. It is woken by the consumer, and looks by itself for what the consumer of
another process took in.
"""

from datetime import datetime, timedelta

from services.console.metrics import LIVE_CASES
from services.console.models import WHISTLE_ENDED, CaseRow, WhistleRow
from services.console.repository import reading, writing
from services.kit.clock import Clock
from services.kit.db import Database
from services.kit.worker import Worker

KEPT_AFTER_CLOSING = timedelta(days=3)


class Board(Worker):
    """`version` rises with every change; a row is the same object as long as it has not changed."""

    pace = 0.25  # batches follow each other faster than anybody can look

    def __init__(self, db: Database, clock: Clock, every: timedelta = timedelta(seconds=1)) -> None:
        super().__init__("console.board", every)
        self.version = 0
        self.cases: dict[str, CaseRow] = {}
        self.whistles: dict[str, WhistleRow] = {}
        self._db = db
        self._clock = clock
        self._horizon: str | None = None
        self._building: int | None = None

    async def turn(self) -> bool:
        since = self._clock.now() - KEPT_AFTER_CLOSING
        async with self._db.reading() as tx:
            building = await writing.building(tx)
            if building != self._building:
                self._horizon = None
            found = await reading.changes(tx, self._horizon, since)
        if self._horizon is None:
            self.cases, self.whistles = {}, {}
            self.version += 1
        self._building, self._horizon = building, found.horizon
        if self._take(found):
            self.version += 1
            self._drop_old(since)
        LIVE_CASES.set(len(self.cases))
        return False

    def _take(self, found: reading.Changes) -> bool:
        """Whether anything is new: what was read before comes again as long as an older transaction is open."""
        fresh = [row for row in found.cases if self.cases.get(row.case_id) != row]
        blown = [row for row in found.whistles if self.whistles.get(row.whistle_id) != row]
        self.cases.update((row.case_id, row) for row in fresh)
        self.whistles.update((row.whistle_id, row) for row in blown)
        return bool(fresh or blown)

    def _drop_old(self, since: datetime) -> None:
        self.cases = {
            case_id: row for case_id, row in self.cases.items() if row.closed_at is None or row.closed_at >= since
        }
        self.whistles = {key: row for key, row in self.whistles.items() if row.state not in WHISTLE_ENDED}
