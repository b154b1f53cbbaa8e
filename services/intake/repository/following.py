"""The orders that a batch of case events moves: read under lock, written in one statement."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import text

from services.intake.domain.following import Followed
from services.intake.repository.columns import as_text
from services.kit.db import Tx

_LOCKED = text(
    """SELECT order_id, status, case_id, case_sequence, left_cases, satisfaction, under FROM orders
       WHERE order_id = ANY(CAST(:orders AS text[])) OR case_id = ANY(CAST(:cases AS text[]))
       ORDER BY order_id FOR UPDATE"""
)
_SAVE = text(
    """UPDATE orders AS o SET status = row.status, case_id = row.case_id, case_sequence = row.case_sequence,
              satisfaction = row.satisfaction, under = row.under, progress = o.progress || row.progress, changed_at = :now,
              version = o.version + 1
       FROM unnest(CAST(:order_id AS text[]), CAST(:status AS text[]), CAST(:case_id AS text[]),
                   CAST(:case_sequence AS bigint[]), CAST(:satisfaction AS text[]), CAST(:under AS text[]),
                   CAST(:progress AS jsonb[]))
            AS row (order_id, status, case_id, case_sequence, satisfaction, under, progress)
       WHERE o.order_id = row.order_id"""
)


async def locked(tx: Tx, orders: Sequence[str], cases: Sequence[str]) -> list[Followed]:
    """`cases`: all orders of these."""
    rows = await tx.execute(_LOCKED, {"orders": list(orders), "cases": list(cases)})
    return [
        Followed(
            row.order_id,
            row.status,
            row.case_id,
            row.case_sequence,
            tuple(row.left_cases),
            row.satisfaction,
            row.under,
        )
        for row in rows.all()
    ]


async def save(tx: Tx, orders: Sequence[Followed], now: datetime) -> None:
    if orders:
        await tx.execute(
            _SAVE,
            {
                "now": now,
                "order_id": [order.order_id for order in orders],
                "status": [order.status for order in orders],
                "case_id": [order.case_id for order in orders],
                "case_sequence": [order.case_sequence for order in orders],
                "satisfaction": [order.satisfaction for order in orders],
                "under": [order.under for order in orders],
                "progress": [as_text([step.as_json() for step in order.steps]) for order in orders],
            },
        )
