"""剔除 over HTTP: asked for, decided, listed; and a case's papers for it."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any, Literal
from urllib.parse import quote

from fastapi import APIRouter, Depends, Query
from fastapi.responses import JSONResponse, Response

from services.dispatch.domain import packs
from services.dispatch.domain.packs import PURPOSES, Purpose
from services.dispatch.domain.standing import UNIT_ROLES, reach_of, sees
from services.dispatch.errors import needed, no_case
from services.dispatch.repository import exclusions as repository
from services.dispatch.repository import figures, reading
from services.dispatch.repository.exclusions import Exclusion
from services.dispatch.repository.figures import Wanted
from services.dispatch.schemas.rates import (
    DecisionIn,
    ExclusionIn,
    TakeBackIn,
    by_rule_json,
    exclusion_json,
    report_json,
)
from services.dispatch.schemas.showing import case_json, timeline_json
from services.dispatch.usecases import exclusions
from services.dispatch.usecases.exclusions import Asking, no_exclusion
from services.fabric.periods import period_of
from services.fabric.rates import report, tally_of, total
from services.fabric.snapshot import Fabric
from services.kit.clock import Clock
from services.kit.copies import Copy
from services.kit.db import Database, Tx
from services.kit.fields import storable
from services.kit.http import cursors
from services.kit.http.answers import refusals
from services.kit.http.auth import allow
from services.kit.http.cursors import Cursor, Limit
from services.kit.keys import SEE_ALL, Caller
from services.kit.outbox import Outbox

_LOOKERS = Depends(allow(*SEE_ALL, *UNIT_ROLES))
_ASKERS = Depends(allow("admin", "duty_desk", "supervisor", *UNIT_ROLES))
_DISTRICT = Depends(allow("admin", "supervisor"))
_TOLD = refusals({404: "没有这个案件或申请，或无权看", 409: "已经在审、已经剔除或已经审过"})
State = Literal["asked", "approved", "refused", "taken_back", "by_rule"]
Code = Annotated[str | None, Query(max_length=64, pattern=r"^[^\x00]+$")]


def router(db: Database, clock: Clock, copy: Copy[Fabric], outbox: Outbox) -> APIRouter:
    """`/dispatch/v1/exclusions`, and the papers under `/dispatch/v1/rates/pack`."""
    made = APIRouter(prefix="/dispatch/v1", tags=["三率"])

    @made.get("/exclusions", summary="剔除：申请和审批，新的在前；by_rule 是按规则自动剔除的")
    async def listing(
        caller: Annotated[Caller, _LOOKERS],
        state: State | None = None,
        ground: Code = None,
        case_id: Code = None,
        limit: Limit = 100,
        cursor: Cursor = None,
    ) -> dict[str, Any]:
        """单位只列自己的。"""
        fabric, now = needed(copy.current), clock.now()
        reach = reach_of(fabric, caller.role, caller.unit, now)
        units = None if reach.everything else sorted(reach.units)
        after = cursors.decode_moment(cursor)
        async with db.reading() as tx:
            if state == "by_rule":
                ruled = await repository.by_rule(tx, ground, units, after, limit + 1)
                items = [by_rule_json(one, fabric) for one in ruled[:limit]]
                last = [(one.due.isoformat(), one.case_id) for one in ruled]
            else:
                wanted = {"state": state, "ground": ground, "case_id": case_id, "units": units}
                asked = await repository.listing(tx, wanted, after, limit + 1)
                items = [exclusion_json(one, fabric) for one in asked[:limit]]
                last = [(one.asked_at.isoformat(), one.exclusion_id) for one in asked]
            titles = await repository.titles(tx, [one["case_id"] for one in items])
        items = [one | {"case_title": titles.get(one["case_id"], "")} for one in items]
        return cursors.page(items, cursors.encode(*last[limit - 1]) if len(last) > limit else None)

    @made.post("/exclusions", status_code=201, summary="报批剔除", responses=_TOLD)
    async def ask(body: ExclusionIn, caller: Annotated[Caller, _ASKERS]) -> JSONResponse:
        """由主办单位或城运中心报，区里审批；批准以前照常计入。回答里有剔除前后的数。"""
        fabric, now = needed(copy.current), clock.now()
        asking = Asking(body.case_id, body.ground, body.reason, tuple(body.evidence))
        async with db.transaction() as tx:
            asked = await exclusions.ask(tx, outbox, fabric, caller, asking, now)
            return JSONResponse(await _with_figures(tx, asked, fabric, now), status_code=201)

    @made.get("/exclusions/{exclusion_id}", summary="一个剔除申请，和剔除前后的数", responses=_TOLD)
    async def one(exclusion_id: str, caller: Annotated[Caller, _LOOKERS]) -> dict[str, Any]:
        fabric, now = needed(copy.current), clock.now()
        reach = reach_of(fabric, caller.role, caller.unit, now)
        async with db.reading() as tx:
            found = await repository.one(tx, _stored(exclusion_id))
            if found is None or not (reach.everything or found.asked_unit in reach.units):
                raise no_exclusion()
            return await _with_figures(tx, found, fabric, now)

    @made.post("/exclusions/{exclusion_id}/decision", summary="审批剔除", responses=_TOLD)
    async def decide(exclusion_id: str, body: DecisionIn, caller: Annotated[Caller, _DISTRICT]) -> dict[str, Any]:
        """报批的人不能自己审。"""
        fabric, now = needed(copy.current), clock.now()
        async with db.transaction() as tx:
            decided = await exclusions.decide(
                tx, outbox, fabric, caller, _stored(exclusion_id), body.approved, body.note, now
            )
            return await _with_figures(tx, decided, fabric, now)

    @made.post("/exclusions/{exclusion_id}/take-back", summary="撤销批准过的剔除", responses=_TOLD)
    async def take_back(exclusion_id: str, body: TakeBackIn, caller: Annotated[Caller, _DISTRICT]) -> dict[str, Any]:
        """能审批的都能撤销，要写明原因；案件照常计入，按规则剔除的除外。撤销以后可以重新报批。"""
        fabric, now = needed(copy.current), clock.now()
        async with db.transaction() as tx:
            taken = await exclusions.take_back(tx, outbox, fabric, caller, _stored(exclusion_id), body.reason, now)
            return await _with_figures(tx, taken, fabric, now)

    @made.get(
        "/rates/pack/{case_id}",
        summary="报批剔除或挂账的材料：经过、证据、理由",
        responses=refusals({404: "没有这个案件，或无权看"}) | {200: {"content": {"application/zip": {}}}},
    )
    async def pack(
        case_id: str,
        caller: Annotated[Caller, _LOOKERS],
        purpose: Annotated[Purpose, Query(alias="for")] = "exclusion",
        format: Literal["json", "zip"] = "json",
    ) -> Response:
        fabric, now = needed(copy.current), clock.now()
        async with db.reading() as tx:
            case = await reading.one(tx, case_id) if "\0" not in case_id else None
            if case is None or not sees(reach_of(fabric, caller.role, caller.unit, now), case):
                raise no_case()
            entries = await reading.timeline(tx, case_id)
            asked = await repository.of_case(tx, case_id)
        rules = fabric.profile.rates
        grounds = packs.grounds(case, entries, rules) if purpose == "exclusion" else packs.lasting(case)
        told = {
            "for": purpose,
            "for_name": PURPOSES[purpose],
            "made_at": now.isoformat(),
            "case": case_json(case, now),
            "grounds": grounds,
            "evidence": packs.evidence(entries),
            "exclusions": [exclusion_json(one, fabric) for one in asked],
            "timeline": timeline_json(entries),
            "record": {"entries": case.sequence, "head": case.head.hex()},
        }
        if format == "json":
            return JSONResponse(told)
        name = quote(f"{PURPOSES[purpose]}材料-{case_id}.zip")
        headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{name}"}
        return Response(packs.zipped(told, entries, case.clocks, case), media_type="application/zip", headers=headers)

    return made


async def _with_figures(tx: Tx, asked: Exclusion, fabric: Fabric, now: datetime) -> dict[str, Any]:
    """With the unit's figures of the month in which the case is due, with the case and without it."""
    due = await figures.due_of(tx, asked.case_id)
    told = exclusion_json(asked, fabric)
    if due is None:
        return told | {"figures": None}
    month = f"{due.astimezone(fabric.calendar.tz):%Y-%m}"
    span, rules = period_of(month, now), fabric.profile.rates
    own = await figures.cases_of(tx, asked.case_id, Wanted(span, now))
    unit = own[0].unit if own else asked.asked_unit
    others = await figures.facts(tx, Wanted(span, now, "unit", unit or "", but=asked.case_id))
    rest = total(tally_of(facts) for groups in others.values() for facts in groups)
    before = rest + total(tally_of(replace(one.facts, excluded=None)) for one in own)
    return told | {
        "figures": {
            "unit": unit,
            "unit_name": fabric.unit_name(unit),
            "period": month,
            "formula": rules.formula,
            "before": report_json(report(before, rules), rules),
            "after": report_json(report(rest, rules), rules),
        }
    }


def _stored(exclusion_id: str) -> str:
    try:
        return storable(exclusion_id)
    except ValueError:
        raise no_exclusion() from None
