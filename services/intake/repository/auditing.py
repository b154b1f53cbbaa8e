"""What the auditor asks of the orders."""

from sqlalchemy import text

from services.kit.db import Tx

_WITHOUT_CASE = text(
    """SELECT order_id FROM orders WHERE status IN ('accepted', 'joined') AND case_id IS NULL
         AND coalesce(details->>'sandbox', 'false') <> 'true'
       ORDER BY status, changed_at, order_id LIMIT :limit"""
)


async def without_case(tx: Tx, limit: int) -> list[str]:
    """Orders accepted of which dispatch has not said yet in which case they are; the longest waiting first."""
    return [row.order_id for row in (await tx.execute(_WITHOUT_CASE, {"limit": limit})).all()]
