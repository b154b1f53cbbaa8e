"""Subscriptions: few rows, read for every batch by the units that it concerns."""

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import text

from services.kit.db import Row, Tx
from services.notify.domain.filters import Filter
from services.notify.models import Subscription

_COLUMNS = "id, unit, kind, target, sealed_secret, types, concerns, grids, state, created_at, created_by"
_ADD = text(
    f"""INSERT INTO subscription ({_COLUMNS}) VALUES (:id, :unit, :kind, :target, :sealed_secret,
          CAST(:types AS text[]), CAST(:concerns AS text[]), CAST(:grids AS text[]), :state, :created_at, :created_by)"""
)
_OF_UNITS = text(
    f"SELECT {_COLUMNS} FROM subscription WHERE unit = ANY(CAST(:units AS text[])) AND state = 'active' ORDER BY id"
)
_BY_ID = text(f"SELECT {_COLUMNS} FROM subscription WHERE id = ANY(CAST(:ids AS text[]))")
_PAGE = text(
    f"""SELECT {_COLUMNS} FROM subscription
        WHERE (CAST(:units AS text[]) IS NULL OR unit = ANY(CAST(:units AS text[]))) AND id > :after
        ORDER BY id LIMIT :limit"""
)
_REMOVE = text("DELETE FROM subscription WHERE id = :id")
_GONE = text("UPDATE subscription SET state = 'gone' WHERE id = ANY(CAST(:ids AS text[]))")
_ORIGIN_GONE = text("UPDATE origin SET gone = true WHERE order_id = ANY(CAST(:ids AS text[]))")


async def add(tx: Tx, subscription: Subscription) -> None:
    await tx.execute(
        _ADD,
        {
            "id": subscription.id,
            "unit": subscription.unit,
            "kind": subscription.kind,
            "target": subscription.target,
            "sealed_secret": subscription.sealed_secret,
            "types": list(subscription.filter.types),
            "concerns": list(subscription.filter.concerns),
            "grids": list(subscription.filter.grids),
            "state": subscription.state,
            "created_at": subscription.created_at,
            "created_by": subscription.created_by,
        },
    )


async def of_units(tx: Tx, units: Sequence[str]) -> dict[str, list[Subscription]]:
    """Only those that are active."""
    found: defaultdict[str, list[Subscription]] = defaultdict(list)
    for row in (await tx.execute(_OF_UNITS, {"units": list(units)})).all():
        found[row.unit].append(_subscription(row))
    return found


async def by_id(tx: Tx, ids: Sequence[str]) -> dict[str, Subscription]:
    rows = await tx.execute(_BY_ID, {"ids": list(ids)})
    return {row.id: _subscription(row) for row in rows.all()}


async def page(tx: Tx, units: Sequence[str] | None, after: str, limit: int) -> list[Subscription]:
    """`units` None: of all units."""
    given = None if units is None else list(units)
    rows = await tx.execute(_PAGE, {"units": given, "after": after, "limit": limit})
    return [_subscription(row) for row in rows.all()]


async def remove(tx: Tx, subscription_id: str) -> None:
    await tx.execute(_REMOVE, {"id": subscription_id})


async def mark_gone(tx: Tx, receivers: Sequence[str]) -> None:
    """Receivers that answered that they want nothing more: subscriptions, or orders whose source is called back."""
    await tx.execute(_GONE, {"ids": list(receivers)})
    await tx.execute(_ORIGIN_GONE, {"ids": list(receivers)})


def _subscription(row: Row) -> Subscription:
    return Subscription(
        id=row.id,
        unit=row.unit,
        kind=row.kind,
        target=row.target,
        filter=Filter(tuple(row.types), tuple(row.concerns), tuple(row.grids)),
        created_at=row.created_at,
        created_by=row.created_by,
        sealed_secret=row.sealed_secret,
        state=row.state,
    )
