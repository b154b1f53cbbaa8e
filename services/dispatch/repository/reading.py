"""Cases read: one with its timeline, and lists by keyset, as far as a key sees them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import text

from services.dispatch.domain.standing import COMPREHENSIVE, Reach
from services.dispatch.models import Case, Entry
from services.dispatch.repository.cases import clocks_of
from services.dispatch.repository.columns import READ, case_of
from services.kit.db import Tx

_ONE = text(f"SELECT {READ} FROM cases c WHERE c.case_id = :case_id")
_ENTRY = "subject, sequence, at, type, text, by_name, by_role, unit"
_TIMELINE = text(
    f"""SELECT {_ENTRY} FROM entry WHERE subject = :subject AND sequence < :before ORDER BY sequence DESC LIMIT :limit"""
)
# As long a timeline as a case shows with it; what is earlier is read in pages.
TIMELINE = 1000
_END = 2**62
_LIGHTS = {
    "red": "c.red_at <= :now",
    "yellow": "c.yellow_at <= :now AND c.red_at > :now",
    "green": "(c.yellow_at IS NULL OR c.yellow_at > :now) AND (c.red_at IS NULL OR c.red_at > :now)",
}
_FILTERS = {
    "state": "c.state = :state",
    "unit": "(c.lead = :unit OR :unit = ANY(c.assists) OR :unit = ANY(c.called))",
    "grid": "c.grids @> ARRAY[CAST(:grid AS text)]",
    "grid_of": "c.place->'grids'->>:grid_of = :grid",
    "concern": "(c.concern = :concern OR c.sub_concern = :concern)",
    "class": "c.class = :class",
    "q": "c.words LIKE :q",
    "units": "(c.involved && CAST(:units AS text[]) OR (NOT c.confidential AND c.place->'grids'->>:overlay"
    " = ANY(CAST(:grids AS text[]))))",
}


async def one(tx: Tx, case_id: str) -> Case | None:
    row = (await tx.execute(_ONE, {"case_id": case_id})).one_or_none()
    return None if row is None else case_of(row, (await clocks_of(tx, [case_id])).get(case_id, ()))


async def timeline(tx: Tx, subject: str, before: int = _END, limit: int = TIMELINE) -> list[Entry]:
    """The last `limit` entries before the one of that number, in their order."""
    rows = await tx.execute(_TIMELINE, {"subject": subject, "before": before, "limit": limit})
    return [Entry(**row._mapping) for row in reversed(rows.all())]


async def listing(
    tx: Tx,
    wanted: Mapping[str, str | None],
    light: str | None,
    reach: Reach,
    now: datetime,
    after: tuple[datetime, str] | None,
    limit: int,
) -> list[Case]:
    """The newest first. `wanted`: see _FILTERS, `grid` as `DU3` or `duty/DU3`; the light is that of `now`."""
    arguments: dict[str, Any] = {name: value for name, value in wanted.items() if value is not None}
    if "/" in arguments.get("grid", ""):
        arguments["grid_of"], _, arguments["grid"] = arguments["grid"].partition("/")
    if "q" in arguments:
        arguments["q"] = f"%{_escaped(arguments['q'])}%"
    if not reach.everything:
        arguments["units"] = sorted(reach.units)
    conditions = [_FILTERS[name] for name in arguments]
    if "units" in arguments:
        arguments |= {"overlay": COMPREHENSIVE, "grids": sorted(reach.grids)}
    if light is not None:
        conditions.append(_LIGHTS[light])
        arguments["now"] = now
    if after is not None:
        conditions.append("(c.opened_at, c.case_id) < (:after_at, :after_id)")
        arguments |= {"after_at": after[0], "after_id": after[1]}
    where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
    found = await tx.execute(
        text(f"SELECT {READ} FROM cases c {where} ORDER BY c.opened_at DESC, c.case_id DESC LIMIT :limit"),
        {**arguments, "limit": limit},
    )
    rows = found.all()
    clocks = await clocks_of(tx, [row.case_id for row in rows])
    return [case_of(row, clocks.get(row.case_id, ())) for row in rows]


def _escaped(words: str) -> str:
    return words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
