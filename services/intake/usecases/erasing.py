"""Personal data deleted: when its time is over, and when the person asks."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from services.intake import metrics
from services.intake.domain.keeping import ON_REQUEST, RETENTION, Depth, Gone, Keeping
from services.intake.errors import no_order
from services.intake.models import Order
from services.intake.repository import erasing as repository
from services.intake.repository import orders
from services.intake.sealing import Sealer
from services.intake.usecases import events
from services.intake.usecases.commands import Command, entry, sees, words_masked
from services.kit.clock import SHANGHAI
from services.kit.contracts.envelope import Event
from services.kit.db import Tx
from services.kit.http.etags import check_version
from services.kit.outbox import Outbox

BATCH = 200
_ROUND: tuple[tuple[Depth, str], ...] = (("words", ON_REQUEST), ("personal", RETENTION), ("order", RETENTION))
_TOLD = {"words": "已按当事人要求删除内容", "order": "工单已按期限删除"}


async def erase_due(tx: Tx, outbox: Outbox, keeping: Keeping, now: datetime) -> bool:
    """One batch of whatever is due first; False when nothing was. What is held or open is never due."""
    for depth, ground in _ROUND:
        due = await repository.due(tx, depth, _before(keeping, depth, now), BATCH)
        if due:
            await erase(tx, outbox, depth, due, ground, now)
            return True
    for part in ("audit", "request"):
        gone = await repository.drop_old(tx, part, now - keeping.audit, BATCH)
        if gone:
            await _book(tx, gone, RETENTION, now)
            return True
    return False


async def nothing_due(tx: Tx, keeping: Keeping, now: datetime) -> bool:
    for depth, _ in _ROUND:
        if await repository.any_due(tx, depth, _before(keeping, depth, now)):
            return False
    return not await repository.any_old(tx, now - keeping.audit)


async def erase(tx: Tx, outbox: Outbox, depth: Depth, due: Sequence[Order], ground: str, now: datetime) -> list[Gone]:
    """`due` must be locked, ended and not held. Others who keep words of them are told to blank these."""
    gone = await repository.erase(tx, depth, due, now)
    if depth != "personal":
        await outbox.append(tx, [_told(order, depth, now) for order in due])
    await _book(tx, gone, ground, now)
    return gone


async def hold(tx: Tx, sealer: Sealer, command: Command, reason: str, held: bool) -> bool:
    """A legal hold: nothing of the order is deleted while it lasts. False when it was so already."""
    order = await orders.locked(tx, command.order_id)
    if order is None or not sees(command.caller, order):
        raise no_order()
    check_version(command.wanted, order.version)
    changed = await repository.hold(tx, order.order_id, held)
    if changed:
        shown = await words_masked(tx, sealer, order, reason)
        await orders.enter(tx, entry(command, sealer, "hold" if held else "unhold", shown, reason))
    return changed


def _before(keeping: Keeping, depth: Depth, now: datetime) -> datetime:
    return now - (keeping.orders if depth == "order" else keeping.personal)


def _told(order: Order, depth: Depth, now: datetime) -> Event:
    bare = replace(
        order, sequence=order.sequence + 1, changed_at=now, title="", content="", address=None, callback_url=None
    )
    cases = sorted({*order.left_cases, *([order.case_id] if order.case_id else [])})
    return events.event("order.erased", bare, _TOLD[depth], depth=depth, case_id=order.case_id, cases=cases)


async def _book(tx: Tx, gone: Sequence[Gone], ground: str, now: datetime) -> None:
    await repository.book(tx, gone, ground, now.astimezone(SHANGHAI).date(), now)
    for one in gone:
        metrics.ERASED.labels(ground, one.part).inc(one.rows)
