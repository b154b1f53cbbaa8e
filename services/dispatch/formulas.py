"""The worker that keeps each formula of rates from the day it came into force."""

from datetime import timedelta

from services.dispatch.repository import formulas as repository
from services.dispatch.repository.formulas import Formula
from services.fabric.rules import Rates
from services.fabric.snapshot import Fabric
from services.kit.clock import Clock
from services.kit.copies import Copy
from services.kit.db import Database
from services.kit.worker import Worker


class Formulas(Worker):
    """Any number of processes may run it. One whose fabric is older than what is kept keeps nothing."""

    def __init__(self, service: str, db: Database, clock: Clock, copy: Copy[Fabric]) -> None:
        super().__init__(f"{service}.formulas", timedelta(seconds=5))
        self._db, self._clock, self._copy = db, clock, copy
        self._kept: Rates | None = None

    async def turn(self) -> bool:
        fabric = self._copy.current
        if fabric is None or self._kept == fabric.profile.rates:
            return False
        async with self._db.transaction() as tx:
            newest = await repository.newest(tx)
            if newest is None or (newest.rules != fabric.profile.rates and newest.fabric_version <= fabric.version):
                number = newest.number + 1 if newest else 1
                profile = fabric.profile
                made = Formula(number, self._clock.now(), fabric.version, profile.name, profile.version, profile.rates)
                if not await repository.keep(tx, made):
                    return True
        self._kept = fabric.profile.rates
        return False

    async def idle(self) -> bool:
        return self._copy.current is None or self._kept == self._copy.current.profile.rates
