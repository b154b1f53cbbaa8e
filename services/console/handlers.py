"""Family of event → use case, as a table."""

from collections.abc import Callable, Mapping, Sequence

from services.console import usecases
from services.console.metrics import TAKEN_IN
from services.console.usecases import Batch
from services.kit.contracts.envelope import Event
from services.kit.contracts.orders import OrderEvent
from services.kit.contracts.payload import Payload
from services.kit.contracts.registry import body_of
from services.kit.db import Tx

TAKES: Mapping[str, Callable[[Batch, Event, Payload], None]] = {
    "case": usecases.take_case,
    "whistle": usecases.take_whistle,
    "order": usecases.take_order,
}


async def take_in(tx: Tx, events: Sequence[Event]) -> None:
    """In their order, in one read and one write however many there are."""
    read = [(event, body_of(event)) for event in events]
    # What a sandbox sends counts in no figure and stands in no list.
    bodies = [(event, body) for event, body in read if not (isinstance(body, OrderEvent) and body.sandbox)]
    batch = await usecases.open_batch(tx, [body for _, body in bodies])
    for event, body in bodies:
        family = event.name.partition(".")[0]
        TAKES[family](batch, event, body)
        TAKEN_IN.labels(family).inc()
    await usecases.store(tx, batch)
