"""Rows of shops."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import text

from services.intake.domain.shops import Shop
from services.intake.repository.columns import as_text
from services.kit.db import Row, Tx

_SEEN = "code, name, address, lon, lat, guarantees, version"
_ONE = text(f"SELECT {_SEEN} FROM shop WHERE code = :code")
_PAGE = text(
    f"""SELECT {_SEEN} FROM shop WHERE CAST(:after AS text) IS NULL OR code > :after ORDER BY code LIMIT :limit"""
)
# Sorted, so that two registers put at once wait for each other in one direction only. A shop that stays as it is keeps
# its version.
_PUT = text(
    """INSERT INTO shop AS s (code, name, address, lon, lat, guarantees, version, changed_at, changed_by)
       SELECT code, name, address, lon, lat, ARRAY(SELECT jsonb_array_elements_text(guarantees)), 1, :now, :by
       FROM unnest(CAST(:codes AS text[]), CAST(:names AS text[]), CAST(:addresses AS text[]),
                   CAST(:lons AS double precision[]), CAST(:lats AS double precision[]), CAST(:guarantees AS jsonb[]))
         AS row (code, name, address, lon, lat, guarantees) ORDER BY code
       ON CONFLICT (code) DO UPDATE SET name = EXCLUDED.name, address = EXCLUDED.address, lon = EXCLUDED.lon,
         lat = EXCLUDED.lat, guarantees = EXCLUDED.guarantees, version = s.version + 1, changed_at = EXCLUDED.changed_at,
         changed_by = EXCLUDED.changed_by
       WHERE (s.name, s.address, s.lon, s.lat, s.guarantees) IS DISTINCT FROM
             (EXCLUDED.name, EXCLUDED.address, EXCLUDED.lon, EXCLUDED.lat, EXCLUDED.guarantees)
       RETURNING (xmax = 0) AS new"""
)
_DELETE = text("DELETE FROM shop WHERE code = :code RETURNING 1")


async def one(tx: Tx, code: str) -> Shop | None:
    row = (await tx.execute(_ONE, {"code": code})).one_or_none()
    return None if row is None else _shop(row)


async def page(tx: Tx, after: str | None, limit: int) -> list[Shop]:
    return [_shop(row) for row in (await tx.execute(_PAGE, {"after": after, "limit": limit})).all()]


async def put(tx: Tx, shops: Sequence[Shop], by: str, now: datetime) -> tuple[int, int]:
    """(how many are new, how many were changed). No code may be there twice."""
    rows = await tx.execute(
        _PUT,
        {
            "codes": [shop.code for shop in shops],
            "names": [shop.name for shop in shops],
            "addresses": [shop.address for shop in shops],
            "lons": [shop.lon for shop in shops],
            "lats": [shop.lat for shop in shops],
            "guarantees": [as_text(shop.guarantees) for shop in shops],
            "by": by,
            "now": now,
        },
    )
    new = [bool(row.new) for row in rows.all()]
    return new.count(True), new.count(False)


async def delete(tx: Tx, code: str) -> bool:
    return (await tx.execute(_DELETE, {"code": code})).one_or_none() is not None


def _shop(row: Row) -> Shop:
    return Shop(row.code, row.name, row.address, row.lon, row.lat, tuple(row.guarantees), row.version)
