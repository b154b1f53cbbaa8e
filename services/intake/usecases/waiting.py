"""Orders that came before there was any fabric: judged, a batch at a time, once there is one."""

from dataclasses import replace
from datetime import datetime

from services.fabric.snapshot import Fabric
from services.intake.domain.judge import judge
from services.intake.domain.learned.model import Model
from services.intake.repository import orders as repository
from services.intake.sealing import Sealer
from services.intake.usecases import matters
from services.intake.usecases.matters import Late
from services.intake.usecases.receiving import apply, building_of
from services.intake.usecases.redrafting import redraft
from services.kit.db import Tx
from services.kit.outbox import Outbox

BATCH = 200


async def accept_waiting(
    tx: Tx, outbox: Outbox, sealer: Sealer, fabric: Fabric, now: datetime, model: Model | None = None
) -> int:
    """How many were judged; less than BATCH: none are left that nobody else has in hand."""
    held = await repository.waiting(tx, BATCH)
    drafts = [redraft(order, sealer.open(order.order_id, "content", sealed, key)) for order, sealed, key in held]
    judged: list[Late] = []
    for (order, _, _), draft, verdict in zip(held, drafts, judge(fabric, drafts, now, model=model), strict=True):
        after, told = apply(replace(order, version=order.version + 1), verdict, fabric.profile, now)
        judged.append((after, told, matters.subject_of(after, fabric.profile, building_of(draft, sealer))))
    decided = await matters.settled_late(tx, fabric.profile.thresholds, judged, now)
    await repository.save(tx, [order for order, _ in decided])
    await outbox.append(tx, [event for _, told in decided for event in told])
    return len(held)
