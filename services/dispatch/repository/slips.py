"""The register of 督办单: written with its case, read as a list. The case's own copy is what counts."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import text

from services.dispatch.domain.standing import Reach
from services.dispatch.models import Slip
from services.dispatch.repository.columns import dump, names, recordset
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
_FIELDS = tuple(name for name, _ in _STORED if name != "case_id")
_SAVE = text(
    f"""INSERT INTO slip ({names(_STORED)}) SELECT {names(_STORED)} FROM {recordset(_STORED)}
        ON CONFLICT (number) DO UPDATE SET {", ".join(f"{name} = EXCLUDED.{name}" for name, _ in _STORED[1:])}"""
)
_CASE_OF = text("SELECT case_id FROM slip WHERE number = :number")
_FILTERS = {
    "state": "s.state = :state",
    "unit": "s.unit = :unit",
    "case_id": "s.case_id = :case_id",
    "units": "(c.involved && CAST(:units AS text[]) OR (NOT c.confidential AND s.unit = ANY(CAST(:units AS text[]))))",
}
_OVERDUE = "s.state = 'issued' AND s.due <= :now"


async def save(tx: Tx, changed: Sequence[tuple[str, Slip]]) -> None:
    """(case_id, slip) of those that are new or changed."""
    if changed:
        await tx.execute(_SAVE, {"rows": dump([asdict(slip) | {"case_id": case_id} for case_id, slip in changed])})


async def case_of(tx: Tx, number: str) -> str | None:
    found: str | None = (await tx.execute(_CASE_OF, {"number": number})).scalar_one_or_none()
    return found


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
    conditions = [_FILTERS[name] for name in arguments]
    if overdue:
        conditions.append(_OVERDUE)
        arguments["now"] = now
    if after is not None:
        conditions.append("(s.issued_at, s.number) < (:after_at, :after_id)")
        arguments |= {"after_at": after[0], "after_id": after[1]}
    where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
    rows = await tx.execute(
        text(
            f"""SELECT s.*, c.title FROM slip s JOIN cases c USING (case_id) {where}
                ORDER BY s.issued_at DESC, s.number DESC LIMIT :limit"""
        ),
        {**arguments, "limit": limit},
    )
    return [(row.case_id, row.title, Slip(**{name: getattr(row, name) for name in _FIELDS})) for row in rows.all()]
