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
# Nobody looks so closely when an old case goes, and to look for them takes a look at all.
SWEPT_EVERY = timedelta(minutes=10)


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
        self._swept: datetime | None = None

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
        if self._take(found, since):
            self.version += 1
        if self._swept is None or not timedelta(0) <= since - self._swept < SWEPT_EVERY:
            self._swept = since
            self._sweep(since)
        LIVE_CASES.set(len(self.cases))
        return False

    def _take(self, found: reading.Changes, since: datetime) -> bool:
        """Whether anything is new: what was read before comes again as long as an older transaction is open."""
        changed = False
        for case in found.cases:
            if _over(case, since):
                changed |= self.cases.pop(case.case_id, None) is not None
            elif self.cases.get(case.case_id) != case:
                self.cases[case.case_id] = case
                changed = True
        for whistle in found.whistles:
            if whistle.state in WHISTLE_ENDED:
                changed |= self.whistles.pop(whistle.whistle_id, None) is not None
            elif self.whistles.get(whistle.whistle_id) != whistle:
                self.whistles[whistle.whistle_id] = whistle
                changed = True
        return changed

    def _sweep(self, since: datetime) -> None:
        kept = {case_id: row for case_id, row in self.cases.items() if not _over(row, since)}
        if len(kept) < len(self.cases):
            self.cases = kept
            self.version += 1


def _over(case: CaseRow, since: datetime) -> bool:
    return case.closed_at is not None and case.closed_at < since
