"""Events to what they set in motion: the whole of a batch in one transaction, a statement for each kind of row."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from services.kit.contracts.envelope import Event
from services.kit.contracts.topics import CASES, ORDERS, unit_topic_name
from services.kit.db import Tx, after_commit
from services.kit.outbox import Copies, Outbox
from services.notify.domain.pages import PageKind
from services.notify.repository import deliveries, feed, known, subscriptions
from services.notify.repository.erased import blank
from services.notify.usecases import handing_over, paging
from services.notify.usecases.calling_back import call_back
from services.notify.usecases.paging import Staff
from services.notify.usecases.telling import ERASED, hear, tell, words_erased
from services.notify.workers.bell import Bell
from services.notify.workers.topics import UnitTopics

TOPICS = (CASES.name, ORDERS.name)
_FROM_ORDERS = "order."


@dataclass(frozen=True, slots=True)
class Handlers:
    """`send` wakes the delivery engine; `real` is real time, on which deliveries run; `paged_by`:
    the gateways there are for pages."""

    outbox: Outbox
    topics: UnitTopics
    bell: Bell
    send: Callable[[], None]
    real: Callable[[], datetime]
    staff: Staff
    paged_by: Collection[PageKind]

    async def __call__(self, tx: Tx, events: Sequence[Event]) -> None:
        """Rows are locked in one order everywhere: orders, heads of feeds, lines of deliveries."""
        orders = [event for event in events if event.name.startswith(_FROM_ORDERS)]
        steps = [event for event in events if not event.name.startswith(_FROM_ORDERS)]
        before = await known.matters(tx, sorted({event.subject for event in steps})) if steps else {}
        heard, after = hear(steps, before)
        outgoing = await call_back(tx, orders, heard)
        await known.save_matters(tx, after)
        heard = [one.addressed(self.topics.addressable) for one in heard]
        handed = handing_over.hear(orders, self.topics.addressable)
        units = sorted({unit for one in heard for unit in one.units} | {unit for one in handed for unit in one.units})
        if units:
            await self.topics.ensure(units)
            subscribed = await subscriptions.of_units(tx, units)
            told, webhooks = tell(heard, subscribed)
            passed, calls = handing_over.tell(handed, subscribed)
            told += passed
            await feed.append(tx, told)
            outgoing += [*webhooks, *calls]
            copies = [Copies(each.message, [unit_topic_name(unit) for unit in each.units]) for each in told]
            await self.outbox.append_copies(tx, copies)
            after_commit(tx, lambda: self.bell.ring(units))
        outgoing += paging.page(heard, self.staff, self.paged_by)
        if outgoing:
            await deliveries.add(tx, outgoing, self.real())
            after_commit(tx, self.send)
        await paging.stop(tx, heard, self.real())
        await blank(tx, sorted({event.subject for event in steps if event.name == ERASED}), words_erased(orders))
