"""The last cases, for a table to be tried on."""

from sqlalchemy import text

from services.dispatch.models import Case
from services.dispatch.repository.columns import READ, case_of
from services.kit.db import Tx

_LATEST = text(f"SELECT {READ} FROM cases c ORDER BY c.opened_at DESC, c.case_id DESC LIMIT :limit")


async def latest(tx: Tx, limit: int) -> list[Case]:
    """The newest first, without their clocks."""
    rows = await tx.execute(_LATEST, {"limit": limit})
    return [case_of(row, ()) for row in rows.all()]
