"""Lists of cases by keyset, the newest first, as far as a key sees them. Each filter is served by an index."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text

from services.dispatch.domain.standing import COMPREHENSIVE, Reach
from services.dispatch.models import Case
from services.dispatch.repository.cases import clocks_of
from services.dispatch.repository.columns import READ, case_of
from services.kit.db import Tx

Place = tuple[datetime, str]
"""When it was opened, and its id."""

_LIGHTS = {
    "red": "c.red_at <= :now",
    "yellow": "c.yellow_at <= :now AND c.red_at > :now",
    "green": "(c.yellow_at IS NULL OR c.yellow_at > :now) AND (c.red_at IS NULL OR c.red_at > :now)",
}
# Beside what picks exactly there is what an index knows. The CASE keeps the planner from guessing that both together are
# rare: then it would read and sort a grid's whole history for its newest hundred.
_FILTERS = {
    "state": "c.state = :state",
    "unit": "c.involved @> ARRAY[CAST(:unit AS text)]",
    "grid": "c.grids @> ARRAY[CAST(:grid AS text)]",
    "grid_of": "CASE WHEN c.place->'grids'->>:grid_of = :grid THEN true ELSE false END",
    "concern": "c.concern = :concern",
    "sub_concern": "c.sub_concern = :sub_concern",
    "class": "c.class = :class",
    "q": "c.words LIKE :q",
    "units": "(c.involved && CAST(:units AS text[]) OR (NOT c.confidential AND c.grids && CAST(:grids AS text[])"
    " AND CASE WHEN c.place->'grids'->>:overlay = ANY(CAST(:grids AS text[])) THEN true ELSE false END))",
}
# The best plan for a unit with ten cases is the worst for one with a million: what the server knows of the values counts.
_EACH_ITS_PLAN = text("SELECT set_config('plan_cache_mode', 'force_custom_plan', true)")
# Shorter words are in no index: they are looked for among so many cases at a time.
SHORT, STRETCH = 3, 10_000
_END_OF_STRETCH = text(
    """SELECT opened_at, case_id FROM cases
       WHERE (opened_at, case_id) < (:at, :id) ORDER BY opened_at DESC, case_id DESC OFFSET :most LIMIT 1"""
)
_NEWEST: Place = (datetime.fromisoformat("9999-01-01T00:00:00+00:00"), "")


@dataclass(frozen=True, slots=True)
class Page:
    """`following`: after which one it goes on; None at the end. A page of a search for a short word may be short of its limit
    and still go on."""

    cases: tuple[Case, ...]
    following: Place | None


async def listing(
    tx: Tx,
    wanted: Mapping[str, str | None],
    light: str | None,
    reach: Reach,
    now: datetime,
    after: Place | None,
    limit: int,
    stretch: int = STRETCH,
) -> Page:
    """`wanted`: see _FILTERS, `grid` as `DU3` or `duty/DU3`, `concern` also as a sub-concern's code; the light is that of
    `now`."""
    conditions, arguments = _asked(wanted, reach)
    if light is not None:
        conditions.append(_LIGHTS[light])
        arguments["now"] = now
    if after is not None:
        conditions.append("(c.opened_at, c.case_id) < (:after_at, :after_id)")
        arguments |= {"after_at": after[0], "after_id": after[1]}
    end = await _end_of_stretch(tx, after, stretch) if 0 < len(wanted.get("q") or "") < SHORT else None
    if end is not None:
        conditions.append("(c.opened_at, c.case_id) >= (:end_at, :end_id)")
        arguments |= {"end_at": end[0], "end_id": end[1]}
    where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
    await tx.execute(_EACH_ITS_PLAN)
    rows = (
        await tx.execute(
            text(f"SELECT {READ} FROM cases c {where} ORDER BY c.opened_at DESC, c.case_id DESC LIMIT :limit"),
            {**arguments, "limit": limit + 1},
        )
    ).all()
    shown = rows[:limit]
    clocks = await clocks_of(tx, [row.case_id for row in shown])
    cases = tuple(case_of(row, clocks.get(row.case_id, ())) for row in shown)
    return Page(cases, (cases[-1].opened_at, cases[-1].case_id) if len(rows) > limit else end)


def _asked(wanted: Mapping[str, str | None], reach: Reach) -> tuple[list[str], dict[str, Any]]:
    arguments: dict[str, Any] = {name: value for name, value in wanted.items() if value is not None}
    if "/" in arguments.get("grid", ""):
        arguments["grid_of"], _, arguments["grid"] = arguments["grid"].partition("/")
    if "." in arguments.get("concern", ""):
        arguments["sub_concern"] = arguments.pop("concern")
    if "q" in arguments:
        arguments["q"] = f"%{_escaped(arguments['q'])}%"
    if not reach.everything:
        arguments["units"] = sorted(reach.units)
    conditions = [_FILTERS[name] for name in arguments]
    if "units" in arguments:
        arguments |= {"overlay": COMPREHENSIVE, "grids": sorted(reach.grids)}
    return conditions, arguments


async def _end_of_stretch(tx: Tx, after: Place | None, stretch: int) -> Place | None:
    """The last case that is looked at; None where there are fewer."""
    at, known = after or _NEWEST
    row = (await tx.execute(_END_OF_STRETCH, {"at": at, "id": known, "most": stretch - 1})).one_or_none()
    return None if row is None else (row.opened_at, row.case_id)


def _escaped(words: str) -> str:
    return words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
