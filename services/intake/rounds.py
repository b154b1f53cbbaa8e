"""What intake does by itself: handing cries for help over, reminding of them, and the lists of the night."""

from datetime import datetime, timedelta

from services.fabric.snapshot import Fabric
from services.intake.repository import handovers
from services.intake.usecases import asking, handing_over, reconciling
from services.kit.clock import Clock
from services.kit.copies import Copy
from services.kit.db import Database, Tx
from services.kit.outbox import Outbox
from services.kit.timers import Sweeper, Timer, by_kind, set_timers
from services.kit.worker import Worker


class HandingOver(Worker):
    """Looks every second: the index behind it holds nothing but cries for help."""

    def __init__(self, db: Database, outbox: Outbox, clock: Clock, copy: Copy[Fabric]) -> None:
        super().__init__("intake.handing_over", timedelta(seconds=1))
        self._db = db
        self._outbox = outbox
        self._clock = clock
        self._copy = copy

    async def turn(self) -> bool:
        fabric = self._copy.current
        now = self._clock.now()
        async with self._db.reading() as tx:
            waiting = await handovers.count_crying(tx, now - handovers.LOOK_BACK)
        if fabric is None or not waiting:
            return False
        async with self._db.transaction() as tx:
            return await handing_over.hand_over(tx, self._outbox, fabric, now) == handing_over.BATCH

    async def idle(self) -> bool:
        if self._copy.current is None:
            return True
        async with self._db.reading() as tx:
            return not await handovers.count_crying(tx, self._clock.now() - handovers.LOOK_BACK)


class Nights(Worker):
    """Sees to it that there is a next night. The timer itself sets the one after it, so that after an outage none is
    left out."""

    def __init__(self, db: Database, clock: Clock) -> None:
        super().__init__("intake.nights", timedelta(minutes=10))
        self._db = db
        self._clock = clock

    async def turn(self) -> bool:
        async with self._db.transaction() as tx:
            await set_timers(tx, [reconciling.night_after(self._clock.now())])
        return False


def sweeper(db: Database, outbox: Outbox, clock: Clock, copy: Copy[Fabric]) -> Sweeper:
    async def remind(tx: Tx, timers: list[Timer], now: datetime) -> None:
        fabric = copy.current
        if fabric is None:
            # A handover was made by a fabric, so there is one; it has not arrived in this process yet.
            await set_timers(tx, [Timer(one.kind, one.key, now + timedelta(minutes=1)) for one in timers])
            return
        await handing_over.remind(tx, outbox, fabric, [timer.key for timer in timers], now)

    async def night(tx: Tx, timers: list[Timer], now: datetime) -> None:
        for timer in timers:
            await reconciling.make_lists(tx, timer.due_at, now)
        await asking.remind_source(tx, outbox, now)

    # A night's key is no order's: there is nothing to lock.
    return Sweeper(
        "intake",
        db,
        clock,
        handovers.lock_orders,
        by_kind({handing_over.KIND: remind, reconciling.KIND: night}),
    )
