"""Dispatch's events, followed: the open cases that a change of the fabric is weighed by, and the places that bounce."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from services.grids.domain.following import Followed, Sign, follow
from services.grids.repository import open_cases
from services.grids.usecases.ownerless import bounced
from services.kit.contracts.envelope import Event
from services.kit.contracts.registry import body_of
from services.kit.db import Tx
from services.kit.outbox import Outbox

# 同一地点、同一诉求结案三十天内又来，是反复.
AGAIN_WITHIN = timedelta(days=30)


async def take_in(tx: Tx, outbox: Outbox, events: Sequence[Event], now: datetime) -> None:
    """In their order, a few statements however many there are."""
    followed = follow((event, body_of(event)) for event in events)
    await open_cases.save(tx, followed.cases)
    signs = [*followed.signs, *await _repeats(tx, followed)]
    await bounced(tx, outbox, signs, now)


async def _repeats(tx: Tx, followed: Followed) -> list[Sign]:
    again = await open_cases.come_again(tx, followed.begun, AGAIN_WITHIN)
    cases = {case.case_id: case for case in followed.cases if case.case_id in again}
    return [
        Sign(case.spot, "repeated", case.case_id, 0, case.opened_at, case.concern, case.place)
        for case in cases.values()
        if case.spot is not None
    ]
