"""Events of dispatch to the registry: who works on what where. What else it knows is handed in over HTTP."""

from services.grids import metrics
from services.grids.usecases.following import take_in
from services.kit.clock import Clock
from services.kit.contracts.envelope import Event
from services.kit.db import Tx
from services.kit.outbox import Outbox


class CasesHandler:
    """A batch of cases and whistles is one call, for what is kept of both is written together."""

    def __init__(self, outbox: Outbox, clock: Clock) -> None:
        self._outbox, self._clock = outbox, clock

    async def __call__(self, tx: Tx, events: list[Event]) -> None:
        metrics.FOLLOWED.inc(len(events))
        await take_in(tx, self._outbox, events, self._clock.now())
