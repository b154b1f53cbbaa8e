"""What all commands on one order share: it is locked, must be visible, unchanged since read, and open to the action."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from services.intake.domain.confidence import may_read
from services.intake.domain.following import Step
from services.intake.domain.lifecycle import ALLOWED
from services.intake.errors import no_order, not_now, personal_erased
from services.intake.models import Entry, Order
from services.intake.repository import orders as repository
from services.intake.repository import reading
from services.intake.sealing import Sealer
from services.kit.contracts.envelope import Event
from services.kit.db import Tx
from services.kit.http.etags import check_version
from services.kit.keys import SEE_ALL, Caller
from services.kit.masking import masked
from services.kit.outbox import Outbox


@dataclass(frozen=True, slots=True)
class Command:
    """Who wants something of which order, when; `wanted` is the version that the caller believes in."""

    order_id: str
    caller: Caller
    now: datetime
    wanted: int | None = None


def sees(caller: Caller, order: Order) -> bool:
    return caller.role in SEE_ALL or order.source == caller.speaks_for


async def found(tx: Tx, command: Command) -> Order:
    """The order, locked, in whatever status. NotFound for what the caller may not see; Stale."""
    order = await repository.locked(tx, command.order_id)
    if order is None or not sees(command.caller, order):
        raise no_order()
    check_version(command.wanted, order.version)
    return order


def reads(caller: Caller, order: Order) -> bool:
    """Its words, of one that may be seen: what is confidential is read by few."""
    own = order.source == caller.speaks_for
    return not order.details.confidential or may_read(caller.role, own, order.status)


async def opened(tx: Tx, command: Command, action: str) -> Order:
    """The order, locked and open to the action. As `found`, and NotAllowedNow."""
    order = await found(tx, command)
    if order.standing not in ALLOWED[action]:
        raise not_now(action, order, command.caller.role)
    return order


async def words_masked(tx: Tx, sealer: Sealer, order: Order, words: str) -> str:
    """Words that came later, without the reporter's name and number either."""
    held = await reading.sealed_of(tx, order.order_id)
    person = sealer.open(order.order_id, "person", held.person, held.key_id) if held and held.person else {}
    return masked(words, _known(person.get("name")), _known(person.get("phone")))


async def words_of(tx: Tx, sealer: Sealer, order: Order) -> dict[str, Any]:
    """As they were said. Erased once their time was over."""
    held = await reading.sealed_of(tx, order.order_id)
    if held is None:
        raise personal_erased()
    return sealer.open(order.order_id, "content", held.content, held.key_id)


def _known(value: str | None) -> tuple[str, ...]:
    return (value,) if value else ()


def changed(order: Order, now: datetime, step: Step, status: str | None = None) -> Order:
    """One version and one event further."""
    return replace(
        order,
        status=status or order.status,
        changed_at=now,
        version=order.version + 1,
        sequence=order.sequence + 1,
        steps=(*order.steps, step),
    )


async def done(
    tx: Tx, outbox: Outbox, command: Command, order: Order, told: Sequence[Event], entry: Entry, left: str | None = None
) -> Order:
    await repository.save(tx, [order], left)
    await repository.enter(tx, entry)
    await outbox.append(tx, told)
    return order


def entry(command: Command, sealer: Sealer, action: str, note: str = "", raw: str = "") -> Entry:
    """`raw`: the words as they were said, sealed where masking changed them."""
    kept = raw and raw != note
    return Entry(
        order_id=command.order_id,
        at=command.now,
        action=action,
        by_key=command.caller.key_id,
        by_name=command.caller.name,
        by_role=command.caller.role,
        note=note,
        sealed_note=sealer.seal(command.order_id, f"note/{action}", {"note": raw}) if kept else None,
        key_id=sealer.key_id if kept else None,
    )
