"""Units: a row each with its ETag, and a row for each edition as JSON."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import text

from services.fabric.entries import unit_json
from services.fabric.model import Unit
from services.grids.models import StoredUnit
from services.grids.repository.chunks import chunks
from services.kit.db import Row, Tx

_COLUMNS = "e.code, e.told, e.valid_from, e.valid_to, u.version"
_FROM = f"SELECT {_COLUMNS} FROM unit u JOIN unit_edition e ON e.code = u.code"
_ALL = text(f"{_FROM} ORDER BY e.code, e.number")
_CODES = text("SELECT code FROM unit")
_ONE = text(f"{_FROM} WHERE e.code = :code ORDER BY e.number")
_PAGE = text(
    f"""{_FROM} WHERE e.code > :after AND (CAST(:level AS text) IS NULL OR e.told ->> 'level' = :level)
         AND (CAST(:parent AS text) IS NULL OR e.told ->> 'parent' = :parent)
         AND (CAST(:overlay AS text) IS NULL OR e.told ->> 'overlay' = :overlay)
         AND (e.valid_from IS NULL OR e.valid_from <= :at) AND (e.valid_to IS NULL OR :at < e.valid_to)
       ORDER BY e.code LIMIT :limit"""
)
_SAVE = text(
    """INSERT INTO unit (code, version) SELECT code, 1 FROM unnest(CAST(:codes AS text[])) AS row (code)
       ON CONFLICT (code) DO UPDATE SET version = unit.version + 1"""
)
_FORGET = text("DELETE FROM unit_edition WHERE code = ANY(CAST(:codes AS text[]))")
_END = text("DELETE FROM unit WHERE code = ANY(CAST(:codes AS text[]))")
_STORE = text(
    """INSERT INTO unit_edition (code, number, told, valid_from, valid_to)
       SELECT * FROM unnest(CAST(:codes AS text[]), CAST(:numbers AS int[]), CAST(:told AS jsonb[]),
         CAST(:starts AS timestamptz[]), CAST(:ends AS timestamptz[]))"""
)


async def all_units(tx: Tx) -> dict[str, StoredUnit]:
    """By code; `unit` is the last edition."""
    same: dict[str, list[Row]] = defaultdict(list)
    for row in (await tx.execute(_ALL)).all():
        same[row.code].append(row)
    return {code: _stored(rows) for code, rows in same.items()}


async def codes(tx: Tx) -> frozenset[str]:
    return frozenset((await tx.execute(_CODES)).scalars())


async def one(tx: Tx, code: str) -> StoredUnit | None:
    """`unit` is the last edition."""
    rows = (await tx.execute(_ONE, {"code": code})).all()
    return _stored(rows) if rows else None


async def page(
    tx: Tx, at: datetime, after: str, limit: int, level: str | None, parent: str | None, overlay: str | None
) -> Sequence[StoredUnit]:
    """Those in force at that moment, without their other editions."""
    asked = {"at": at, "after": after, "limit": limit, "level": level, "parent": parent, "overlay": overlay}
    return [StoredUnit(_unit(row), row.version) for row in (await tx.execute(_PAGE, asked)).all()]


async def save(tx: Tx, units: Mapping[str, tuple[Unit, ...]]) -> None:
    """Each has these editions from now on and no others; new ones get version 1, known ones the next. One without any is
    forgotten."""
    await tx.execute(_FORGET, {"codes": list(units)})
    await tx.execute(_END, {"codes": [code for code, same in units.items() if not same]})
    await tx.execute(_SAVE, {"codes": [code for code, same in units.items() if same]})
    for some in chunks([(number, unit) for same in units.values() for number, unit in enumerate(same)]):
        await tx.execute(
            _STORE,
            {
                "codes": [unit.code for _, unit in some],
                "numbers": [number for number, _ in some],
                "told": [orjson.dumps(unit_json(unit)).decode() for _, unit in some],
                "starts": [unit.valid_from for _, unit in some],
                "ends": [unit.valid_to for _, unit in some],
            },
        )


def _stored(rows: Sequence[Row]) -> StoredUnit:
    editions = tuple(_unit(row) for row in rows)
    return StoredUnit(editions[-1], rows[-1].version, editions)


def _unit(row: Row) -> Unit:
    told: dict[str, Any] = row.told
    return Unit(**{**told, "aliases": tuple(told["aliases"])}, valid_from=row.valid_from, valid_to=row.valid_to)
