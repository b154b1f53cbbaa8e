"""Handovers: orders that cry for help and have none yet, records, receipts."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text

from services.intake.domain.handing_over import HandedOver
from services.intake.models import Order
from services.intake.repository.columns import READ, order_of
from services.kit.db import Row, Tx

# Longer than any outage: what was judged before has been handed over.
LOOK_BACK = timedelta(days=30)
_CRYING = text(
    f"""SELECT {READ} FROM orders o
        WHERE CAST(o.classified ->> 'handed_over' AS boolean) AND o.changed_at > :since
          AND NOT CAST(coalesce(o.details ->> 'sandbox', 'false') AS boolean)
          AND NOT EXISTS (SELECT 1 FROM handover h WHERE h.order_id = o.order_id)
        ORDER BY o.order_id LIMIT :limit FOR UPDATE OF o SKIP LOCKED"""
)
_COUNT_CRYING = text(
    """SELECT count(*) FROM orders o
       WHERE CAST(o.classified ->> 'handed_over' AS boolean) AND o.changed_at > :since
         AND NOT CAST(coalesce(o.details ->> 'sandbox', 'false') AS boolean)
         AND NOT EXISTS (SELECT 1 FROM handover h WHERE h.order_id = o.order_id)"""
)
_HANDED = text("SELECT order_id FROM handover WHERE order_id = ANY(CAST(:ids AS text[]))")
_COLUMNS = (
    ("handover_id", "text"),
    ("order_id", "text"),
    ("external_id", "text"),
    ("service", "text"),
    ("state", "text"),
    ("handed_at", "timestamptz"),
    ("sent_at", "timestamptz"),
    ("attempts", "int"),
    ("raised", "boolean"),
)
_NAMES = ", ".join(name for name, _ in _COLUMNS)
_GIVEN = ", ".join(f"CAST(:{name} AS {kind}[])" for name, kind in _COLUMNS)
# Units as one text: an array of arrays of different lengths is none.
_KEEP = text(
    f"""INSERT INTO handover ({_NAMES}, units)
        SELECT {_NAMES}, string_to_array(units, ' ') FROM unnest({_GIVEN}, CAST(:units AS text[])) AS row ({_NAMES}, units)
        ON CONFLICT (handover_id) DO UPDATE
          SET sent_at = excluded.sent_at, attempts = excluded.attempts, raised = excluded.raised, units = excluded.units"""
)
_OF_ORDERS = text("SELECT * FROM handover WHERE order_id = ANY(CAST(:orders AS text[])) AND state = 'open'")
_ONE = text("SELECT * FROM handover WHERE handover_id = :handover_id")
_LOCKED_ORDERS = text(
    f"SELECT {READ} FROM orders o WHERE o.order_id = ANY(CAST(:ids AS text[])) ORDER BY o.order_id FOR UPDATE"
)
_ACKNOWLEDGE = text(
    """UPDATE handover SET state = 'acknowledged', receipt = :receipt, acknowledged_at = :at, acknowledged_by = :by
       WHERE handover_id = :handover_id AND state = 'open'"""
)
_UNANSWERED = text("SELECT count(*) FROM handover WHERE state = 'open' AND raised")
_FILTERS = {
    "state": "state = :state",
    "services": "service = ANY(CAST(:services AS text[]))",
    "unit": ":unit = ANY(units)",
}


async def crying(tx: Tx, since: datetime, limit: int) -> list[Order]:
    """Orders to be handed over that are not yet; locked."""
    return [order_of(row) for row in (await tx.execute(_CRYING, {"since": since, "limit": limit})).all()]


async def already(tx: Tx, order_ids: Sequence[str]) -> set[str]:
    """Asked once the orders are locked: another process may have handed them over while this one waited for them."""
    return {row.order_id for row in (await tx.execute(_HANDED, {"ids": list(order_ids)})).all()}


async def count_crying(tx: Tx, since: datetime) -> int:
    return int((await tx.execute(_COUNT_CRYING, {"since": since})).scalar_one())


async def keep(tx: Tx, handed: Sequence[HandedOver]) -> None:
    columns: dict[str, list[Any]] = {name: [getattr(one, name) for one in handed] for name, _ in _COLUMNS}
    await tx.execute(_KEEP, {**columns, "units": [" ".join(one.units) for one in handed]})


async def lock_orders(tx: Tx, order_ids: Sequence[str]) -> dict[str, Order]:
    rows = await tx.execute(_LOCKED_ORDERS, {"ids": list(order_ids)})
    return {row.order_id: order_of(row) for row in rows.all()}


async def open_of(tx: Tx, order_ids: Sequence[str]) -> list[HandedOver]:
    return [_handed(row) for row in (await tx.execute(_OF_ORDERS, {"orders": list(order_ids)})).all()]


async def one(tx: Tx, handover_id: str) -> HandedOver | None:
    row = (await tx.execute(_ONE, {"handover_id": handover_id})).one_or_none()
    return None if row is None else _handed(row)


async def acknowledge(tx: Tx, handover_id: str, receipt: str, at: datetime, by: str) -> bool:
    """False when somebody was first."""
    arguments = {"handover_id": handover_id, "receipt": receipt, "at": at, "by": by}
    return bool((await tx.execute(_ACKNOWLEDGE, arguments)).rowcount)


async def unanswered(tx: Tx) -> int:
    return int((await tx.execute(_UNANSWERED)).scalar_one())


async def listing(
    tx: Tx, wanted: dict[str, Any], after: tuple[datetime, str] | None, limit: int
) -> Sequence[HandedOver]:
    """Oldest first. `wanted`: see _FILTERS."""
    arguments = {name: value for name, value in wanted.items() if value is not None}
    conditions = [_FILTERS[name] for name in arguments]
    if after is not None:
        conditions.append("(handed_at, handover_id) > (:after_at, :after_id)")
        arguments |= {"after_at": after[0], "after_id": after[1]}
    where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
    statement = text(f"SELECT * FROM handover {where} ORDER BY handed_at, handover_id LIMIT :limit")
    return [_handed(row) for row in (await tx.execute(statement, {**arguments, "limit": limit})).all()]


def _handed(row: Row) -> HandedOver:
    return HandedOver(
        handover_id=row.handover_id,
        order_id=row.order_id,
        external_id=row.external_id,
        service=row.service,
        units=tuple(row.units),
        handed_at=row.handed_at,
        sent_at=row.sent_at,
        attempts=row.attempts,
        raised=row.raised,
        state=row.state,
        receipt=row.receipt,
        acknowledged_at=row.acknowledged_at,
        acknowledged_by=row.acknowledged_by,
    )
