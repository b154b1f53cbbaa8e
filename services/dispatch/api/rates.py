"""三率 over HTTP: figures with the formula beside every number, and the cases behind each."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from services.dispatch.domain.rehearsing import OUTLOOKS, Open, outlooks, ranked
from services.dispatch.domain.standing import UNIT_ROLES, reach_of
from services.dispatch.errors import needed
from services.dispatch.repository import figures, formulas
from services.dispatch.repository.figures import By, Part, Wanted
from services.dispatch.repository.formulas import Formula
from services.dispatch.schemas.rates import counted_json, formula_json, key_name, move_json, report_json
from services.fabric.periods import HOW, BadPeriod, Period, period_of
from services.fabric.rates import Rate, foreseen, report, tally_of, total
from services.fabric.rules import Rates
from services.fabric.snapshot import Fabric
from services.kit.clock import Clock
from services.kit.copies import Copy
from services.kit.db import Database, Tx
from services.kit.http import cursors
from services.kit.http.auth import allow
from services.kit.http.cursors import Cursor, Limit
from services.kit.keys import SEE_ALL, Caller
from services.kit.problems import wrong

_ALL = Depends(allow(*SEE_ALL))
_WORKERS = Depends(allow(*SEE_ALL, *UNIT_ROLES))
# So many open cases are weighed against each other, the first due first.
WEIGHED = 5000
PeriodAsked = Annotated[str | None, Query(alias="period", max_length=30, description=HOW)]
Key = Annotated[str | None, Query(max_length=100, pattern=r"^[^\x00]*$", description="by 的一个值；空的是“未定”")]


def router(db: Database, clock: Clock, copy: Copy[Fabric]) -> APIRouter:
    """`/dispatch/v1/rates`."""
    made = APIRouter(prefix="/dispatch/v1/rates", tags=["三率"])

    @made.get("", summary="三率和按期率")
    async def rates(
        caller: Annotated[Caller, _ALL], by: By = "unit", of: Key = None, period: PeriodAsked = None
    ) -> dict[str, Any]:
        """以办结期限落在这段时间里的案件计；没有写 period 的为本月。过去的时段按当时的公式。"""
        fabric, now = needed(copy.current), clock.now()
        told, span = _span(period, now)
        async with db.reading() as tx:
            found = await figures.facts(tx, Wanted(span, now, by, of))
            kept, rules = await _formula(tx, span, now, fabric)
        tallies = {key: total(map(tally_of, groups)) for key, groups in found.items()}
        items = [
            {"key": key, "name": key_name(fabric, by, key), **report_json(report(tally, rules), rules)}
            for key, tally in sorted(tallies.items())
        ]
        whole = report_json(report(total(tallies.values()), rules), rules)
        head = {"by": by, "period": told, **_limits(span)}
        return head | formula_json(kept, rules, fabric.profile.rates) | {"items": items, "total": whole, "next": None}

    @made.get("/cases", summary="一个数后面的案件")
    async def cases(
        caller: Annotated[Caller, _ALL],
        by: By = "unit",
        of: Key = None,
        period: PeriodAsked = None,
        rate: Rate = "on_time",
        part: Part = "denominator",
        limit: Limit = 100,
        cursor: Cursor = None,
    ) -> dict[str, Any]:
        """part：numerator 分子，denominator 分母，excluded 剔除的，waiting 本期到期、还没到的（后两种不看 rate）。
        各件的 counts 加起来就是那个数。"""
        fabric, now = needed(copy.current), clock.now()
        told, span = _span(period, now)
        async with db.reading() as tx:
            wanted = Wanted(span, now, by, of)
            found = await figures.cases(tx, wanted, rate, part, cursors.decode_moment(cursor), limit + 1)
            rules = (await _formula(tx, span, now, fabric))[1]
        page = found[:limit]
        of_rate = rate if part in ("numerator", "denominator") else None
        following = cursors.encode(page[-1].due.isoformat(), page[-1].case_id) if len(found) > limit else None
        items = [counted_json(one, of_rate, fabric, rules, titled=True) for one in page]
        return {"period": told, "rate": of_rate, "part": part} | cursors.page(items, following)

    @made.get("/rehearsal", summary="考核预演：到时的数、最好最坏，和最能改变它们的案件")
    async def rehearsal(
        caller: Annotated[Caller, _WORKERS],
        date: Annotated[
            str, Query(max_length=30, description="tomorrow 明天，month 到月底，或别的时段：" + HOW)
        ] = "tomorrow",
        unit: Annotated[str | None, Query(max_length=64, pattern=r"^[^\x00]+$", description="只看一个单位的")] = None,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
    ) -> dict[str, Any]:
        """各单位只看得到自己的。gain：这件都办好比最坏的时候，总分多几分；各件加起来就是最好减最坏。"""
        fabric, now = needed(copy.current), clock.now()
        span = _ahead(date, now)
        units = _units(fabric, caller, unit, now)
        wanted = Wanted(span, now, units=units)
        async with db.reading() as tx:
            found = await figures.facts(tx, wanted)
            open_ones = await figures.movable(tx, wanted, WEIGHED)
            kept, rules = await _formula(tx, span, now, fabric)
        everything = [facts for groups in found.values() for facts in groups]
        base = total(tally_of(foreseen(facts, "worst")) for facts in everything)
        known = {one.case_id: one for one in open_ones}
        movers = ranked(
            (Open(one.case_id, one.unit, one.state, one.due, one.contact_due, one.facts) for one in open_ones),
            base,
            rules,
            limit,
        )
        titled = caller.role in SEE_ALL
        return {
            "date": date,
            **_limits(span),
            "now": now.isoformat(),
            "outlooks": OUTLOOKS,
            **formula_json(kept, rules, rules),
            "total": {name: report_json(one, rules) for name, one in outlooks(everything, rules).items()},
            "items": [
                {
                    "key": key,
                    "name": key_name(fabric, "unit", key),
                    **{name: report_json(one, rules) for name, one in outlooks(groups, rules).items()},
                }
                for key, groups in sorted(found.items())
            ],
            "movers": [move_json(move, known[move.one.case_id], fabric, titled) for move in movers],
            "weighed": len(open_ones),
            "all_weighed": len(open_ones) < WEIGHED,
        }

    return made


async def _formula(tx: Tx, span: Period, now: datetime, fabric: Fabric) -> tuple[Formula | None, Rates]:
    """What held when the period ended; of one that goes on, what holds now."""
    if span.end > now:
        kept = await formulas.newest(tx)
        return (kept if kept and kept.rules == fabric.profile.rates else None), fabric.profile.rates
    kept = await formulas.at(tx, span.end)
    return kept, kept.rules if kept else fabric.profile.rates


def _span(told: str | None, now: datetime) -> tuple[str, Period]:
    word = told or "month"
    try:
        return word, period_of(word, now)
    except BadPeriod:
        raise wrong("/period", HOW) from None


def _ahead(told: str, now: datetime) -> Period:
    """A period that has not ended: what is over can't be rehearsed."""
    try:
        if told == "tomorrow":
            today = period_of("day", now)
            span = period_of(f"{today.end:%Y-%m-%d}", now)
        else:
            span = period_of(told, now)
    except BadPeriod:
        raise wrong("/date", f"请写 tomorrow、month，或别的时段：{HOW}") from None
    if span.end <= now:
        raise wrong("/date", "这段时间已经过去，不用预演，请看三率（/dispatch/v1/rates）")
    return span


def _units(fabric: Fabric, caller: Caller, unit: str | None, now: datetime) -> frozenset[str] | None:
    if unit is not None and fabric.unit(unit) is None:
        raise wrong("/unit", "没有这个单位，请核对单位编码")
    reach = reach_of(fabric, caller.role, caller.unit, now)
    asked = None if unit is None else fabric.below(unit)
    if reach.everything:
        return asked
    return reach.units if asked is None else reach.units & asked


def _limits(span: Period) -> dict[str, str]:
    return {"from": span.start.isoformat(), "to": span.end.isoformat()}
