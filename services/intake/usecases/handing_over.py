"""Cries for police, fire or medical help passed on at once, and again until there is a receipt."""

from dataclasses import replace
from datetime import datetime

from services.fabric.snapshot import Fabric
from services.intake import metrics
from services.intake.domain.following import Step
from services.intake.domain.handing_over import HandedOver, again_at, receivers, sent_again
from services.intake.errors import no_handover
from services.intake.models import Entry, Order
from services.intake.repository import handovers as repository
from services.intake.repository import orders
from services.intake.usecases import events
from services.kit.contracts.envelope import Event
from services.kit.db import Tx
from services.kit.ids import new_id
from services.kit.keys import SEE_ALL, Caller
from services.kit.masking import masked
from services.kit.outbox import Outbox
from services.kit.problems import NotAllowedNow
from services.kit.timers import Timer, cancel, set_timers

KIND = "handover"
BATCH = 100


async def hand_over(tx: Tx, outbox: Outbox, fabric: Fabric, now: datetime) -> int:
    """Every order that cries for help and has no record yet, whatever else is unsure about it; how many."""
    crying = await repository.crying(tx, now - repository.LOOK_BACK, BATCH)
    already = await repository.already(tx, [order.order_id for order in crying]) if crying else set()
    fresh = [(order, _handed(fabric, order, now)) for order in crying if order.order_id not in already]
    await _send(tx, outbox, fabric, fresh, now)
    return len(crying)


async def remind(tx: Tx, outbox: Outbox, fabric: Fabric, order_ids: list[str], now: datetime) -> None:
    """Sent again, those without a receipt. The orders are locked."""
    held = await repository.lock_orders(tx, sorted(order_ids))
    waiting = [one for one in await repository.open_of(tx, order_ids) if one.order_id in held]
    waiting.sort(key=lambda one: one.order_id)
    pairs = [(held[one.order_id], sent_again(fabric, one, now)) for one in waiting]
    await _send(tx, outbox, fabric, pairs, now)
    metrics.HANDOVERS_RAISED.set(await repository.unanswered(tx))


async def acknowledge(
    tx: Tx, fabric: Fabric | None, handover_id: str, caller: Caller, receipt: str, now: datetime
) -> HandedOver:
    """Once; the first receipt stands."""
    handed = await repository.one(tx, handover_id)
    if handed is None or not may_see(fabric, caller, handed):
        raise no_handover()
    held = await repository.lock_orders(tx, [handed.order_id])
    shown = masked(receipt)
    if not await repository.acknowledge(tx, handover_id, shown, now, caller.name):
        raise NotAllowedNow("这件移交已经有回执了，请重新读取", allowed=[], state="acknowledged")
    await cancel(tx, [handed.order_id], [KIND])
    note = f"移交{handed.service}已有回执：{shown}"
    for order in held.values():
        step = Step(now, "order.handed_over", note, handed.units[0] if handed.units else None)
        await orders.save(tx, [replace(order, changed_at=now, version=order.version + 1, steps=(step,))])
        await orders.enter(tx, Entry(order.order_id, now, "acknowledge", caller.key_id, caller.name, caller.role, note))
    metrics.HANDOVERS_RAISED.set(await repository.unanswered(tx))
    return replace(handed, state="acknowledged", receipt=shown, acknowledged_at=now, acknowledged_by=caller.name)


def may_see(fabric: Fabric | None, caller: Caller, handed: HandedOver) -> bool:
    return (
        caller.role in SEE_ALL
        or (caller.unit is not None and caller.unit in handed.units)
        or handed.service in services_of(fabric, caller)
    )


def services_of(fabric: Fabric | None, caller: Caller) -> list[str]:
    """The services for which the caller, an external system, speaks."""
    known = fabric.profile.handover.services if fabric and caller.role == "source" else ()
    return [service.code for service in known if service.source is not None and service.source == caller.speaks_for]


def _handed(fabric: Fabric, order: Order, now: datetime) -> HandedOver:
    service = fabric.profile.handover.service_for(f"{order.title}\n{order.content}")
    grids = order.located.grids if order.located else {}
    units = receivers(fabric, service, grids, now)
    return HandedOver(new_id("hov"), order.order_id, order.external_id, service.code, units, now, now)


async def _send(tx: Tx, outbox: Outbox, fabric: Fabric, pairs: list[tuple[Order, HandedOver]], now: datetime) -> None:
    if not pairs:
        return
    after: list[Order] = []
    told: list[Event] = []
    for order, handed in pairs:
        text = _said(handed)
        changed = replace(
            order,
            changed_at=now,
            version=order.version + 1,
            sequence=order.sequence + 1,
            steps=(Step(now, "order.handed_over", text, handed.units[0] if handed.units else None),),
        )
        after.append(changed)
        told.append(events.handed_over(changed, handed, text))
        metrics.HANDOVERS.labels(handed.service, "first" if handed.attempts == 1 else "again").inc()
    await orders.save(tx, after)
    await repository.keep(tx, [handed for _, handed in pairs])
    await set_timers(tx, [Timer(KIND, handed.order_id, again_at(fabric.profile, handed)) for _, handed in pairs])
    await outbox.append(tx, told)


def _said(handed: HandedOver) -> str:
    if handed.attempts == 1:
        return f"紧急警情，已移交{handed.service}，等回执"
    if handed.raised:
        return f"移交{handed.service}第{handed.attempts}次仍无回执，请值班长电话核实"
    return f"移交{handed.service}还没有回执，第{handed.attempts}次再送"
