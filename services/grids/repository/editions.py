"""Editions of grids: properties as JSON, geometry as WKB."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import shapely
from sqlalchemy import text

from services.fabric.model import GridEdition
from services.grids.domain.succession import Layer
from services.grids.models import OverlayRow
from services.grids.repository.chunks import chunks
from services.kit.db import Row, Tx

_COLUMNS = "overlay, code, name, unit, parent, households, valid_from, valid_to, properties, geometry"
_IN_FORCE = "(valid_from IS NULL OR valid_from <= :at) AND (valid_to IS NULL OR :at < valid_to)"
_OF_OVERLAY = text(f"SELECT {_COLUMNS} FROM edition WHERE overlay = :overlay ORDER BY code, number")
_OF_GRID = text(f"SELECT {_COLUMNS} FROM edition WHERE overlay = :overlay AND code = :code ORDER BY number")
_NOW = text(f"SELECT {_COLUMNS} FROM edition WHERE overlay = :overlay AND {_IN_FORCE} ORDER BY code, number")
_OVERLAYS = text(
    f"""SELECT substr(s.name, 9) AS overlay, s.version,
          (SELECT count(DISTINCT code) FROM edition WHERE overlay = substr(s.name, 9) AND {_IN_FORCE}) AS grids
        FROM section s WHERE s.name LIKE 'overlay/%' AND s.name > :after ORDER BY s.name LIMIT :limit"""
)
# Now or planned: whoever is to go must not be answering for them.
_OF_UNIT = text(
    """SELECT overlay, code, name, count(*) OVER () AS total FROM
         (SELECT DISTINCT ON (overlay, code) overlay, code, name FROM edition
          WHERE unit = :unit AND (valid_to IS NULL OR :at < valid_to) ORDER BY overlay, code, number) AS held
       ORDER BY overlay, code LIMIT :limit"""
)
_FORGET = text("DELETE FROM edition WHERE overlay = :overlay AND code = ANY(CAST(:codes AS text[]))")
_STORED: tuple[tuple[str, str], ...] = (
    ("overlay", "text"),
    ("code", "text"),
    ("number", "int"),
    ("name", "text"),
    ("unit", "text"),
    ("parent", "text"),
    ("households", "int"),
    ("valid_from", "timestamptz"),
    ("valid_to", "timestamptz"),
    ("properties", "jsonb"),
    ("geometry", "bytea"),
)
_STORE = text(
    f"""INSERT INTO edition ({", ".join(name for name, _ in _STORED)})
        SELECT * FROM unnest({", ".join(f"CAST(:{name} AS {kind}[])" for name, kind in _STORED)})"""
)


async def of_overlay(tx: Tx, overlay: str) -> list[GridEdition]:
    return [edition_of(row) for row in (await tx.execute(_OF_OVERLAY, {"overlay": overlay})).all()]


async def of_grid(tx: Tx, overlay: str, code: str) -> list[GridEdition]:
    """The earliest first."""
    rows = await tx.execute(_OF_GRID, {"overlay": overlay, "code": code})
    return [edition_of(row) for row in rows.all()]


async def in_force(tx: Tx, overlay: str, at: datetime) -> list[GridEdition]:
    return [edition_of(row) for row in (await tx.execute(_NOW, {"overlay": overlay, "at": at})).all()]


async def overlays(tx: Tx, at: datetime, after: str, limit: int) -> list[OverlayRow]:
    """In order of code, those after `after`; an overlay of which all grids have ended still counts."""
    rows = await tx.execute(_OVERLAYS, {"at": at, "after": f"overlay/{after}", "limit": limit})
    return [OverlayRow(row.overlay, row.grids, row.version) for row in rows.all()]


async def of_unit(tx: Tx, unit: str, at: datetime, limit: int) -> tuple[int, list[dict[str, str]]]:
    """(how many grids the unit answers for at that time or later, the first of them)."""
    rows = (await tx.execute(_OF_UNIT, {"unit": unit, "at": at, "limit": limit})).all()
    named = [{"overlay": row.overlay, "code": row.code, "name": row.name} for row in rows]
    return (rows[0].total if rows else 0), named


async def replace(tx: Tx, overlay: str, after: Layer) -> None:
    """The grids named have these editions from now on and no others; the rest of the overlay is not touched."""
    if not after:
        return
    await tx.execute(_FORGET, {"overlay": overlay, "codes": list(after)})
    rows = [_row(edition, number) for same in after.values() for number, edition in enumerate(same)]
    for some in chunks(rows, lambda row: len(row["geometry"])):
        await tx.execute(_STORE, _arrays(some))


def edition_of(row: Row) -> GridEdition:
    return GridEdition(
        overlay=row.overlay,
        code=row.code,
        name=row.name,
        unit=row.unit,
        geometry=shapely.from_wkb(row.geometry),
        parent=row.parent,
        households=row.households,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        properties=row.properties,
    )


def _row(edition: GridEdition, number: int) -> dict[str, Any]:
    return {
        "overlay": edition.overlay,
        "code": edition.code,
        "number": number,
        "name": edition.name,
        "unit": edition.unit,
        "parent": edition.parent,
        "households": edition.households,
        "valid_from": edition.valid_from,
        "valid_to": edition.valid_to,
        "properties": json.dumps(dict(edition.properties), ensure_ascii=False),
        "geometry": shapely.to_wkb(edition.geometry, output_dimension=2),
    }


def _arrays(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    return {name: [row[name] for row in rows] for name, _ in _STORED}
