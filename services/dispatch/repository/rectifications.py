"""The register of 整改通知: written with its case, read as a list. The case's own copy is what counts."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import text

from services.dispatch.domain.standing import COMPREHENSIVE, Reach
from services.dispatch.follow_up import Rectification
from services.dispatch.repository.columns import dump, names, recordset
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
_FIELDS = tuple(name for name, _ in _STORED if name != "case_id")
_SAVE = text(
    f"""INSERT INTO rectification ({names(_STORED)}) SELECT {names(_STORED)} FROM {recordset(_STORED)}
        ON CONFLICT (number) DO UPDATE SET {", ".join(f"{name} = EXCLUDED.{name}" for name, _ in _STORED[1:])}"""
)
_CASE_OF = text("SELECT case_id FROM rectification WHERE number = :number")
_FILTERS = {
    "state": "r.state = :state",
    "unit": "r.unit = :unit",
    "case_id": "r.case_id = :case_id",
    "shop_code": "r.shop_code = :shop_code",
}
_MISSED = "r.state = 'ordered' AND r.due <= :now"
_SEEN = """(c.involved && CAST(:units AS text[]) OR (NOT c.confidential AND (r.unit = ANY(CAST(:units AS text[]))
            OR c.place->'grids'->>:overlay = ANY(CAST(:grids AS text[])))))"""


async def save(tx: Tx, changed: Sequence[tuple[str, Rectification]]) -> None:
    """(case_id, rectification) of those that are new or changed."""
    if changed:
        await tx.execute(_SAVE, {"rows": dump([asdict(one) | {"case_id": case_id} for case_id, one in changed])})


async def case_of(tx: Tx, number: str) -> str | None:
    found: str | None = (await tx.execute(_CASE_OF, {"number": number})).scalar_one_or_none()
    return found


async def listing(
    tx: Tx,
    wanted: Mapping[str, str | None],
    missed: bool,
    reach: Reach,
    now: datetime,
    after: tuple[datetime, str] | None,
    limit: int,
) -> list[tuple[str, Rectification]]:
    """(case_id, rectification), the first to fall due first; `missed`: only those that nobody looked at in time."""
    arguments: dict[str, Any] = {name: value for name, value in wanted.items() if value is not None}
    conditions = [_FILTERS[name] for name in arguments]
    if not reach.everything:
        conditions.append(_SEEN)
        arguments |= {"units": sorted(reach.units), "grids": sorted(reach.grids), "overlay": COMPREHENSIVE}
    if missed:
        conditions.append(_MISSED)
        arguments["now"] = now
    if after is not None:
        conditions.append("(r.due, r.number) > (:after_at, :after_id)")
        arguments |= {"after_at": after[0], "after_id": after[1]}
    where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
    rows = await tx.execute(
        text(
            f"SELECT r.* FROM rectification r JOIN cases c USING (case_id) {where} ORDER BY r.due, r.number LIMIT :limit"
        ),
        {**arguments, "limit": limit},
    )
    return [(row.case_id, Rectification(**{name: getattr(row, name) for name in _FIELDS})) for row in rows.all()]
