"""Units, each as the JSON that is published of it."""

from collections.abc import Collection, Sequence

from sqlalchemy import text

from services.fabric.entries import decode_unit, encode_unit
from services.fabric.model import Unit
from services.grids.models import StoredUnit
from services.grids.repository.chunks import chunks
from services.kit.db import Tx

_ALL = text("SELECT CAST(told AS text) AS told, version FROM unit")
_CODES = text("SELECT code FROM unit")
_ONE = text("SELECT CAST(told AS text) AS told, version FROM unit WHERE code = :code")
_PAGE = text(
    """SELECT CAST(told AS text) AS told, version FROM unit
       WHERE code > :after AND (CAST(:level AS text) IS NULL OR told ->> 'level' = :level)
         AND (CAST(:parent AS text) IS NULL OR told ->> 'parent' = :parent)
         AND (CAST(:overlay AS text) IS NULL OR told ->> 'overlay' = :overlay)
       ORDER BY code LIMIT :limit"""
)
_SAVE = text(
    """INSERT INTO unit (code, told, version)
       SELECT code, told, 1 FROM unnest(CAST(:codes AS text[]), CAST(:told AS jsonb[])) AS row (code, told)
       ON CONFLICT (code) DO UPDATE SET told = EXCLUDED.told, version = unit.version + 1"""
)


async def all_units(tx: Tx) -> dict[str, StoredUnit]:
    found = [StoredUnit(decode_unit(row.told.encode()), row.version) for row in (await tx.execute(_ALL)).all()]
    return {stored.unit.code: stored for stored in found}


async def codes(tx: Tx) -> frozenset[str]:
    return frozenset((await tx.execute(_CODES)).scalars())


async def one(tx: Tx, code: str) -> StoredUnit | None:
    row = (await tx.execute(_ONE, {"code": code})).one_or_none()
    return None if row is None else StoredUnit(decode_unit(row.told.encode()), row.version)


async def page(
    tx: Tx, after: str, limit: int, level: str | None, parent: str | None, overlay: str | None
) -> Sequence[StoredUnit]:
    rows = await tx.execute(
        _PAGE, {"after": after, "limit": limit, "level": level, "parent": parent, "overlay": overlay}
    )
    return [StoredUnit(decode_unit(row.told.encode()), row.version) for row in rows.all()]


async def save(tx: Tx, units: Collection[Unit]) -> None:
    """New ones get version 1, known ones the next."""
    for some in chunks(list(units)):
        await tx.execute(_SAVE, {"codes": [u.code for u in some], "told": [encode_unit(u)[1].decode() for u in some]})
