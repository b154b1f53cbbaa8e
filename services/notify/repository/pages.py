"""Pages to people that have not gone out yet."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import text

from services.kit.db import Tx
from services.notify.domain.pages import Waiting

_WAITING = text(
    """SELECT id, event->'data'->>'whistle_id' AS whistle_id, CAST(event->'data'->>'round' AS int) AS round,
              event->'data'->>'of' AS of
       FROM delivery
       WHERE subject = ANY(CAST(:subjects AS text[])) AND state = 'pending' AND kind IN ('sms', 'wecom', 'email')"""
)
# Their lines stay: when one is due and holds nothing more, it is closed.
_CANCEL = text(
    """UPDATE delivery SET state = 'cancelled', error = '已有人应，不再呼叫', finished_at = :now
       WHERE id = ANY(CAST(:ids AS text[])) AND state = 'pending'"""
)


async def waiting(tx: Tx, subjects: Sequence[str]) -> list[Waiting]:
    """Of these cases, or of these whistles without a case."""
    rows = await tx.execute(_WAITING, {"subjects": list(subjects)})
    return [Waiting(row.id, row.whistle_id, row.round, row.of) for row in rows.all()]


async def cancel(tx: Tx, ids: Sequence[str], now: datetime) -> None:
    """What is on its way stays; `now` is real time."""
    if ids:
        await tx.execute(_CANCEL, {"ids": sorted(ids), "now": now})
