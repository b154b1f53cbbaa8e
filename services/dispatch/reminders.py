"""The worker that gives the reminders of the city's scheme to whistles that waited for the street's nod before it had any."""

from datetime import timedelta

from services.dispatch.repository import whistles as repository
from services.dispatch.usecases.whistles.starting import NOD, ask_again
from services.dispatch.usecases.whistles.telling import Telling
from services.fabric.snapshot import Fabric
from services.kit.clock import Clock
from services.kit.copies import Copy
from services.kit.db import Database
from services.kit.worker import Worker

AT_ONCE = 100


class Reminders(Worker):
    """Looks once for each fabric that the process holds. Any number of processes may run it: of a reminder that was set
    twice only the first is told."""

    def __init__(self, service: str, db: Database, clock: Clock, copy: Copy[Fabric]) -> None:
        super().__init__(f"{service}.reminders", timedelta(seconds=5))
        self._db, self._clock, self._copy = db, clock, copy
        self._seen: int | None = None

    async def turn(self) -> bool:
        fabric = self._copy.current
        if fabric is None or self._seen == fabric.version:
            return False
        most = len(fabric.profile.whistle.nod_reminders)
        async with self._db.transaction() as tx:
            waiting = await repository.unreminded(tx, NOD, most, AT_ONCE)
            telling = await Telling.begin(tx, fabric, self._clock.now(), whistles=waiting)
            for whistle in telling.whistles.values():
                ask_again(telling, whistle)
            await telling.store(tx)
        if len(waiting) == AT_ONCE:
            return True
        self._seen = fabric.version
        return False

    async def idle(self) -> bool:
        return self._copy.current is None or self._seen == self._copy.current.version
