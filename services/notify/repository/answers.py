"""How many answers each order's source has given: the numbers of their events."""

from collections.abc import Sequence

from sqlalchemy import text

from services.kit.db import Tx

_NEXT = text(
    """INSERT INTO answered (order_id, sequence)
       SELECT order_id, 1 FROM unnest(CAST(:orders AS text[])) AS order_id ORDER BY order_id
       ON CONFLICT (order_id) DO UPDATE SET sequence = answered.sequence + 1, changed_at = clock_timestamp()
       RETURNING order_id, sequence"""
)


async def numbered(tx: Tx, orders: Sequence[str]) -> dict[str, int]:
    """order_id → the number of its next event. Each order once."""
    rows = (await tx.execute(_NEXT, {"orders": list(orders)})).all()
    return {row.order_id: row.sequence for row in rows}
