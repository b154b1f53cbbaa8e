"""What all commands on one order share: it is locked, must be visible, unchanged since read, and open to the action."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from services.intake.domain.following import Step
from services.intake.domain.lifecycle import ALLOWED
from services.intake.errors import no_order, not_now
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


async def opened(tx: Tx, command: Command, action: str) -> Order:
    """The order, locked. NotFound for what the caller may not see; Stale; NotAllowedNow."""
    order = await repository.locked(tx, command.order_id)
    if order is None or not sees(command.caller, order):
        raise no_order()
    check_version(command.wanted, order.version)
    if order.status not in ALLOWED[action]:
        raise not_now(action, order.status)
    return order


async def words_masked(tx: Tx, sealer: Sealer, order: Order, words: str) -> str:
    """Words that came later, without the reporter's name and number either."""
    held = await reading.sealed_of(tx, order.order_id)
    person = sealer.open(order.order_id, "person", held.person, held.key_id) if held.person else {}
    return masked(words, _known(person.get("name")), _known(person.get("phone")))


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
