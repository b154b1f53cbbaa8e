"""Rosters: a row each with its ETag, and a row for each edition as JSON, with whom it names."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime

import orjson
from sqlalchemy import text

from services.fabric.roster import Roster
from services.fabric.roster_entries import roster_json, roster_of
from services.grids.models import StoredRoster
from services.grids.repository.chunks import chunks
from services.kit.db import Row, Tx

_SOME = text(
    """SELECT r.unit, r.version, r.changed_at, r.changed_by, e.told FROM roster r
       JOIN roster_edition e ON e.unit = r.unit
       WHERE r.unit = ANY(CAST(:units AS text[])) ORDER BY r.unit, e.number"""
)
_NAMING = text(
    """SELECT DISTINCT unit FROM roster_edition
       WHERE people @> ARRAY[CAST(:person AS text)] AND (valid_to IS NULL OR valid_to > :now) ORDER BY unit"""
)
_SAVE = text(
    """INSERT INTO roster (unit, version, changed_at, changed_by)
       SELECT unit, 1, :at, :by FROM unnest(CAST(:units AS text[])) AS row (unit)
       ON CONFLICT (unit) DO UPDATE SET version = roster.version + 1, changed_at = :at, changed_by = :by"""
)
_FORGET = text("DELETE FROM roster_edition WHERE unit = ANY(CAST(:units AS text[]))")
_STORE = text(
    """INSERT INTO roster_edition (unit, number, told, people, valid_from, valid_to)
       SELECT unit, number, told, ARRAY(SELECT jsonb_array_elements_text(people)), valid_from, valid_to
       FROM unnest(CAST(:units AS text[]), CAST(:numbers AS int[]), CAST(:told AS jsonb[]), CAST(:people AS jsonb[]),
         CAST(:starts AS timestamptz[]), CAST(:ends AS timestamptz[]))
         AS row (unit, number, told, people, valid_from, valid_to)"""
)


async def some(tx: Tx, units: Collection[str]) -> dict[str, StoredRoster]:
    same: dict[str, list[Row]] = defaultdict(list)
    for row in (await tx.execute(_SOME, {"units": list(units)})).all():
        same[row.unit].append(row)
    return {
        unit: StoredRoster(
            tuple(roster_of(unit, row.told) for row in rows), rows[0].version, rows[0].changed_at, rows[0].changed_by
        )
        for unit, rows in same.items()
    }


async def naming(tx: Tx, person: str, now: datetime) -> list[str]:
    """Units whose rosters, of now or later, name the person."""
    return list((await tx.execute(_NAMING, {"person": person, "now": now})).scalars())


async def save(tx: Tx, rosters: Mapping[str, tuple[Roster, ...]], now: datetime, by: str) -> None:
    """Each unit has these editions from now on and no others."""
    await tx.execute(_FORGET, {"units": list(rosters)})
    await tx.execute(_SAVE, {"units": list(rosters), "at": now, "by": by})
    for some_ in chunks([(number, roster) for same in rosters.values() for number, roster in enumerate(same)]):
        await tx.execute(
            _STORE,
            {
                "units": [roster.unit for _, roster in some_],
                "numbers": [number for number, _ in some_],
                "told": [orjson.dumps(roster_json(roster)).decode() for _, roster in some_],
                "people": [orjson.dumps(sorted(roster.people())).decode() for _, roster in some_],
                "starts": [roster.valid_from for _, roster in some_],
                "ends": [roster.valid_to for _, roster in some_],
            },
        )
