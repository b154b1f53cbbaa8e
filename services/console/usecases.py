"""What the console does: takes events in, and builds its read model again from nothing. It sends nothing, ever."""

from collections.abc import Sequence

from services.console.domain.entries import entry_of, fold_order
from services.console.domain.folding import fold_case, fold_whistle, fold_whistle_into_case
from services.console.metrics import REBUILDS, TAKEN_IN
from services.console.models import CaseRow, Entry, OrderRow, WhistleRow
from services.console.repository import writing
from services.kit.contracts.cases import CaseEvent, WhistleEvent
from services.kit.contracts.envelope import Event
from services.kit.contracts.orders import OrderEvent
from services.kit.contracts.registry import body_of
from services.kit.db import Tx


async def take_in(tx: Tx, events: Sequence[Event]) -> None:
    """In their order. What is known of all their subjects is read once, folded in memory and written once."""
    bodies = [(event, body_of(event)) for event in events]
    whistled = [body for _, body in bodies if isinstance(body, WhistleEvent)]
    case_ids = {body.case_id for _, body in bodies if isinstance(body, CaseEvent)}
    cases: dict[str, CaseRow] = await writing.cases(
        tx, sorted(case_ids | {body.case_id for body in whistled if body.case_id})
    )
    whistles: dict[str, WhistleRow] = await writing.whistles(tx, sorted({body.whistle_id for body in whistled}))
    orders: dict[str, OrderRow] = await writing.orders(
        tx, sorted({body.order_id for _, body in bodies if isinstance(body, OrderEvent)})
    )
    entries: list[Entry] = []
    for event, body in bodies:
        if isinstance(body, CaseEvent):
            cases[body.case_id] = fold_case(cases.get(body.case_id), event.name, body)
        elif isinstance(body, WhistleEvent):
            whistles[body.whistle_id] = fold_whistle(whistles.get(body.whistle_id), body)
            held = fold_whistle_into_case(cases.get(body.case_id) if body.case_id else None, body)
            if held is not None:
                cases[held.case_id] = held
        elif isinstance(body, OrderEvent):
            orders[body.order_id] = fold_order(orders.get(body.order_id), event, body)
        else:
            continue
        entries.append(entry_of(event, body))
        TAKEN_IN.labels(event.name.partition(".")[0]).inc()
    await writing.store(tx, list(cases.values()), list(orders.values()), list(whistles.values()), entries)


async def rebuild(tx: Tx, consumer: str) -> None:
    await writing.begin_again(tx, consumer)
    REBUILDS.inc()
