"""What whoever holds a receipt's code sees of the order and does to it. The code is the proof; nobody signs in."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from services.intake.domain import receipt as rules
from services.intake.errors import no_receipt, not_by_receipt, said_enough
from services.intake.models import Order
from services.intake.repository import orders, reading
from services.intake.sealing import Sealer
from services.intake.usecases import asking, reporting
from services.intake.usecases.commands import Command, words_masked
from services.intake.usecases.reporting import Satisfaction
from services.kit.db import Tx
from services.kit.keys import Caller
from services.kit.outbox import Outbox

Action = Literal["supplement", "urge", "withdraw", "feedback", "appeal"]
_REPEATED: Mapping[str, str] = {
    "supplement": "同样的补充已经收到了",
    "urge": "刚才已经催过，承办单位看得到",
    "feedback": "您已经评价过，以第一次为准",
}


@dataclass(frozen=True, slots=True)
class Ask:
    """`words` as they were said; `resolved` and `satisfaction` with a feedback."""

    action: Action
    words: str = ""
    resolved: bool = False
    satisfaction: Satisfaction = "fair"


@dataclass(frozen=True, slots=True)
class Receipt:
    """`notice`: why what was asked has changed nothing; empty for all else."""

    order: Order
    progress: rules.Progress
    notice: str = ""

    @property
    def allowed(self) -> list[str]:
        order = self.order
        return rules.allowed(order.standing, order.status, order.case_id is not None, self.progress)


async def look(tx: Tx, order_id: str | None) -> Receipt:
    """NotFound: no such order, or it was deleted on time."""
    found = await reading.with_progress(tx, order_id) if order_id is not None else None
    if found is None:
        raise no_receipt()
    return Receipt(*found)


async def act(tx: Tx, outbox: Outbox, sealer: Sealer, order_id: str | None, ask: Ask, now: datetime) -> Receipt:
    """As it is afterwards. The same asked again changes nothing, and a result is judged once. NotFound, NotAllowedNow,
    Conflict."""
    if order_id is None or await orders.locked(tx, order_id) is None:
        raise no_receipt()
    held = await look(tx, order_id)
    if await _repeats(tx, sealer, held, ask, now):
        return Receipt(held.order, held.progress, _REPEATED[ask.action])
    if ask.action not in held.allowed:
        raise not_by_receipt(ask.action, held.allowed, held.order.status)
    if ask.action == "supplement" and len(rules.supplements(held.progress)) >= rules.MOST_SUPPLEMENTS:
        raise said_enough(rules.MOST_SUPPLEMENTS)
    holder = Caller("receipt", "凭回执", "source", source=held.order.source)
    await _DOES[ask.action](tx, outbox, sealer, Command(order_id, holder, now), ask)
    return await look(tx, order_id)


async def _repeats(tx: Tx, sealer: Sealer, held: Receipt, ask: Ask, now: datetime) -> bool:
    if ask.action == "feedback":
        return rules.answered(held.progress)
    if ask.action == "urge":
        return rules.urged_lately(held.progress, now)
    if ask.action == "supplement":
        said = reporting.SUPPLEMENTED.format(await words_masked(tx, sealer, held.order, ask.words))
        return said in rules.supplements(held.progress)
    return False


_Does = Callable[[Tx, Outbox, Sealer, Command, Ask], Awaitable[Order]]


async def _supplement(tx: Tx, outbox: Outbox, sealer: Sealer, command: Command, ask: Ask) -> Order:
    return await reporting.supplement(tx, outbox, sealer, command, ask.words)


async def _urge(tx: Tx, outbox: Outbox, sealer: Sealer, command: Command, ask: Ask) -> Order:
    return await reporting.urge(tx, outbox, sealer, command, ask.words)


async def _withdraw(tx: Tx, outbox: Outbox, sealer: Sealer, command: Command, ask: Ask) -> Order:
    return await reporting.withdraw(tx, outbox, sealer, command, ask.words)


async def _appeal(tx: Tx, outbox: Outbox, sealer: Sealer, command: Command, ask: Ask) -> Order:
    return await asking.appeal(tx, outbox, sealer, command, ask.words)


async def _feedback(tx: Tx, outbox: Outbox, sealer: Sealer, command: Command, ask: Ask) -> Order:
    return await reporting.feedback(tx, outbox, sealer, command, ask.resolved, ask.satisfaction, ask.words)


_DOES: Mapping[Action, _Does] = {
    "supplement": _supplement,
    "urge": _urge,
    "withdraw": _withdraw,
    "feedback": _feedback,
    "appeal": _appeal,
}
