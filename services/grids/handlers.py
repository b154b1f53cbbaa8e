"""Events of dispatch to the registry: who works on what where. What else it knows is handed in over HTTP."""

from services.grids import metrics
from services.grids.usecases.following import take_in
from services.kit.contracts.envelope import Event
from services.kit.db import Tx


class CasesHandler:
    """A batch of cases and whistles is one call, for what is kept of both is written together."""

    async def __call__(self, tx: Tx, events: list[Event]) -> None:
        metrics.FOLLOWED.inc(len(events))
        await take_in(tx, events)
