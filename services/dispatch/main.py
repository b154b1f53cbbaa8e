"""The composition root of dispatch: the only place that wires."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime

from services.dispatch.api import cases as cases_api
from services.dispatch.api import rates as rates_api
from services.dispatch.api import rules as rules_api
from services.dispatch.api import whistles as whistles_api
from services.dispatch.handlers import OrdersHandler
from services.dispatch.repository import cases as repository
from services.dispatch.settings import DispatchSettings
from services.dispatch.usecases.recording import WAKE, Record
from services.dispatch.usecases.rules import RuleBook
from services.dispatch.usecases.sweeping import wake
from services.dispatch.usecases.whistles import sweeping as whistle_sweeping
from services.dispatch.usecases.work import Work
from services.dispatch.workers import OrdersConsumer
from services.fabric.snapshot import Fabric
from services.kit.bus.port import Bus, BusUnavailable
from services.kit.clock import Clock
from services.kit.contracts.topics import ORDERS
from services.kit.copies import Copy
from services.kit.db import Tx
from services.kit.foundation import lay
from services.kit.outbox import Outbox
from services.kit.secrets import derive
from services.kit.service import Service
from services.kit.timers import Fire, Sweeper, Timer

NAME = "dispatch"


def build(settings: DispatchSettings, clock: Clock, bus: Bus, copy: Copy[Fabric], alone: bool = True) -> Service:
    """`alone`: the only service of its process."""
    base = lay(NAME, "派单与办理", settings, clock, bus, copy)
    secret = derive(settings.secret.get_secret_value(), "rechecks")
    book = RuleBook(settings.profile)

    def fabric() -> Fabric | None:
        return copy.current

    handler = OrdersHandler(base.outbox, clock, fabric, book.current, secret)
    consumer = OrdersConsumer(NAME, base.db, bus, base.outbox, [ORDERS.name], handler, copy)
    fires: dict[str, Fire] = {WAKE: _waking(base.outbox, fabric, secret)}
    fires |= whistle_sweeping.fires(base.outbox, fabric)
    sweeper = Sweeper(NAME, base.db, clock, repository.lock, firing(fires))
    base.app.include_router(cases_api.router(base.db, clock, copy, base.outbox, secret))
    base.app.include_router(rates_api.router(base.db, clock, copy))
    base.app.include_router(rules_api.router(base.db, clock, copy, book))
    base.app.include_router(whistles_api.router(base.db, clock, copy, base.outbox))
    return base.service([consumer, sweeper], alone=alone)


def firing(fires: Mapping[str, Fire]) -> Fire:
    """Timers to whoever knows their kind, in their order as far as kinds alternate."""

    async def fire(tx: Tx, timers: list[Timer], now: datetime) -> None:
        for batch in _runs(timers):
            await fires[batch[0].kind](tx, batch, now)

    return fire


def _runs(timers: Sequence[Timer]) -> list[list[Timer]]:
    """One batch a kind, kinds in the order of their most overdue timer."""
    batches: dict[str, list[Timer]] = {}
    for timer in timers:
        batches.setdefault(timer.kind, []).append(timer)
    return list(batches.values())


def _waking(
    outbox: Outbox, fabric: Callable[[], Fabric | None], secret: bytes
) -> Callable[[Tx, list[Timer], datetime], Awaitable[None]]:
    async def fire(tx: Tx, timers: list[Timer], now: datetime) -> None:
        current = fabric()
        if current is None:
            raise BusUnavailable("网格副本还没有到，时限稍后再扫")
        cases = await repository.locked(tx, {timer.key for timer in timers})
        work = Work(Record(now), current, now, secret)
        wake(work, cases)
        await work.record.write(tx, outbox)

    return fire
