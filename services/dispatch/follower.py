"""The worker that takes open cases to new ground."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import NAMESPACE_OID, uuid5

import structlog

from services.dispatch import metrics
from services.dispatch.domain.ground import NOWHERE, Box, Ground, ground_of, stirred
from services.dispatch.handlers import Rules
from services.dispatch.repository import followed
from services.dispatch.repository.followed import Walk
from services.dispatch.usecases import rerouting
from services.dispatch.usecases.recording import Record
from services.dispatch.usecases.work import Work
from services.fabric.snapshot import Fabric
from services.kit import failpoints
from services.kit.clock import Clock
from services.kit.copies import Copy
from services.kit.db import Database, Tx, after_commit
from services.kit.faults import is_infrastructure
from services.kit.outbox import Outbox
from services.kit.timers import Fire, Timer, set_timers
from services.kit.worker import Worker

log = structlog.get_logger()
AT_ONCE = 500
DATED = "fabric.dated"


class Follower(Worker):
    """Looks at every open case once for each new ground: after a swap of the fabric, and when one of its dates comes.

    Any number of processes may run it: the walk is one's at a time, and how far it came is kept with what it did. A newer
    ground begins the walk anew. A case that can't be looked at is found by trying fewer at once and passed over.
    """

    def __init__(
        self,
        service: str,
        db: Database,
        outbox: Outbox,
        clock: Clock,
        copy: Copy[Fabric],
        rules: Rules,
        secret: bytes,
        at_once: int = AT_ONCE,
    ) -> None:
        super().__init__(f"{service}.follower", timedelta(seconds=1))
        self._db, self._outbox, self._clock, self._copy = db, outbox, clock, copy
        self._rules, self._secret = rules, secret
        # The last walk of which this process saw the end: only what is different since needs another.
        self._walked: tuple[Ground, Fabric] | None = None
        self._within: tuple[Ground, Box] | None = None
        self._most = self._at_once = at_once

    async def turn(self) -> bool:
        fabric = self._copy.current
        if fabric is None:
            return False
        now = self._clock.now()
        fabric = fabric.as_of(now)
        try:
            async with self._db.transaction() as tx:
                more = await self._go_on(tx, fabric, now)
        except Exception as error:
            if is_infrastructure(error):
                raise
            await self._stumbled(error)
            return True
        failpoints.reach("follow.committed")
        self._at_once = min(self._most, self._at_once * 2)
        return more

    async def idle(self) -> bool:
        """A process whose copy is behind has nothing that it could do."""
        fabric = self._copy.current
        if fabric is None:
            return True
        ground = ground_of(fabric, self._clock.now())
        async with self._db.reading() as tx:
            walk = await followed.read(tx)
            if walk.ground != ground:
                return walk.ground > ground
            return walk.done and not (await followed.late(tx, 1)).ids

    def fires(self) -> Mapping[str, Fire]:
        """For the sweeper's table: a date of the fabric has come. It wakes; the ground itself says what is to be done."""

        async def fire(tx: Tx, timers: list[Timer], now: datetime) -> None:
            after_commit(tx, self.wake)

        return {DATED: fire}

    async def _go_on(self, tx: Tx, fabric: Fabric, now: datetime) -> bool:
        walk = await followed.take(tx)
        ground = ground_of(fabric, now)
        if walk is None or walk.ground > ground:
            return False
        if walk.ground < ground:
            await self._begin(tx, walk, ground, fabric, now)
            return True
        if walk.done:
            self._walked = (ground, fabric)
            return await self._catch_up(tx, fabric, now)
        await self._step(tx, walk, fabric, now)
        return True

    async def _begin(self, tx: Tx, before: Walk, ground: Ground, fabric: Fabric, now: datetime) -> None:
        box = self._stirred(before, fabric, now)
        self._within = None if box is None else (ground, box)
        await followed.begin(tx, Walk(ground, done=box == NOWHERE))
        due = fabric.next_change(now)
        if due is not None:
            # The same for every process and version: set once.
            known_by = uuid5(NAMESPACE_OID, f"{DATED}/{due.isoformat()}")
            await set_timers(tx, [Timer(DATED, "fabric", due, id=known_by)])
        failpoints.reach("follow.begun")

    def _stirred(self, before: Walk, fabric: Fabric, now: datetime) -> Box | None:
        """None where this process does not know what all open cases have been looked at by."""
        if self._walked is None or self._walked[0] != before.ground or not before.done:
            return None
        return stirred(self._walked[1], before.ground, fabric, now)

    async def _step(self, tx: Tx, walk: Walk, fabric: Fabric, now: datetime) -> None:
        within = self._within[1] if self._within is not None and self._within[0] == walk.ground else None
        cases = await followed.open_after(tx, walk.after, self._at_once, within)
        await rerouting.look(tx, self._outbox, self._work(fabric, now), await self._rules(tx), cases)
        done = len(cases) < self._at_once
        await followed.keep(tx, replace(walk, after=walk.after if done else cases[-1].case_id, done=done))
        failpoints.reach("follow.kept")

    async def _catch_up(self, tx: Tx, fabric: Fabric, now: datetime) -> bool:
        """Whether there may be more that came late."""
        late = await followed.late(tx, self._at_once)
        if not late.ids:
            return False
        await rerouting.look_at(tx, self._outbox, self._work(fabric, now), await self._rules(tx), late.cases)
        await followed.caught_up(tx, late.ids)
        return True

    async def _stumbled(self, error: Exception) -> None:
        self._within = None  # whatever it was, it is to be found among all
        if self._at_once > 1:
            log.warning("follower.fewer_at_once", at_once=self._at_once, error=repr(error))
            self._at_once = max(1, self._at_once // 8)
            return
        async with self._db.transaction() as tx:
            walk = await followed.take(tx)
            if walk is None:
                return
            if walk.done:
                late = await followed.late(tx, 1)
                passed = [*late.cases]
                await followed.caught_up(tx, late.ids)
            else:
                passed = await followed.next_ids(tx, walk.after, 1)
                await followed.keep(tx, replace(walk, after=passed[-1] if passed else walk.after))
        metrics.PASSED_OVER.inc(len(passed))
        log.error("follower.passed_over", cases=passed, error=repr(error))

    def _work(self, fabric: Fabric, now: datetime) -> Work:
        return Work(Record(now), fabric, now, self._secret)
