"""剔除 as it was asked for and decided."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import text

from services.kit.db import Tx

State = Literal["asked", "approved", "refused", "taken_back"]
_COLUMNS = (
    "exclusion_id, case_id, ground, state, reason, evidence, asked_at, asked_by, asked_role, asked_unit, asked_key,"
    " decided_at, decided_by, decided_role, note, taken_back_at, taken_back_by, taken_back_role, taken_back_for"
)
_ASK = text(
    """INSERT INTO exclusion (exclusion_id, case_id, ground, state, reason, evidence, asked_at, asked_by, asked_role,
                              asked_unit, asked_key, note)
       VALUES (:exclusion_id, :case_id, :ground, 'asked', :reason, CAST(:evidence AS text[]), :asked_at, :asked_by,
               :asked_role, :asked_unit, :asked_key, '')
       ON CONFLICT DO NOTHING RETURNING exclusion_id"""
)
_DECIDE = text(
    """UPDATE exclusion SET state = :state, decided_at = :decided_at, decided_by = :decided_by,
         decided_role = :decided_role, note = :note WHERE exclusion_id = :exclusion_id AND state = 'asked'"""
)
_TAKE_BACK = text(
    """UPDATE exclusion SET state = :state, taken_back_at = :taken_back_at, taken_back_by = :taken_back_by,
         taken_back_role = :taken_back_role, taken_back_for = :taken_back_for
       WHERE exclusion_id = :exclusion_id AND state = 'approved'"""
)
_FILTERS = {
    "state": "x.state = :state",
    "ground": "x.ground = :ground",
    "unit": "x.asked_unit = :unit",
    "case_id": "x.case_id = :case_id",
    "units": "x.asked_unit = ANY(CAST(:units AS text[]))",
}
# By rule: a kind that does not count, nobody reached, a procedure of law. What was granted has its request. What the
# source's side approved has none here, and stands among these.
_BY_RULE = """SELECT r.case_id, r.excluded AS ground, r.unit, r.due FROM rated r
    WHERE r.excluded IS NOT NULL AND NOT EXISTS (
      SELECT FROM exclusion x WHERE x.case_id = r.case_id AND x.state = 'approved')"""


@dataclass(frozen=True, slots=True)
class Exclusion:
    """`asked_key`: whose request it is, nobody decides on their own. `taken_back_for`: why it holds no longer."""

    exclusion_id: str
    case_id: str
    ground: str
    state: State
    reason: str
    evidence: tuple[str, ...]
    asked_at: datetime
    asked_by: str
    asked_role: str
    asked_unit: str | None
    asked_key: str
    decided_at: datetime | None = None
    decided_by: str | None = None
    decided_role: str | None = None
    note: str = ""
    taken_back_at: datetime | None = None
    taken_back_by: str | None = None
    taken_back_role: str | None = None
    taken_back_for: str | None = None


@dataclass(frozen=True, slots=True)
class ByRule:
    """One dispatch of a case that nobody had to ask about."""

    case_id: str
    ground: str
    unit: str | None
    due: datetime


async def ask(tx: Tx, asked: Exclusion) -> None:
    """The case must be locked, and none may wait of it."""
    given = {name: getattr(asked, name) for name in Exclusion.__slots__} | {"evidence": list(asked.evidence)}
    await tx.execute(_ASK, given)


async def decide(tx: Tx, decided: Exclusion) -> None:
    """The case must be locked."""
    await tx.execute(_DECIDE, {name: getattr(decided, name) for name in Exclusion.__slots__})


async def take_back(tx: Tx, taken: Exclusion) -> None:
    """The case must be locked."""
    await tx.execute(_TAKE_BACK, {name: getattr(taken, name) for name in Exclusion.__slots__})


async def one(tx: Tx, exclusion_id: str) -> Exclusion | None:
    statement = text(f"SELECT {_COLUMNS} FROM exclusion WHERE exclusion_id = :id")
    row = (await tx.execute(statement, {"id": exclusion_id})).one_or_none()
    return None if row is None else _of(row._mapping)


async def of_case(tx: Tx, case_id: str) -> list[Exclusion]:
    """The oldest first."""
    statement = text(f"SELECT {_COLUMNS} FROM exclusion WHERE case_id = :id ORDER BY asked_at, exclusion_id")
    return [_of(row._mapping) for row in (await tx.execute(statement, {"id": case_id})).all()]


async def listing(tx: Tx, wanted: Mapping[str, Any], after: tuple[datetime, str] | None, limit: int) -> list[Exclusion]:
    """The newest first; `wanted`: see _FILTERS."""
    arguments: dict[str, Any] = {name: value for name, value in wanted.items() if value is not None}
    conditions = [_FILTERS[name] for name in arguments]
    if after is not None:
        conditions.append("(x.asked_at, x.exclusion_id) < (:after_at, :after_id)")
        arguments |= {"after_at": after[0], "after_id": after[1]}
    where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
    statement = text(
        f"SELECT {_COLUMNS} FROM exclusion x {where} ORDER BY x.asked_at DESC, x.exclusion_id DESC LIMIT :limit"
    )
    return [_of(row._mapping) for row in (await tx.execute(statement, arguments | {"limit": limit})).all()]


async def by_rule(
    tx: Tx, ground: str | None, units: list[str] | None, after: tuple[datetime, str] | None, limit: int
) -> list[ByRule]:
    """The latest due first."""
    arguments: dict[str, Any] = {"limit": limit}
    statement = _BY_RULE
    if ground is not None:
        statement += " AND r.excluded = :ground"
        arguments["ground"] = ground
    if units is not None:
        statement += " AND r.unit = ANY(CAST(:units AS text[]))"
        arguments["units"] = units
    if after is not None:
        statement += " AND (r.due, r.case_id) < (:after_at, :after_id)"
        arguments |= {"after_at": after[0], "after_id": after[1]}
    rows = await tx.execute(text(f"{statement} ORDER BY r.due DESC, r.case_id DESC LIMIT :limit"), arguments)
    return [ByRule(**row._mapping) for row in rows.all()]


async def titles(tx: Tx, cases: Sequence[str]) -> dict[str, str]:
    """What each of the cases is called."""
    rows = await tx.execute(
        text("SELECT case_id, title FROM cases WHERE case_id = ANY(:cases)"), {"cases": list(cases)}
    )
    return {row.case_id: row.title for row in rows}


async def unheeded(tx: Tx, cases: Sequence[str]) -> list[str]:
    """Cases of these that were granted to be left out and are not."""
    rows = await tx.execute(
        text(
            """SELECT DISTINCT x.case_id FROM exclusion x JOIN cases c ON c.case_id = x.case_id
               WHERE x.state = 'approved' AND c.excluded IS NULL AND x.case_id = ANY(CAST(:cases AS text[]))"""
        ),
        {"cases": list(cases)},
    )
    return [row.case_id for row in rows.all()]


def _of(row: Mapping[Any, Any]) -> Exclusion:
    return Exclusion(**{**row, "evidence": tuple(row["evidence"])})
