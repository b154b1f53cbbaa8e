"""What of the cases a grid's card tells."""

from sqlalchemy import text

from services.kit.db import Tx

_BY_STATE = text(
    """SELECT state, count(*) AS cases FROM followed_case
       WHERE closed_at IS NULL AND grids ->> :overlay = :code GROUP BY state ORDER BY state"""
)


async def open_by_state(tx: Tx, overlay: str, code: str) -> dict[str, int]:
    """How many cases whose place is on the grid are open, by state."""
    rows = await tx.execute(_BY_STATE, {"overlay": overlay, "code": code})
    return {row.state: row.cases for row in rows.all()}
