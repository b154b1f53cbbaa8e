"""What the console does: folds a batch of events into its rows, and builds them again from nothing. It sends nothing."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from services.console.domain.entries import ERASING, entry_of, fold_order, without_words
from services.console.domain.folding import fold_case, fold_whistle, fold_whistle_into_case
from services.console.metrics import REBUILDS
from services.console.models import CaseRow, Entry, OrderRow, WhistleRow
from services.console.repository import writing
from services.kit.contracts.cases import CaseEvent, WhistleEvent
from services.kit.contracts.envelope import Event
from services.kit.contracts.orders import OrderEvent
from services.kit.contracts.payload import Payload
from services.kit.db import Tx


@dataclass
class Batch:
    """What is known of all subjects of some events, read once, folded in memory and written once."""

    cases: dict[str, CaseRow]
    whistles: dict[str, WhistleRow]
    orders: dict[str, OrderRow]
    entries: list[Entry] = field(default_factory=list)


async def open_batch(tx: Tx, bodies: Iterable[Payload]) -> Batch:
    cases, whistles, orders = set[str](), set[str](), set[str]()
    for body in bodies:
        if isinstance(body, OrderEvent):
            orders.add(body.order_id)
        elif isinstance(body, CaseEvent | WhistleEvent):
            cases.update([body.case_id] if body.case_id else [])
            whistles.update({body.whistle_id} if isinstance(body, WhistleEvent) else ())
    return Batch(
        await writing.cases(tx, sorted(cases)),
        await writing.whistles(tx, sorted(whistles)),
        await writing.orders(tx, sorted(orders)),
    )


async def store(tx: Tx, batch: Batch) -> None:
    entries = without_words(batch.entries)
    await writing.blank(tx, [entry for entry in entries if entry.type in ERASING])
    await writing.store(
        tx, list(batch.cases.values()), list(batch.orders.values()), list(batch.whistles.values()), entries
    )


def take_case(batch: Batch, event: Event, body: Payload) -> None:
    assert isinstance(body, CaseEvent)
    batch.cases[body.case_id] = fold_case(batch.cases.get(body.case_id), event.name, body)
    batch.entries.append(entry_of(event, body))


def take_whistle(batch: Batch, event: Event, body: Payload) -> None:
    assert isinstance(body, WhistleEvent)
    batch.whistles[body.whistle_id] = fold_whistle(batch.whistles.get(body.whistle_id), body)
    held = fold_whistle_into_case(batch.cases.get(body.case_id) if body.case_id else None, body)
    if held is not None:
        batch.cases[held.case_id] = held
    batch.entries.append(entry_of(event, body))


def take_order(batch: Batch, event: Event, body: Payload) -> None:
    assert isinstance(body, OrderEvent)
    batch.orders[body.order_id] = fold_order(batch.orders.get(body.order_id), event, body)
    batch.entries.append(entry_of(event, body))


async def rebuild(tx: Tx, consumer: str) -> None:
    await writing.begin_again(tx, consumer)
    REBUILDS.inc()
