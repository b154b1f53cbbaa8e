"""The register of 整改通知."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from services.dispatch.domain.standing import COMPREHENSIVE, Reach
from services.dispatch.models import Rectification
from services.dispatch.repository.register import Register
from services.kit.db import Tx

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
        "unit": "r.unit = :unit",
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
    arguments: dict[str, Any] = {name: value for name, value in wanted.items() if value is not None}
    if "q" in arguments:
        escaped = arguments["q"].replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        arguments["q"] = f"%{escaped}%"
    if not reach.everything:
        arguments |= {"units": sorted(reach.units), "grids": sorted(reach.grids), "overlay": COMPREHENSIVE}
    if missed:
        arguments["now"] = now
    rows = await REGISTER.rows(tx, arguments, [_MISSED] if missed else [], after, limit)
    return [(row.case_id, row.title, REGISTER.entry(row)) for row in rows]
