"""Events of cases and whistles taken over into the orders they are about."""

from collections.abc import Sequence
from datetime import datetime

from services.intake.domain.following import CaseStep, follow, orders_named
from services.intake.repository import following as repository
from services.intake.usecases import matters
from services.kit.db import Tx


async def follow_cases(tx: Tx, steps: Sequence[CaseStep], now: datetime) -> int:
    """How many orders changed. One read and one write, however many events, and one more where cases end."""
    await matters.follow_ends(tx, steps)
    named = orders_named(steps)
    if not named["orders"] and not named["cases"]:
        return 0
    held = await repository.locked(tx, named["orders"], named["cases"])
    changed = follow(held, steps)
    await repository.save(tx, changed, now)
    return len(changed)
