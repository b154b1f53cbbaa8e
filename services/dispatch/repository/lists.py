"""Lists of cases by keyset, the newest first, as far as a key sees them: first among the newest, then month by month in
the one index that knows what a case is found by."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text

from services.dispatch.domain.standing import COMPREHENSIVE, Reach
from services.dispatch.models import Case
from services.dispatch.repository.cases import clocks_of
from services.dispatch.repository.columns import READ, case_of
from services.kit.db import Row, Tx

Place = tuple[datetime, str]
"""When it was opened, and its id."""

_LIGHTS = {
    "red": "c.red_at <= :now",
    "yellow": "c.yellow_at <= :now AND c.red_at > :now",
    "green": "(c.yellow_at IS NULL OR c.yellow_at > :now) AND (c.red_at IS NULL OR c.red_at > :now)",
}
_FILTERS = {
    "state": "c.state = :state",
    "unit": "c.involved @> ARRAY[CAST(:unit AS text)]",
    "grid": "c.grids @> ARRAY[CAST(:grid AS text)]",
    "grid_of": "c.place->'grids'->>:grid_of = :grid",
    "concern": "c.concern = :concern",
    "sub_concern": "c.sub_concern = :sub_concern",
    "class": "c.class = :class",
    "q": "c.words LIKE :q",
    "units": "(c.involved && CAST(:units AS text[])"
    " OR (NOT c.confidential AND c.place->'grids'->>:overlay = ANY(CAST(:grids AS text[]))))",
}
# What a case is found by, in the words of the index: each with the thirty days in which it was opened.
_FOUND_BY = """stamped(c.involved || c.grids || ARRAY['', c.state, c.concern, c.sub_concern, c.class,
  CASE WHEN c.red_at IS NOT NULL THEN 'waiting' END], c.opened_at)"""
_ALL, _ANY = f"{_FOUND_BY} @> stamped(:all, w.at)", f"{_FOUND_BY} && stamped(:any, w.at)"
_CODES = ("state", "unit", "grid", "concern", "sub_concern", "class")
_ANYTHING, _WAITING = "", "waiting"
# The statements are written so that there is one good plan, whatever the values and whatever the server knows of them. What
# it thinks that plan costs in the worst case would make it compile it first, which takes longer than to run it.
_ONE_PLAN = text("SELECT set_config('plan_cache_mode', 'force_generic_plan', true), set_config('jit', 'off', true)")
# So many of the newest are looked at before the index is asked: what is common fills its page here, so that of what is
# left few lie in one month. Those with a light lie far apart, each on a page of its own.
NEWEST, NEWEST_WAITING = 4_000, 400
# Shorter words are in no index: they are looked for among so many cases at a time.
SHORT, STRETCH = 3, 10_000
_START: Place = (datetime.fromisoformat("9999-01-01T00:00:00+00:00"), "")


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
    newest: int = NEWEST,
    stretch: int = STRETCH,
) -> Page:
    """`wanted`: see _FILTERS, `grid` as `DU3` or `duty/DU3`, `concern` also as a sub-concern's code; the light is that of
    `now`."""
    if not (reach.everything or reach.units or reach.grids):
        return Page((), None)
    asked = _asked(wanted, light, reach)
    at, known = after or _START
    arguments = asked.arguments | {"now": now, "after_at": at, "after_id": known, "limit": limit + 1}
    await tx.execute(_ONE_PLAN)
    if 0 < len(wanted.get("q") or "") < SHORT:
        rows, end = await _among_the_next(tx, asked, arguments, stretch), await _end(tx, asked, arguments, stretch)
    else:
        most = min(newest, NEWEST_WAITING) if light in ("red", "yellow") else newest
        rows, end = await _among_the_next(tx, asked, arguments, most if asked.conditions else limit + 1), None
        if len(rows) <= limit and asked.conditions:
            rows = await _month_by_month(tx, asked, arguments)
    shown = rows[:limit]
    clocks = await clocks_of(tx, [row.case_id for row in shown])
    cases = tuple(case_of(row, clocks.get(row.case_id, ())) for row in shown)
    return Page(cases, (cases[-1].opened_at, cases[-1].case_id) if len(rows) > limit else end)


@dataclass(frozen=True, slots=True)
class _Asked:
    """`order`: the condition of the order in which cases are gone through, so that the others need not be read."""

    order: str
    conditions: tuple[str, ...]
    found: tuple[str, ...]
    arguments: dict[str, Any]


def _asked(wanted: Mapping[str, str | None], light: str | None, reach: Reach) -> _Asked:
    arguments: dict[str, Any] = {name: value for name, value in wanted.items() if value is not None}
    if "/" in arguments.get("grid", ""):
        arguments["grid_of"], _, arguments["grid"] = arguments["grid"].partition("/")
    if "." in arguments.get("concern", ""):
        arguments["sub_concern"] = arguments.pop("concern")
    if "q" in arguments:
        arguments["q"] = f"%{_escaped(arguments['q'])}%"
    if not reach.everything:
        arguments["units"] = sorted(reach.units)
    waiting = light in ("red", "yellow")
    conditions = [_FILTERS[name] for name in arguments] + ([_LIGHTS["green"]] if light == "green" else [])
    codes = [arguments[name] for name in _CODES if name in arguments] + ([_WAITING] if waiting else [])
    found = [_ALL]
    if "units" in arguments:
        found.append(_ANY)
        arguments |= {"overlay": COMPREHENSIVE, "grids": sorted(reach.grids), "any": sorted(reach.units | reach.grids)}
    arguments["all"] = codes or [_ANYTHING]
    return _Asked(_LIGHTS[light] if light and waiting else "true", tuple(conditions), tuple(found), arguments)


async def _among_the_next(tx: Tx, asked: _Asked, arguments: dict[str, Any], most: int) -> list[Row]:
    """Those of the next `most`. The LIMIT within is a fence: what is asked for is looked for in that order and nowhere else."""
    statement = f"""SELECT {READ} FROM (
          SELECT * FROM cases c WHERE {asked.order} AND (c.opened_at, c.case_id) < (:after_at, :after_id)
          ORDER BY c.opened_at DESC, c.case_id DESC LIMIT :most) AS c
        WHERE {" AND ".join(asked.conditions) or "true"} ORDER BY c.opened_at DESC, c.case_id DESC LIMIT :limit"""
    return (await tx.execute(text(statement), arguments | {"most": most})).all()


async def _month_by_month(tx: Tx, asked: _Asked, arguments: dict[str, Any]) -> list[Row]:
    """A month is looked into when those after it have not filled the page: a loop is the only way to join with what
    depends on each month, and it keeps their order. Within CASE a light can't lure the planner to the index of all that
    wait, to be read through for each month."""
    light = f"CASE WHEN {asked.order} THEN true ELSE false END"
    where = " AND ".join((*asked.found, light, *asked.conditions))
    statement = f"""SELECT {READ} FROM generate_series(
          LEAST(:after_at, (SELECT max(opened_at) FROM cases)),
          (SELECT min(opened_at) FROM cases) - interval '720 hours', interval '-720 hours') AS w(at),
        LATERAL (
          SELECT * FROM cases c WHERE {where} AND (c.opened_at, c.case_id) < (:after_at, :after_id)
          ORDER BY c.opened_at DESC, c.case_id DESC LIMIT :limit) AS c
        LIMIT :limit"""
    return (await tx.execute(text(statement), arguments)).all()


async def _end(tx: Tx, asked: _Asked, arguments: dict[str, Any], most: int) -> Place | None:
    """The last of the next `most`; None where there are fewer."""
    statement = f"""SELECT c.opened_at, c.case_id FROM cases c
        WHERE {asked.order} AND (c.opened_at, c.case_id) < (:after_at, :after_id)
        ORDER BY c.opened_at DESC, c.case_id DESC OFFSET :most LIMIT 1"""
    row = (await tx.execute(text(statement), arguments | {"most": most - 1})).one_or_none()
    return None if row is None else (row.opened_at, row.case_id)


def _escaped(words: str) -> str:
    return words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
