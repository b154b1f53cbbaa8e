"""Cases as the registry follows them: one statement a batch, the newest of each case wins."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import text

from services.grids.domain.following import FollowedCase
from services.grids.domain.handover import OpenCase
from services.kit.db import Tx

_COLUMNS: tuple[tuple[str, str], ...] = (
    ("case_id", "text"),
    ("sequence", "bigint"),
    ("state", "text"),
    ("concern", "text"),
    ("lead", "text"),
    ("assists", "jsonb"),
    ("settled", "boolean"),
    ("lon", "double precision"),
    ("lat", "double precision"),
    ("zone", "text"),
    ("address", "text"),
    ("grids", "jsonb"),
    ("orders", "int"),
    ("place", "text"),
    ("fabric_version", "bigint"),
    ("opened_at", "timestamptz"),
    ("changed_at", "timestamptz"),
    ("closed_at", "timestamptz"),
)
_NAMES = ", ".join(name for name, _ in _COLUMNS)
# What a newer event does not simply replace.
_KEPT = {
    "opened_at": "followed_case.opened_at",
    "orders": "greatest(EXCLUDED.orders, followed_case.orders)",
    "fabric_version": "coalesce(EXCLUDED.fabric_version, followed_case.fabric_version)",
    "closed_at": "CASE WHEN EXCLUDED.closed_at IS NOT NULL"
    " THEN coalesce(followed_case.closed_at, EXCLUDED.closed_at) END",
}
_GIVEN = {"settled": "coalesce(row.settled, held.settled, false)"}
_SAVE = text(
    f"""INSERT INTO followed_case ({_NAMES})
        SELECT {", ".join(_GIVEN.get(name, f"row.{name}") for name, _ in _COLUMNS)}
        FROM unnest({", ".join(f"CAST(:{name} AS {kind}[])" for name, kind in _COLUMNS)}) AS row ({_NAMES})
        LEFT JOIN followed_case AS held USING (case_id)
        ON CONFLICT (case_id) DO UPDATE
        SET {", ".join(f"{name} = {_KEPT.get(name, f'EXCLUDED.{name}')}" for name, _ in _COLUMNS[1:])}
        WHERE followed_case.sequence < EXCLUDED.sequence"""
)
_OPEN = text(
    """SELECT case_id, lon, lat, grids ->> :overlay AS grid, lead, concern, state, settled FROM followed_case
       WHERE closed_at IS NULL ORDER BY opened_at, case_id"""
)
_OF_UNIT = text(
    """SELECT case_id, state, concern, lead = :unit AS leads, count(*) OVER () AS total FROM followed_case
       WHERE closed_at IS NULL AND (lead = :unit OR assists @> to_jsonb(CAST(:unit AS text)))
       ORDER BY lead = :unit DESC, opened_at, case_id LIMIT :limit"""
)
_AGAIN = text(
    """SELECT now.case_id, now.opened_at FROM followed_case AS now
       WHERE now.case_id = ANY(CAST(:ids AS text[])) AND EXISTS (
         SELECT FROM followed_case AS earlier
         WHERE earlier.place = now.place AND earlier.concern = now.concern AND earlier.case_id <> now.case_id
           AND earlier.state = 'closed' AND earlier.closed_at <= now.opened_at
           AND earlier.closed_at > now.opened_at - CAST(:within AS interval))"""
)
_FORGET = text(
    """DELETE FROM followed_case WHERE ctid = ANY(ARRAY(
         SELECT ctid FROM followed_case WHERE closed_at < :before LIMIT :slice))"""
)


async def save(tx: Tx, cases: Sequence[FollowedCase]) -> None:
    """In the order of their ids, so that two processes lock them alike."""
    if cases:
        rows = [_row(case) for case in sorted(cases, key=lambda case: case.case_id)]
        await tx.execute(_SAVE, {name: [row[name] for row in rows] for name, _ in _COLUMNS})


async def open_cases(tx: Tx, overlay: str) -> list[OpenCase]:
    """All of them, the oldest first, each with the grid of this overlay that it names."""
    return [OpenCase(*row) for row in (await tx.execute(_OPEN, {"overlay": overlay})).all()]


async def of_unit(tx: Tx, unit: str, limit: int) -> tuple[int, list[dict[str, Any]]]:
    """(how many are open of which the unit is lead or assist, the first of them): those that it leads go first."""
    rows = (await tx.execute(_OF_UNIT, {"unit": unit, "limit": limit})).all()
    told = [
        {"case_id": r.case_id, "state": r.state, "concern": r.concern, "as": "lead" if r.leads else "assist"}
        for r in rows
    ]
    return (rows[0].total if rows else 0), told


async def come_again(tx: Tx, ids: Sequence[str], within: timedelta) -> set[str]:
    """Which of these cases are about what was closed at the same place so shortly before they were opened."""
    if not ids:
        return set()
    return {row.case_id for row in (await tx.execute(_AGAIN, {"ids": list(ids), "within": within})).all()}


async def forget(tx: Tx, before: datetime, slice_: int) -> int:
    """Those closed before then; how many."""
    return (await tx.execute(_FORGET, {"before": before, "slice": slice_})).rowcount


def _row(case: FollowedCase) -> dict[str, Any]:
    place = case.place
    return {
        "case_id": case.case_id,
        "sequence": case.sequence,
        "state": case.state,
        "concern": case.concern,
        "lead": case.lead,
        "assists": orjson.dumps(case.assists).decode(),
        "settled": case.settled,
        "lon": place.lon,
        "lat": place.lat,
        "zone": place.zone,
        "address": place.address,
        "grids": orjson.dumps(place.grids).decode(),
        "orders": case.orders,
        "place": case.spot,
        "fabric_version": case.fabric_version,
        "opened_at": case.opened_at,
        "changed_at": case.changed_at,
        "closed_at": case.closed_at,
    }
