"""Orders that came before there was any fabric: judged, a batch at a time, once there is one."""

from dataclasses import replace
from datetime import datetime

from services.fabric.snapshot import Fabric
from services.intake.domain.judge import judge
from services.intake.repository import orders as repository
from services.intake.sealing import Sealer
from services.intake.usecases.receiving import apply
from services.intake.usecases.redrafting import redraft
from services.kit.contracts.envelope import Event
from services.kit.db import Tx
from services.kit.outbox import Outbox

BATCH = 200


async def accept_waiting(tx: Tx, outbox: Outbox, sealer: Sealer, fabric: Fabric, now: datetime) -> int:
    """How many were judged; less than BATCH: none are left that nobody else has in hand."""
    held = await repository.waiting(tx, BATCH)
    drafts = [redraft(order, sealer.open(order.order_id, "content", sealed, key)) for order, sealed, key in held]
    told: list[Event] = []
    changed = []
    for (order, _, _), verdict in zip(held, judge(fabric, drafts, now), strict=True):
        judged, more = apply(replace(order, version=order.version + 1), verdict, fabric.profile, now)
        changed.append(judged)
        told += more
    await repository.save(tx, changed)
    await outbox.append(tx, told)
    return len(held)
