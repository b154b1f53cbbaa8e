"""Orders of sandboxes that have steps before them."""

from datetime import datetime

from sqlalchemy import text

from services.intake.models import Order
from services.intake.repository.columns import READ, order_of
from services.kit.db import Tx

# As the index orders_sandbox says it.
_OPEN = """o.details @> '{"sandbox": true}' AND o.status IN ('accepted', 'in_progress', 'resolved', 'reopened')
           AND o.changed_at <= :before"""
_DUE = text(
    f"""SELECT {READ} FROM orders o WHERE {_OPEN}
        ORDER BY o.changed_at, o.order_id LIMIT :limit FOR UPDATE SKIP LOCKED"""
)
_ANY = text(f"SELECT 1 FROM orders o WHERE {_OPEN} LIMIT 1")


async def due(tx: Tx, before: datetime, limit: int) -> list[Order]:
    """Locked, but for those that somebody has in hand."""
    return [order_of(row) for row in (await tx.execute(_DUE, {"before": before, "limit": limit})).all()]


async def any_due(tx: Tx, before: datetime) -> bool:
    return (await tx.execute(_ANY, {"before": before})).one_or_none() is not None
