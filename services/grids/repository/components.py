"""Components: whole inventories, buckets of the topic, pages by code or by distance."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text

from services.fabric.component_entries import bucket_of
from services.fabric.components import Component
from services.fabric.metric import METRES_PER_DEGREE, scale_at
from services.grids.models import StoredComponent
from services.grids.repository.chunks import chunks
from services.kit.db import Row, Tx

_COLUMNS = "code, kind, lon, lat, owner, state, valid_from, valid_to, version"
_WANTED = """(CAST(:kind AS text) IS NULL OR kind = :kind OR starts_with(kind, :kind || '.'))
         AND (CAST(:owner AS text) IS NULL OR owner = :owner)
         AND (CAST(:at AS timestamptz) IS NULL
              OR ((valid_from IS NULL OR valid_from <= :at) AND (valid_to IS NULL OR :at < valid_to)))"""
_ALL = text(f"SELECT {_COLUMNS} FROM component")
_OF_CODES = text(f"SELECT {_COLUMNS} FROM component WHERE code = ANY(CAST(:codes AS text[]))")
_OF_BUCKETS = text(f"SELECT {_COLUMNS} FROM component WHERE bucket = ANY(CAST(:buckets AS smallint[]))")
_COUNT = text("SELECT count(*) FROM component")
_PAGE = text(f"SELECT {_COLUMNS} FROM component WHERE code > :after AND {_WANTED} ORDER BY code LIMIT :limit")
_NEAR = text(
    f"""SELECT * FROM (
          SELECT {_COLUMNS}, sqrt(power((lon - :lon) * cos(radians((lat + :lat) / 2)), 2) + power(lat - :lat, 2))
            * :degree AS metres
          FROM component WHERE lat BETWEEN :south AND :north AND lon BETWEEN :west AND :east AND {_WANTED}) here
        WHERE metres <= :metres AND (metres, code) > (:from_metres, :after)
        ORDER BY metres, code LIMIT :limit"""
)
_FORGET = text("DELETE FROM component WHERE code = ANY(CAST(:codes AS text[]))")
_STORED: tuple[tuple[str, str], ...] = (
    ("code", "text"),
    ("bucket", "smallint"),
    ("kind", "text"),
    ("lon", "double precision"),
    ("lat", "double precision"),
    ("owner", "text"),
    ("state", "text"),
    ("valid_from", "timestamptz"),
    ("valid_to", "timestamptz"),
)
_NAMES = ", ".join(name for name, _ in _STORED)
_SAVE = text(
    f"""INSERT INTO component ({_NAMES}, version)
        SELECT *, 1 FROM unnest({", ".join(f"CAST(:{name} AS {kind}[])" for name, kind in _STORED)})
        ON CONFLICT (code) DO UPDATE SET version = component.version + 1,
          {", ".join(f"{name} = EXCLUDED.{name}" for name, _ in _STORED if name != "code")}"""
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """None: whatever it is. `kind` may be a family; `at`: in force then."""

    kind: str | None = None
    owner: str | None = None
    at: datetime | None = None


async def all_components(tx: Tx) -> dict[str, Component]:
    return {row.code: _component(row) for row in (await tx.execute(_ALL)).all()}


async def of_codes(tx: Tx, codes: Collection[str]) -> dict[str, StoredComponent]:
    rows = await tx.execute(_OF_CODES, {"codes": list(codes)})
    return {row.code: StoredComponent(_component(row), row.version) for row in rows.all()}


async def of_buckets(tx: Tx, buckets: Collection[int]) -> list[Component]:
    rows = await tx.execute(_OF_BUCKETS, {"buckets": sorted(buckets)})
    return [_component(row) for row in rows.all()]


async def count(tx: Tx) -> int:
    found: int = (await tx.execute(_COUNT)).scalar_one()
    return found


async def page(tx: Tx, wanted: Wanted, after: str, limit: int) -> list[StoredComponent]:
    """In order of code, those after `after`."""
    rows = await tx.execute(_PAGE, {**_asked(wanted), "after": after, "limit": limit})
    return [StoredComponent(_component(row), row.version) for row in rows.all()]


async def near(
    tx: Tx, wanted: Wanted, lon: float, lat: float, metres: float, after: tuple[float, str], limit: int
) -> list[StoredComponent]:
    """The nearest first; those after (metres, code)."""
    up = metres / METRES_PER_DEGREE * 1.001
    aside = metres / scale_at(min(abs(lat) + up, 89.9))[0] * 1.001
    rows = await tx.execute(
        _NEAR,
        {
            **_asked(wanted),
            "lon": lon,
            "lat": lat,
            "degree": METRES_PER_DEGREE,
            "south": lat - up,
            "north": lat + up,
            "west": lon - aside,
            "east": lon + aside,
            "metres": metres,
            "from_metres": after[0],
            "after": after[1],
            "limit": limit,
        },
    )
    return [StoredComponent(_component(row), row.version, row.metres) for row in rows.all()]


async def save(tx: Tx, components: Sequence[Component]) -> None:
    """New ones get version 1, known ones the next."""
    for some in chunks(list(components)):
        columns: dict[str, list[Any]] = {
            name: [getattr(one, name) for one in some] for name, _ in _STORED if name != "bucket"
        }
        await tx.execute(_SAVE, {**columns, "bucket": [bucket_of(one.code) for one in some]})


async def forget(tx: Tx, codes: Collection[str]) -> None:
    if codes:
        await tx.execute(_FORGET, {"codes": list(codes)})


def _asked(wanted: Wanted) -> dict[str, Any]:
    return {"kind": wanted.kind, "owner": wanted.owner, "at": wanted.at}


def _component(row: Row) -> Component:
    return Component(row.code, row.kind, row.lon, row.lat, row.owner, row.state, row.valid_from, row.valid_to)
