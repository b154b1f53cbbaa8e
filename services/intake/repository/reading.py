"""Orders read: one with its progress, lists by keyset, and the sealed parts for those who may see them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text

from services.intake.models import Order
from services.intake.repository.columns import READ, order_of
from services.kit.db import Tx

_ONE = text(f"SELECT {READ}, o.progress FROM orders o WHERE o.order_id = :order_id")
# How many orders of the same caller there were in the 30 days up to this one; what is confidential is not counted.
_CALLS = """CASE WHEN CAST(o.details->>'confidential' AS boolean) THEN NULL ELSE (
    SELECT count(*) FROM personal mine JOIN personal p ON p.phone_index = mine.phone_index
    JOIN orders earlier ON earlier.order_id = p.order_id
    WHERE mine.order_id = o.order_id AND NOT CAST(earlier.details->>'confidential' AS boolean)
      AND earlier.reported_at <= o.reported_at AND earlier.reported_at > o.reported_at - interval '30 days') END"""
_ONE_FOR_DESK = text(f"SELECT {READ}, o.progress, {_CALLS} AS calls FROM orders o WHERE o.order_id = :order_id")
_SEALED = text("SELECT content, person, key_id FROM personal WHERE order_id = :order_id")

_COUNT_WAITING = text("SELECT count(*) FROM orders WHERE status = 'received'")
_ENTRIES = text(
    "SELECT at, action, by_name, by_role, note FROM entry WHERE order_id = :order_id ORDER BY id LIMIT :limit"
)

_FILTERS = {
    "source": "o.source = :source",
    "external_id": "o.external_id = :external_id",
    "channel": "o.channel = :channel",
    "status": "o.status = :status",
    "changed_after": "o.changed_at > :changed_after",
    "readable": """(o.source = :mine OR NOT CAST(o.details->>'confidential' AS boolean)
                    OR o.status = ANY(CAST(:readable AS text[])))""",
}

Place = tuple[datetime, str]
"""Where a page ended: the last order's change and id."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """Ciphertexts with the id of their key; `person` is None for an anonymous reporter."""

    content: bytes
    person: bytes | None
    key_id: str


async def with_progress(tx: Tx, order_id: str) -> tuple[Order, list[dict[str, Any]]] | None:
    row = (await tx.execute(_ONE, {"order_id": order_id})).one_or_none()
    return None if row is None else (order_of(row), row.progress)


async def for_desk(tx: Tx, order_id: str) -> tuple[Order, list[dict[str, Any]], int] | None:
    """With the number of the caller's orders within 30 days, this one among them; 0: nobody knows who called."""
    row = (await tx.execute(_ONE_FOR_DESK, {"order_id": order_id})).one_or_none()
    return None if row is None else (order_of(row), row.progress, row.calls or 0)


async def listing(tx: Tx, wanted: dict[str, Any], after: Place | None, limit: int) -> Sequence[Order]:
    """In order of change, so that whoever follows by `changed_after` meets every change. `wanted`: see _FILTERS."""
    arguments = {name: value for name, value in wanted.items() if value is not None}
    conditions = [_FILTERS[name] for name in arguments if name in _FILTERS]
    if after is not None:
        conditions.append("(o.changed_at, o.order_id) > (:after_at, :after_id)")
        arguments |= {"after_at": after[0], "after_id": after[1]}
    where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
    rows = await tx.execute(
        text(f"SELECT {READ} FROM orders o {where} ORDER BY o.changed_at, o.order_id LIMIT :limit"),
        {**arguments, "limit": limit},
    )
    return [order_of(row) for row in rows.all()]


async def sealed_of(tx: Tx, order_id: str) -> Sealed | None:
    """None once its time was over."""
    row = (await tx.execute(_SEALED, {"order_id": order_id})).one_or_none()
    return None if row is None else Sealed(row.content, row.person, row.key_id)


async def count_waiting(tx: Tx) -> int:
    return int((await tx.execute(_COUNT_WAITING)).scalar_one())


async def entries(tx: Tx, order_id: str, limit: int) -> list[dict[str, Any]]:
    rows = await tx.execute(_ENTRIES, {"order_id": order_id, "limit": limit})
    return [
        {"at": row.at.isoformat(), "action": row.action, "by": row.by_name, "role": row.by_role, "note": row.note}
        for row in rows.all()
    ]
