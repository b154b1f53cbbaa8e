"""What the registry does by itself: the city's profile published again when its file has changed, the register of
ownerless ground renewed at each version, old cases forgotten."""

import asyncio
import time
from datetime import datetime, timedelta

import structlog

from services.fabric.snapshot import Fabric
from services.grids import metrics
from services.grids.domain.publication import Draft
from services.grids.domain.surveying import Renewal
from services.grids.domain.topologies import With, survey_all
from services.grids.repository import open_cases, ownerless, publications, signs
from services.grids.usecases.ownerless import surveyed
from services.grids.usecases.publishing import SYSTEM, Change, Registry, profile_draft
from services.kit.db import Tx
from services.kit.worker import Worker

log = structlog.get_logger()
SLICE = 5000
_FORGET_EVERY = 3600.0  # seconds


class ProfileKeeper(Worker):
    """At start, and after trouble again until it is done. Before the first publication there is nothing to do: that one
    brings the profile with it."""

    def __init__(self, registry: Registry) -> None:
        super().__init__("grids.profile", timedelta(hours=1))
        self._registry = registry
        self._done = False

    async def turn(self) -> bool:
        if not self._done:
            await self._registry.change("profile", SYSTEM, self._compared)
            self._done = True
        return False

    async def idle(self) -> bool:
        return self._done

    async def _compared(self, tx: Tx, now: datetime) -> Change[None]:
        if (await publications.last(tx)).version == 0:
            return Change(Draft({}, frozenset()), (), None)
        return Change(profile_draft(self._registry.profile), (), None)


class Surveyor(Worker):
    """Surveys the map at each version of the fabric, and again when a grid begins or ends. One survey at a time over all
    processes; overlays that are as they were are not surveyed again."""

    stuck_after = 600.0

    def __init__(self, registry: Registry) -> None:
        super().__init__("grids.surveyor", timedelta(seconds=60))
        self._registry = registry
        self._done: tuple[int, int] | None = None
        self._known: dict[str, With] = {}
        self._forgotten = 0.0
        registry.copy.on_swap(self.wake)

    async def turn(self) -> bool:
        fabric, now = self._registry.copy.current, self._registry.clock.now()
        if fabric is not None and self._done != (fabric.version, fabric.era(now)):
            await self._renew(fabric, now)
        if time.monotonic() - self._forgotten > _FORGET_EVERY:
            await self._forget(now - self._registry.settings.grids_cases_kept)
            self._forgotten = time.monotonic()
        return False

    async def idle(self) -> bool:
        fabric = self._registry.copy.current
        if fabric is None or self._done == (fabric.version, fabric.era(self._registry.clock.now())):
            return True
        self.wake()
        return False

    async def _renew(self, fabric: Fabric, now: datetime) -> None:
        era = fabric.era(now)
        wanted = {code: With.of(fabric, code, era) for code in fabric.overlays}
        fresh = [code for code, told in wanted.items() if not told.same(self._known.get(code))]
        async with self._registry.db.reading() as tx:
            known = await ownerless.surveyed(tx) == (fabric.version, era)
        if not known:
            surveys = await asyncio.to_thread(survey_all, fabric, fresh, now, self._registry.topologies)

            async def register(tx: Tx, at: datetime) -> Change[Renewal | None]:
                if not await ownerless.begin_survey(tx, fabric.version, era):
                    return Change(Draft({}, frozenset()), (), None)
                return await surveyed(tx, self._registry.outbox, surveys, set(wanted) - set(fresh), at)

            _, done = await self._registry.change("ownerless", SYSTEM, register)
            if done is not None:
                metrics.GROUND.labels("found").inc(len(done.new))
                metrics.GROUND.labels("gone").inc(len(done.gone))
                log.info("grids.surveyed", version=fabric.version, new=len(done.new), gone=len(done.gone))
        self._known, self._done = wanted, (fabric.version, era)

    async def _forget(self, before: datetime) -> None:
        for forget in (open_cases.forget, signs.forget):
            done = SLICE
            while done == SLICE:
                async with self._registry.db.transaction() as tx:
                    done = await forget(tx, before, SLICE)
