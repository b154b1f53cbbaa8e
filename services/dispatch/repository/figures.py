"""Cases that fell due in a period, in groups that are alike: one statement over `rated`, however many cases."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import text

from services.fabric.periods import Period
from services.fabric.rates import Facts, Rate, Status
from services.kit.db import Row, Tx

By = Literal["unit", "grid", "concern", "channel", "street", "day", "month"]
Part = Literal["numerator", "denominator", "excluded", "waiting"]
_KEYS: Mapping[By, str] = {
    "unit": "unit",
    "grid": "grid",
    "concern": "concern",
    "channel": "channel",
    "street": "street",
    "day": "CAST(due AT TIME ZONE 'Asia/Shanghai' AS date)",
    "month": "CAST(date_trunc('month', due AT TIME ZONE 'Asia/Shanghai') AS date)",
}
# A month is grouped by its first day.
_KEY_LENGTHS: Mapping[By, int] = {"month": len("2026-11")}
_KEY_COLUMNS = ("unit", "grid", "concern", "channel", "street")


# How a limit stands, as the database reckons it: numbers are grouped several times faster than words.
_STANDINGS: Sequence[Status | None] = (None, "done", "late", "waiting")
_DONE, _LATE, _WAITING = 1, 2, 3


def _standing(state: str, due: str) -> str:
    """At :now; the sweeper may be a moment behind."""
    return f"""CASE WHEN {state} IS NULL THEN 0 WHEN {state} = 'met' THEN {_DONE}
      WHEN {state} = 'late' OR {state} <> 'paused' AND {due} <= :now THEN {_LATE} ELSE {_WAITING} END"""


_SUMMED = ("answered", "solved", "satisfied", "fair", "pending")
_SUMS = ", ".join(f"CAST(sum({name}) AS int) AS {name}" for name in _SUMMED)
_COUNTS = f"{', '.join(_SUMMED)}, recurred, excluded"
# A case counts once, by its last limit that has fallen in the period.
_DUE = f"""
    SELECT case_id, due, {", ".join(_KEY_COLUMNS)}, {_standing("contact", "contact_due")} AS contact, contact_due,
           {_standing("resolve", "due")} AS resolve, {_COUNTS}
    FROM rated
    WHERE due >= :first AND due < :last AND NOT coalesce(next_due < :last AND (
      next_resolve IN ('met', 'late') OR next_resolve <> 'paused' AND next_due <= :now), false)"""
_JUDGED = f"resolve IN ({_DONE}, {_LATE}) AND excluded IS NULL"
# Which of the cases are in a part of a rate, as `tally_of` counts them.
_PARTS: Mapping[tuple[Rate, str], str] = {
    ("response", "numerator"): f"{_JUDGED} AND contact = {_DONE}",
    ("response", "denominator"): f"{_JUDGED} AND contact IN ({_DONE}, {_LATE})",
    ("resolution", "numerator"): f"{_JUDGED} AND solved > 0 AND NOT recurred",
    ("resolution", "denominator"): f"{_JUDGED} AND answered > 0",
    ("satisfaction", "numerator"): f"{_JUDGED} AND satisfied + fair > 0",
    ("satisfaction", "denominator"): f"{_JUDGED} AND answered > 0",
    ("on_time", "numerator"): f"{_JUDGED} AND resolve = {_DONE}",
    ("on_time", "denominator"): _JUDGED,
}
_OTHER_PARTS = {"excluded": "excluded IS NOT NULL", "waiting": f"resolve = {_WAITING} AND excluded IS NULL"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """`now`: as of when limits are looked at. `of`: one key of `by`, empty for what has none. `units`: only theirs.
    `but`: without this case."""

    period: Period
    now: datetime
    by: By = "unit"
    of: str | None = None
    units: frozenset[str] | None = None
    but: str | None = None

    def narrowed(self) -> tuple[str, dict[str, Any]]:
        """The rows as a FROM item, and its arguments."""
        conditions = [_DUE]
        arguments: dict[str, Any] = {"first": self.period.start, "last": self.period.end, "now": self.now}
        if self.of is not None:
            key = _KEYS[self.by]
            if self.by in ("day", "month"):
                key = f"substring(CAST({key} AS text) FOR {_KEY_LENGTHS.get(self.by, 10)})"
            conditions.append(f"{key} = :of" if self.of else f"{key} IS NULL")
            arguments |= {"of": self.of} if self.of else {}
        if self.units is not None:
            conditions.append("unit = ANY(CAST(:units AS text[]))")
            arguments |= {"units": sorted(self.units)}
        if self.but is not None:
            conditions.append("case_id <> :but")
            arguments |= {"but": self.but}
        return f"({' AND '.join(conditions)}) AS f", arguments


@dataclass(frozen=True, slots=True)
class Counted:
    """One case in a part of a figure. `facts` are of it alone."""

    case_id: str
    due: datetime
    contact_due: datetime | None
    facts: Facts
    unit: str | None
    lead: str | None
    state: str
    title: str
    confidential: bool


# Groups are few, which the planner can't know of what is reckoned: given room it counts them in a hash, not by sorting.
_ROOM = text("SELECT set_config('work_mem', '64MB', true)")


async def facts(tx: Tx, wanted: Wanted) -> dict[str, list[Facts]]:
    """Key → groups; the key is empty where a case has none (no grid, no lead)."""
    rows, arguments = wanted.narrowed()
    found: dict[str, list[Facts]] = defaultdict(list)
    statement = text(
        f"""SELECT {_KEYS[wanted.by]} AS key, excluded, contact * 8 + resolve * 2 + CAST(recurred AS int) AS code, {_SUMS},
                   count(*) AS cases
            FROM {rows} GROUP BY 1, 2, 3"""
    )
    await tx.execute(_ROOM)
    for row in (await tx.execute(statement, arguments)).all():
        found[str(row.key or "")[: _KEY_LENGTHS.get(wanted.by)]].append(
            _facts(row, row.code // 8, row.code // 2 % 4, bool(row.code % 2), row.cases)
        )
    return dict(found)


async def cases(
    tx: Tx, wanted: Wanted, rate: Rate, part: Part, after: tuple[datetime, str] | None, limit: int
) -> list[Counted]:
    """Those behind a number, by due time; `rate` is not looked at for what is in no rate."""
    condition = _OTHER_PARTS.get(part) or _PARTS[rate, part]
    return await _listed(tx, wanted, condition, after, limit)


async def movable(tx: Tx, wanted: Wanted, limit: int) -> list[Counted]:
    """Cases for which something can still be done, the first due first."""
    return await _listed(tx, wanted, f"excluded IS NULL AND (resolve = {_WAITING} OR pending > 0)", None, limit)


async def cases_of(tx: Tx, case_id: str, wanted: Wanted) -> list[Counted]:
    """One case as it counts in the period; nothing if it is not due there."""
    return await _listed(tx, wanted, "case_id = :one", None, 10, one=case_id)


async def due_of(tx: Tx, case_id: str) -> datetime | None:
    """The last limit of a case that rates know."""
    due: datetime | None = (
        await tx.execute(text("SELECT max(due) FROM rated WHERE case_id = :id"), {"id": case_id})
    ).scalar_one()
    return due


async def _listed(
    tx: Tx, wanted: Wanted, condition: str, after: tuple[datetime, str] | None, limit: int, **more: Any
) -> list[Counted]:
    rows, arguments = wanted.narrowed()
    arguments |= more | {"limit": limit}
    if after is not None:
        condition += " AND (due, case_id) > (:after_at, :after_id)"
        arguments |= {"after_at": after[0], "after_id": after[1]}
    statement = text(
        f"""SELECT p.*, c.lead, c.state, c.title, c.confidential
            FROM (SELECT * FROM {rows} WHERE {condition} ORDER BY due, case_id LIMIT :limit) AS p
            JOIN cases c ON c.case_id = p.case_id ORDER BY p.due, p.case_id"""
    )
    return [
        Counted(
            row.case_id,
            row.due,
            row.contact_due,
            _facts(row, row.contact, row.resolve, row.recurred, 1),
            row.unit,
            row.lead,
            row.state,
            row.title,
            row.confidential,
        )
        for row in (await tx.execute(statement, arguments)).all()
    ]


def _facts(row: Row, contact: int, resolve: int, recurred: bool, cases: int) -> Facts:
    return Facts(
        cases=cases,
        contact=_STANDINGS[contact],
        resolve=_STANDINGS[resolve],
        answered=row.answered,
        solved=row.solved,
        satisfied=row.satisfied,
        fair=row.fair,
        pending=row.pending,
        recurred=recurred,
        excluded=row.excluded,
    )
