"""What reporters say later through Open311, and what cases say of their orders."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from services.intake.domain.open311.standing import intent
from services.intake.errors import no_order
from services.intake.models import Order
from services.intake.repository import open311 as repository
from services.intake.repository import orders
from services.intake.repository.open311 import Card
from services.intake.sealing import Sealer
from services.intake.usecases import asking, reporting
from services.intake.usecases.commands import Command, sees
from services.kit.contracts.cases import CaseDispatched, CaseEvent, CaseReassigned
from services.kit.db import Tx
from services.kit.outbox import Outbox
from services.kit.problems import DifferentBody, wrong

_ADDED = {"open": "{words}", "fixed": "反映人表示已经解决。{words}"}


@dataclass(frozen=True, slots=True)
class Update:
    """`meaning` is what the client's status says about the matter; `words` are masked of whoever wrote them."""

    update_id: str
    meaning: str
    words: str
    fingerprint: bytes


async def update(tx: Tx, outbox: Outbox, sealer: Sealer, command: Command, given: Update) -> Order:
    """Taken once for each id of the source; the same again changes nothing. Raises NotFound, DifferentBody,
    NotAllowedNow."""
    order = await orders.locked(tx, command.order_id)
    if order is None or not sees(command.caller, order):
        raise no_order()
    source = command.caller.speaks_for
    new = await repository.claim_update(tx, source, given.update_id, command.order_id, given.fingerprint, command.now)
    if new is None:
        raise DifferentBody("这个 update_id 已经用于内容不同的更新，请换一个新的")
    if not new:
        return order
    return await _DOES[intent(given.meaning, order.status)](tx, outbox, sealer, command, given)


async def _supplement(tx: Tx, outbox: Outbox, sealer: Sealer, command: Command, given: Update) -> Order:
    words = _ADDED[given.meaning].format(words=given.words)
    if not words:
        raise wrong("/description", "请写清楚补充什么")
    return await reporting.supplement(tx, outbox, sealer, command, words)


async def _unresolved(tx: Tx, outbox: Outbox, sealer: Sealer, command: Command, given: Update) -> Order:
    return await reporting.feedback(tx, outbox, sealer, command, False, "dissatisfied", given.words)


async def _resolved(tx: Tx, outbox: Outbox, sealer: Sealer, command: Command, given: Update) -> Order:
    """That it is solved was said; how content the citizen is was not."""
    return await reporting.feedback(tx, outbox, sealer, command, True, "fair", given.words)


async def _withdraw(tx: Tx, outbox: Outbox, sealer: Sealer, command: Command, given: Update) -> Order:
    return await reporting.withdraw(tx, outbox, sealer, command, given.words)


async def _appeal(tx: Tx, outbox: Outbox, sealer: Sealer, command: Command, given: Update) -> Order:
    return await asking.appeal(tx, outbox, sealer, command, given.words)


_Does = Callable[[Tx, Outbox, Sealer, Command, Update], Awaitable[Order]]
_DOES: Mapping[str, _Does] = {
    "supplement": _supplement,
    "unresolved": _unresolved,
    "resolved": _resolved,
    "withdraw": _withdraw,
    "appeal": _appeal,
}


async def keep_cards(tx: Tx, events: Sequence[CaseEvent]) -> None:
    """Of each case the latest; when it is due, from the last of its events that says so."""
    held: dict[str, Card] = {}
    for event in events:
        before = held.get(event.case_id)
        due = _due(event) or (before.due if before else None)
        if before is None or before.sequence < event.sequence:
            held[event.case_id] = Card(event.case_id, event.sequence, event.lead, due)
    await repository.keep(tx, list(held.values()))


def _due(event: CaseEvent) -> datetime | None:
    clocks = event.clocks if isinstance(event, CaseDispatched | CaseReassigned) else ()
    return next((clock.due for clock in (*clocks, *filter(None, [event.clock])) if clock.kind == "resolve"), None)
