"""The register of 督办单."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from services.dispatch.domain.standing import Reach
from services.dispatch.models import Slip
from services.dispatch.repository.register import Register
from services.kit.db import Tx

_STORED: tuple[tuple[str, str], ...] = (
    ("number", "text"),
    ("case_id", "text"),
    ("place", "int"),
    ("level", "text"),
    ("issuer", "text"),
    ("unit", "text"),
    ("said", "text"),
    ("issued_at", "timestamptz"),
    ("due", "timestamptz"),
    ("yellow_at", "timestamptz"),
    ("state", "text"),
    ("warned", "boolean"),
    ("overdue", "boolean"),
    ("reply", "text"),
    ("replied_at", "timestamptz"),
    ("closed_at", "timestamptz"),
    ("summoned_at", "timestamptz"),
    ("circulated_at", "timestamptz"),
)
REGISTER = Register(
    "slip",
    Slip,
    _STORED,
    moment="issued_at",
    newest_first=True,
    filters={
        "state": "r.state = :state",
        "unit": "r.unit = :unit",
        "case_id": "r.case_id = :case_id",
        "units": "(c.involved && CAST(:units AS text[]) OR (NOT c.confidential AND r.unit = ANY(CAST(:units AS text[]))))",
    },
)
_OVERDUE = "r.state = 'issued' AND r.due <= :now"


async def listing(
    tx: Tx,
    wanted: Mapping[str, str | None],
    overdue: bool,
    reach: Reach,
    now: datetime,
    after: tuple[datetime, str] | None,
    limit: int,
) -> list[tuple[str, str, Slip]]:
    """(case_id, the case's title, slip), the newest first; `overdue`: only those whose reply is owed since."""
    arguments: dict[str, Any] = {name: value for name, value in wanted.items() if value is not None}
    if not reach.everything:
        arguments["units"] = sorted(reach.units)
    if overdue:
        arguments["now"] = now
    rows = await REGISTER.rows(tx, arguments, [_OVERDUE] if overdue else [], after, limit)
    return [(row.case_id, row.title, REGISTER.entry(row)) for row in rows]
