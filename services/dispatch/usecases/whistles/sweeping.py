"""What the passing of time does to whistles: a function for each kind of timer, over a batch."""

from collections.abc import Callable, Mapping
from datetime import datetime

from services.dispatch.domain.whistle import calling, deadlines
from services.dispatch.domain.whistle.model import Outcome, Whistle
from services.dispatch.usecases.sweeping import there
from services.dispatch.usecases.whistles.starting import DEADLINE, SECOND
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

    return {DEADLINE: first, SECOND: second}


async def _sweep(
    tx: Tx,
    outbox: Outbox,
    fabric: Fabric,
    timers: list[Timer],
    now: datetime,
    passed: Callable[[Telling, Whistle], Outcome],
) -> None:
    """Most overdue first. State, events and the next deadline are one transaction: whoever dies leaves all or nothing."""
    wanted = [str(timer.payload["whistle_id"]) for timer in timers]
    telling = await Telling.begin(tx, fabric, now, whistles=wanted)
    failpoints.reach("whistle.locked")
    for whistle_id in dict.fromkeys(wanted):
        whistle = telling.whistles.get(whistle_id)
        if whistle is not None:
            telling.add(passed(telling, whistle))
    failpoints.reach("whistle.told")
    await telling.write(tx, outbox)
    failpoints.reach("whistle.written")


def _first(telling: Telling, whistle: Whistle) -> Outcome:
    """After an outage the second span runs from now, when it really opens."""
    outcome = deadlines.first_passed(
        whistle, calling.second_by(dict(whistle.second), telling.now, telling.fabric.calendar)
    )
    if outcome.happened and outcome.whistle.second_by is not None:
        telling.remind(SECOND, outcome.whistle, outcome.whistle.second_by)
    return outcome


def _second(telling: Telling, whistle: Whistle) -> Outcome:
    return deadlines.second_passed(whistle)
