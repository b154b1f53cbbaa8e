"""The worker that reckons clocks again when the calendar has changed."""

from collections.abc import Sequence
from datetime import timedelta

import structlog

from services.dispatch import metrics
from services.dispatch.repository import calendars
from services.dispatch.repository import cases as repository
from services.dispatch.repository.calendars import Known
from services.dispatch.usecases import rereckoning
from services.dispatch.usecases.recording import Record
from services.dispatch.usecases.work import Work
from services.fabric.calendar import PUBLISHED_YEARS
from services.fabric.snapshot import Fabric
from services.kit import failpoints
from services.kit.clock import Clock
from services.kit.copies import Copy
from services.kit.db import Database, Tx
from services.kit.faults import is_infrastructure
from services.kit.outbox import Outbox
from services.kit.worker import Worker

log = structlog.get_logger()
AT_ONCE = 500


class Reckoner(Worker):
    """Any number of processes may run it: each clock says by which fabric it was reckoned, so nothing is walked twice and
    one that a process with an older copy sets later is found as well. A case that can't be reckoned is found by trying
    fewer at once and passed over: its clocks stay as they are."""

    def __init__(
        self,
        service: str,
        db: Database,
        outbox: Outbox,
        clock: Clock,
        copy: Copy[Fabric],
        secret: bytes,
        at_once: int = AT_ONCE,
    ) -> None:
        super().__init__(f"{service}.reckoner", timedelta(seconds=2))
        self._db, self._outbox, self._clock, self._copy, self._secret = db, outbox, clock, copy, secret
        self._most = self._at_once = at_once

    async def turn(self) -> bool:
        fabric = self._copy.current
        if fabric is None:
            return False
        here = known_by(fabric)
        async with self._db.reading() as tx:
            known = await calendars.read(tx)
            stale = await calendars.stale(tx, known.version, self._at_once) if _same(known, here) else []
        if not _same(known, here) and here.place > known.place:
            async with self._db.transaction() as tx:
                await calendars.know(tx, known, here)
            return True
        if not stale:
            return False
        try:
            await self._reckon(fabric, stale)
        except Exception as error:
            if is_infrastructure(error):
                raise
            await self._stumbled(stale, known.version, error)
            return True
        self._at_once = min(self._most, self._at_once * 2)
        return True

    async def idle(self) -> bool:
        """A process whose copy is behind has nothing that it could do."""
        fabric = self._copy.current
        if fabric is None:
            return True
        here = known_by(fabric)
        async with self._db.reading() as tx:
            known = await calendars.read(tx)
            if not _same(known, here):
                return here.place <= known.place
            return not await calendars.stale(tx, known.version, 1)

    async def _reckon(self, fabric: Fabric, stale: Sequence[str]) -> None:
        async with self._db.transaction() as tx:
            await self._reckon_in(tx, fabric, stale)
        failpoints.reach("reckon.committed")

    async def _reckon_in(self, tx: Tx, fabric: Fabric, stale: Sequence[str]) -> None:
        now = self._clock.now()
        work = Work(Record(now), fabric, now, self._secret)
        moved = rereckoning.reckon(work, await repository.locked(tx, stale))
        failpoints.reach("reckon.reckoned")
        await work.record.write(tx, self._outbox)
        await calendars.reckoned(tx, stale, fabric.version)
        failpoints.reach("reckon.written")
        metrics.RECKONED.inc(moved)

    async def _stumbled(self, stale: Sequence[str], version: int, error: Exception) -> None:
        if len(stale) > 1:
            log.warning("reckoner.fewer_at_once", at_once=self._at_once, error=repr(error))
            self._at_once = max(1, min(self._at_once, len(stale)) // 8)
            return
        async with self._db.transaction() as tx:
            await calendars.reckoned(tx, stale, version)
        metrics.RECKONED_FAILED.inc(len(stale))
        log.error("reckoner.passed_over", cases=list(stale), error=repr(error))


def known_by(fabric: Fabric) -> Known:
    return Known(fabric.version, max(PUBLISHED_YEARS), fabric.calendar.fingerprint)


def _same(known: Known, here: Known) -> bool:
    return known.fingerprint == here.fingerprint and here.place >= known.place
