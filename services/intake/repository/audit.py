"""Who looked at what and did what, across all orders."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import text

from services.kit.db import Tx

_FILTERS = {
    "order": "order_id = :order",
    "by": "by_name = :by",
    "action": "action = :action",
    "person": "person = :person",
    "since": "at >= :since",
    "until": "at < :until",
    "before": "id < :before",
}


async def listing(tx: Tx, wanted: Mapping[str, Any], limit: int) -> list[Mapping[str, Any]]:
    """Latest first. `wanted`: see _FILTERS; None counts as not asked. `before`: the id where the last page ended."""
    arguments = {name: value for name, value in wanted.items() if value is not None}
    where = f"WHERE {' AND '.join(_FILTERS[name] for name in arguments)}" if arguments else ""
    rows = await tx.execute(
        text(
            f"""SELECT id, order_id, at, action, by_key, by_name, by_role, note FROM entry {where}
                ORDER BY id DESC LIMIT :limit"""
        ),
        {**arguments, "limit": limit},
    )
    return [row._asdict() for row in rows.all()]
