"""Rulings as precedents: kept once, searched, and the newest of them for every process's memory."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import text

from services.dispatch.domain.routing.precedents import Precedent
from services.kit.db import Row, Tx

_FIELDS = """p.id, p.case_id, p.at, p.concern, p.sub_concern, p.zone, p.grids, p.previous, p.lead, p.target, p.ground,
             p.by_unit"""
# Words of the case itself are looked at where they still are: what is erased there is not found here either.
_FILTERS = {
    "q": "(p.ground ILIKE :q OR p.case_id = :whole OR c.words ILIKE :q)",
    "concern": "(p.concern = :concern OR p.sub_concern = :concern)",
    "unit": "(p.lead = :unit OR p.previous = :unit)",
    "before": "p.id < :before",
}


async def add(tx: Tx, made: Precedent, by_name: str) -> Precedent:
    """With its number. Rulings are rare: they wait for each other, so that who has seen a number has seen all below it."""
    await tx.execute(text("LOCK TABLE precedent IN SHARE ROW EXCLUSIVE MODE"))
    number: int = (await tx.execute(text("SELECT COALESCE(max(id), 0) + 1 FROM precedent"))).scalar_one()
    kept = replace(made, id=number)
    await tx.execute(
        text(
            """INSERT INTO precedent (id, case_id, at, concern, sub_concern, zone, grids, previous, lead, target, ground,
                                      by_unit, by_name)
               VALUES (:id, :case_id, :at, :concern, :sub_concern, :zone, CAST(:grids AS jsonb), :previous, :lead,
                       :target, :ground, :by_unit, :by_name)"""
        ),
        {
            name: getattr(kept, name)
            for name in (
                "id", "case_id", "at", "concern", "sub_concern", "zone", "previous", "lead", "target", "ground", "by_unit"
            )
        }
        | {"grids": json.dumps(dict(kept.grids), ensure_ascii=False), "by_name": by_name},
    )  # fmt: skip
    return kept


async def since(tx: Tx, after: int, limit: int) -> list[Precedent]:
    """The newest `limit` above a number."""
    rows = await tx.execute(
        text(f"SELECT {_FIELDS} FROM precedent p WHERE p.id > :after ORDER BY p.id DESC LIMIT :limit"),
        {"after": after, "limit": limit},
    )
    return [_of(row) for row in rows.all()]


async def search(tx: Tx, wanted: Mapping[str, Any], limit: int) -> list[tuple[Precedent, str]]:
    """The newest first, each with its case's title (empty once it is erased). `wanted`: see _FILTERS."""
    arguments = {name: value for name, value in wanted.items() if value is not None}
    where = " AND ".join(["true", *(_FILTERS[name] for name in arguments)])
    if "q" in arguments:
        said = str(arguments["q"])
        escaped = said.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        arguments |= {"q": f"%{escaped}%", "whole": said}
    rows = await tx.execute(
        text(
            f"""SELECT {_FIELDS}, COALESCE(c.title, '') AS title
                FROM precedent p LEFT JOIN cases c ON c.case_id = p.case_id
                WHERE {where} ORDER BY p.id DESC LIMIT :limit"""
        ),
        {**arguments, "limit": limit},
    )
    return [(_of(row), row.title) for row in rows.all()]


def _of(row: Row) -> Precedent:
    return Precedent(
        id=row.id,
        case_id=row.case_id,
        at=row.at,
        concern=row.concern,
        sub_concern=row.sub_concern,
        zone=row.zone,
        grids=row.grids,
        previous=row.previous,
        lead=row.lead,
        target=row.target,
        ground=row.ground,
        by_unit=row.by_unit,
    )
