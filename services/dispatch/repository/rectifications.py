"""The register of 整改通知."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import text

from services.dispatch.domain.standing import COMPREHENSIVE, Reach
from services.dispatch.models import Rectification
from services.dispatch.repository.register import Register
from services.kit.db import Tx

# Asks for those that no unit ordered.
NO_UNIT = "-"
_STORED: tuple[tuple[str, str], ...] = (
    ("number", "text"),
    ("case_id", "text"),
    ("place", "int"),
    ("subject", "text"),
    ("shop_code", "text"),
    ("orders", "text"),
    ("unit", "text"),
    ("ordered_at", "timestamptz"),
    ("due", "timestamptz"),
    ("yellow_at", "timestamptz"),
    ("state", "text"),
    ("warned", "boolean"),
    ("overdue", "boolean"),
    ("failed", "int"),
    ("checked_at", "timestamptz"),
    ("found", "text"),
    ("enforcement", "text"),
)
REGISTER = Register(
    "rectification",
    Rectification,
    _STORED,
    moment="due",
    newest_first=False,
    filters={
        "state": "r.state = :state",
        "unit": f"r.unit IS NOT DISTINCT FROM NULLIF(:unit, '{NO_UNIT}')",
        "case_id": "r.case_id = :case_id",
        "shop_code": "r.shop_code = :shop_code",
        "q": """(r.subject ILIKE :q OR r.orders ILIKE :q OR r.shop_code ILIKE :q OR NOT c.confidential
            AND (c.title ILIKE :q OR c.place->>'address' ILIKE :q))""",
        "units": """(c.involved && CAST(:units AS text[]) OR (NOT c.confidential AND (r.unit = ANY(CAST(:units AS text[]))
            OR c.place->'grids'->>:overlay = ANY(CAST(:grids AS text[])))))""",
    },
)
_MISSED = "r.state = 'ordered' AND r.due <= :now"


async def listing(
    tx: Tx,
    wanted: Mapping[str, str | None],
    missed: bool,
    reach: Reach,
    now: datetime,
    after: tuple[datetime, str] | None,
    limit: int,
) -> list[tuple[str, str, Rectification]]:
    """(case_id, the case's title, rectification), the first to fall due first; `missed`: only those that nobody looked at
    in time."""
    arguments = _arguments(wanted, reach, now)
    rows = await REGISTER.rows(tx, arguments, [_MISSED] if missed else [], after, limit)
    return [(row.case_id, row.title, REGISTER.entry(row)) for row in rows]


async def by_unit(
    tx: Tx, wanted: Mapping[str, str | None], missed: bool, reach: Reach, now: datetime
) -> list[tuple[str | None, int, int]]:
    """(unit that looks again, how many, how many of them nobody looked at in time) of all that `listing` would list; where
    most was missed first, then where something falls due first."""
    arguments = _arguments(wanted, reach, now)
    asked = f"""SELECT r.unit, count(*) AS all_of_it, count(*) FILTER (WHERE {_MISSED}) AS missed
                {REGISTER.found(arguments, [_MISSED] if missed else [])}
                GROUP BY r.unit ORDER BY missed DESC, min(r.due), r.unit"""
    return [(row.unit, row.all_of_it, row.missed) for row in await tx.execute(text(asked), arguments)]


def _arguments(wanted: Mapping[str, str | None], reach: Reach, now: datetime) -> dict[str, Any]:
    arguments: dict[str, Any] = {name: value for name, value in wanted.items() if value is not None} | {"now": now}
    if "q" in arguments:
        escaped = arguments["q"].replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        arguments["q"] = f"%{escaped}%"
    if not reach.everything:
        arguments |= {"units": sorted(reach.units), "grids": sorted(reach.grids), "overlay": COMPREHENSIVE}
    return arguments
