"""What the passing of time does to whistles: a function for each kind of timer, over a batch."""

from collections.abc import Callable, Mapping
from datetime import datetime

from services.dispatch.domain import climbing
from services.dispatch.domain.whistle import calling, deadlines, nods
from services.dispatch.domain.whistle.model import Whistle
from services.dispatch.usecases.sweeping import there
from services.dispatch.usecases.whistles.starting import DEADLINE, NOD, PAGE, SECOND, paged
from services.dispatch.usecases.whistles.telling import Telling
from services.fabric.snapshot import Fabric
from services.kit import failpoints
from services.kit.db import Tx
from services.kit.outbox import Outbox
from services.kit.timers import Fire, Timer


def fires(outbox: Outbox, fabric: Callable[[], Fabric | None]) -> Mapping[str, Fire]:
    """For the sweeper's table. The cases (or whistles) that are the timers' keys must be locked before."""

    async def first(tx: Tx, timers: list[Timer], now: datetime) -> None:
        await _sweep(tx, outbox, there(fabric()), timers, now, _first)

    async def second(tx: Tx, timers: list[Timer], now: datetime) -> None:
        await _sweep(tx, outbox, there(fabric()), timers, now, _second)

    async def page(tx: Tx, timers: list[Timer], now: datetime) -> None:
        await _sweep(tx, outbox, there(fabric()), timers, now, _page)

    async def nod(tx: Tx, timers: list[Timer], now: datetime) -> None:
        await _sweep(tx, outbox, there(fabric()), timers, now, _nod)

    return {DEADLINE: first, SECOND: second, PAGE: page, NOD: nod}


async def _sweep(
    tx: Tx,
    outbox: Outbox,
    fabric: Fabric,
    timers: list[Timer],
    now: datetime,
    passed: Callable[[Telling, Whistle, Timer], None],
) -> None:
    """Most overdue first. State, events and the next deadline are one transaction: whoever dies leaves all or nothing."""
    telling = await Telling.begin(tx, fabric, now, whistles=[_whistle_of(timer) for timer in timers])
    failpoints.reach("whistle.locked")
    for timer in timers:
        whistle = telling.whistles.get(_whistle_of(timer))
        if whistle is not None:
            passed(telling, whistle, timer)
    failpoints.reach("whistle.told")
    await telling.write(tx, outbox)
    failpoints.reach("whistle.written")


def _whistle_of(timer: Timer) -> str:
    return str(timer.payload["whistle_id"])


def _first(telling: Telling, whistle: Whistle, timer: Timer) -> None:
    """After an outage the second span runs from now, when it really opens."""
    outcome = deadlines.first_passed(
        whistle, calling.second_by(dict(whistle.second), telling.now, telling.fabric.calendar)
    )
    told = telling.add(outcome)
    if outcome.happened and told.second_by is not None:
        telling.remind(SECOND, told, told.second_by)


def _second(telling: Telling, whistle: Whistle, timer: Timer) -> None:
    telling.add(deadlines.second_passed(whistle))


def _page(telling: Telling, whistle: Whistle, timer: Timer) -> None:
    """A round that was told early, for somebody who came in later, has set another timer."""
    if whistle.paging is not None and timer.payload.get("round") == whistle.paging.rounds + 1:
        paged(telling, whistle)


def _nod(telling: Telling, whistle: Whistle, timer: Timer) -> None:
    """After an outage those that were slept through follow each other at once: whoever is above learns of it too."""
    fabric, here = telling.fabric, [whistle.blown_unit] if whistle.blown_unit else []
    unit = climbing.centre(fabric, str(timer.payload["to"]), here) or climbing.dispatcher(fabric, here)
    telling.add(nods.reminded(whistle, int(timer.payload["place"]), unit))
