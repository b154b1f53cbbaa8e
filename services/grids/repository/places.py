"""The gazetteer and the operator's calendar: each replaced whole."""

import json
from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import Row, text

from services.fabric.model import GazetteerEntry, entry_of
from services.grids.models import OperatorDays
from services.grids.repository.chunks import chunks
from services.kit.db import Tx

_FORGET_PLACES = text("DELETE FROM place")
_STORE_PLACES = text(
    """INSERT INTO place (number, name, kind, lon, lat, aliases, more)
       SELECT * FROM unnest(CAST(:numbers AS int[]), CAST(:names AS text[]), CAST(:kinds AS text[]),
         CAST(:lons AS double precision[]), CAST(:lats AS double precision[]), CAST(:aliases AS jsonb[]),
         CAST(:more AS jsonb[]))"""
)
_PAGE = text(
    """SELECT number, name, kind, lon, lat, aliases, more FROM place WHERE number > :after
         AND (CAST(:name AS text) IS NULL OR strpos(name, :name) > 0)
         AND (CAST(:kind AS text) IS NULL OR kind = :kind)
       ORDER BY number LIMIT :limit"""
)
_ALL = text("SELECT name, kind, lon, lat, aliases, more FROM place ORDER BY number")
_DAYS = text("SELECT day, works FROM day ORDER BY day")
_YEARS = text("SELECT year FROM complete_year")
_STORE_DAYS = text(
    "INSERT INTO day (day, works) SELECT * FROM unnest(CAST(:days AS date[]), CAST(:works AS boolean[]))"
)
_STORE_YEARS = text("INSERT INTO complete_year (year) SELECT unnest(CAST(:years AS int[]))")


async def replace_places(tx: Tx, places: Sequence[GazetteerEntry]) -> None:
    await tx.execute(_FORGET_PLACES)
    for some in chunks(list(enumerate(places))):
        await tx.execute(
            _STORE_PLACES,
            {
                "numbers": [number for number, _ in some],
                "names": [place.name for _, place in some],
                "kinds": [place.kind for _, place in some],
                "lons": [place.lon for _, place in some],
                "lats": [place.lat for _, place in some],
                "aliases": [json.dumps(list(place.aliases), ensure_ascii=False) for _, place in some],
                "more": [json.dumps(place.more(), ensure_ascii=False) for _, place in some],
            },
        )


async def page(tx: Tx, after: int, limit: int, name: str | None, kind: str | None) -> list[tuple[int, GazetteerEntry]]:
    """(number in the list, place); `name`: a part of it."""
    rows = await tx.execute(_PAGE, {"after": after, "limit": limit, "name": name, "kind": kind})
    return [(row.number, _entry(row)) for row in rows.all()]


async def all_places(tx: Tx) -> list[GazetteerEntry]:
    """In the order of the list."""
    return [_entry(row) for row in (await tx.execute(_ALL)).all()]


async def days(tx: Tx) -> OperatorDays:
    told: dict[date, bool] = {row.day: row.works for row in (await tx.execute(_DAYS)).all()}
    return OperatorDays(told, frozenset((await tx.execute(_YEARS)).scalars()))


async def replace_days(tx: Tx, told: OperatorDays) -> None:
    await tx.execute(text("DELETE FROM day"))
    await tx.execute(text("DELETE FROM complete_year"))
    await tx.execute(_STORE_DAYS, {"days": list(told.days), "works": list(told.days.values())})
    await tx.execute(_STORE_YEARS, {"years": sorted(told.complete_years)})


def _entry(row: Row[Any]) -> GazetteerEntry:
    return entry_of(row.name, row.kind, row.lon, row.lat, row.aliases, row.more)
