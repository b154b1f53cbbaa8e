"""Cases opened in a time, counted for the rate of whistles."""

from datetime import datetime

from sqlalchemy import text

from services.kit.db import Tx

_OPENED = text(
    """SELECT c.place->'grids'->>'street' AS grid, c.lead, count(*) AS cases FROM cases c
       WHERE c.opened_at >= :first AND c.opened_at < :last GROUP BY 1, 2"""
)


async def opened(tx: Tx, first: datetime, last: datetime) -> list[tuple[str | None, str | None, int]]:
    """(code of the street's grid, lead, how many)."""
    rows = await tx.execute(_OPENED, {"first": first, "last": last})
    return [(row.grid, row.lead, row.cases) for row in rows.all()]
