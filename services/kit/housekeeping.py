"""Keeps the kernel's tables small: dated outbox partitions made ahead and dropped whole, what nobody needs deleted.

Partitions go by real days in UTC, as `created_at` does; timers by business time, as their deadlines do.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog
from asyncpg import PostgresError
from sqlalchemy import text

from services.kit import outbox_parts
from services.kit.bus.pglog import PgLogBus
from services.kit.bus.port import Bus
from services.kit.clock import Clock, real_now
from services.kit.contracts.topics import HOUSE
from services.kit.db import Database, Tx
from services.kit.faults import is_lock_timeout
from services.kit.worker import Worker

log = structlog.get_logger()
AHEAD = 3  # days
SLICE = 5000  # rows in one transaction
# After its last event a key is remembered for as long as its topic could bring that event again, and a month more.
KEY_MARGIN = timedelta(days=30)
KEEP_TIMERS = timedelta(days=30)

_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || '.outbox.parts', 0))")
_OLD_TIMERS = """DELETE FROM timer WHERE id = ANY(ARRAY(
    SELECT id FROM timer WHERE state IN ('fired', 'cancelled') AND due_at < :before LIMIT :slice))"""
_OLD_KEYS = """DELETE FROM inbox_key WHERE ctid = ANY(ARRAY(
    SELECT ctid FROM inbox_key WHERE topic = :topic AND seen_at < :before LIMIT :slice))"""


@dataclass(frozen=True, slots=True)
class Kept:
    """How long published events stay in the outbox: the span within which a broker's loss can be made good."""

    outbox: timedelta = timedelta(days=7)


class Housekeeping(Worker):
    """One round an `every`, the first only after `first`, so that a short-lived process does none. `wake` hurries nothing."""

    stuck_after = 1800.0

    def __init__(
        self,
        service: str,
        db: Database,
        bus: Bus,
        clock: Clock,
        kept: Kept | None = None,
        *,
        every: timedelta = timedelta(hours=1),
        first: timedelta = timedelta(seconds=30),
    ) -> None:
        super().__init__(f"{service}.housekeeping", min(every, first))
        self._db = db
        self._bus = bus
        self._clock = clock
        self._kept = kept or Kept()
        self._pause = every.total_seconds()
        self._at = time.monotonic() + first.total_seconds()

    async def turn(self) -> bool:
        if time.monotonic() >= self._at:
            await self.tidy()
            self._at = time.monotonic() + self._pause
        return False

    async def tidy(self) -> None:
        now = real_now()
        await self._make_parts(now)
        await self._drop_parts(now - self._kept.outbox)
        await self._delete(outbox_parts.OLD_ROWS, {"before": now - self._kept.outbox})
        for topic in HOUSE:
            if topic.retention is not None and not topic.compacted:
                before = now - topic.retention - KEY_MARGIN
                await self._delete(_OLD_KEYS, {"topic": topic.name, "before": before})
        await self._delete(_OLD_TIMERS, {"before": self._clock.now() - KEEP_TIMERS})
        if isinstance(self._bus, PgLogBus):
            await self._bus.housekeep(now)

    async def _make_parts(self, now: datetime) -> None:
        """Never the day that runs or is about to begin: an append on its way into the default partition would fail.

        Whatever day was not prepared stays in the default partition.
        """
        last = (now.astimezone(UTC) + timedelta(hours=1)).date()
        for day in (last + timedelta(days=number + 1) for number in range(AHEAD)):
            async with self._db.reading() as tx:
                made = await outbox_parts.exists(tx, day)
            if not made:
                await self._alter(outbox_parts.making(day))

    async def _drop_parts(self, before: datetime) -> None:
        async with self._db.reading() as tx:
            old = [day for day in await outbox_parts.days(tx) if outbox_parts.end_of(day) <= before]
            done = [day for day in old if await outbox_parts.all_published(tx, day)]
        for day in done:
            if await self._alter(outbox_parts.dropping(day)):
                log.info("outbox.partition_dropped", service=self.name, day=day.isoformat())

    async def _alter(self, statements: Sequence[str]) -> bool:
        """False when it has to wait for the next round: the table was busy, or another process was first."""
        try:
            async with self._db.transaction() as tx:
                # Appends queue up behind a waiting ALTER: give way quickly.
                await tx.execute(text("SET LOCAL lock_timeout = '1s'"))
                await tx.execute(_ONE_AT_A_TIME)
                for statement in statements:
                    await tx.execute(text(statement))
        except PostgresError as error:
            if not (is_lock_timeout(error) or outbox_parts.is_overtaken(error)):
                raise
            log.info("outbox.partition_later", service=self.name, error=str(error))
            return False
        return True

    async def _delete(self, statement: str, arguments: dict[str, object]) -> None:
        while True:
            async with self._db.transaction() as tx:
                if await _deleted(tx, statement, arguments) < SLICE:
                    return


async def _deleted(tx: Tx, statement: str, arguments: dict[str, object]) -> int:
    return (await tx.execute(text(statement), arguments | {"slice": SLICE})).rowcount
