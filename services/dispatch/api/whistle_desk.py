"""What stands around whistles, over HTTP: the catalogue that justifies them, and what a month of them adds up to."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from fastapi.responses import JSONResponse

from services.dispatch.api.whistles import blower_of
from services.dispatch.domain.standing import reach_of, sees
from services.dispatch.domain.whistle.assessment import Assessment, Fate, assess, cases_by_street, month_of
from services.dispatch.domain.whistle.behind import Behind, behind_figure
from services.dispatch.errors import needed, no_case
from services.dispatch.repository import reading
from services.dispatch.repository import whistles as repository
from services.dispatch.repository.assessing import opened
from services.dispatch.schemas.assessing import BehindPage, assessment_json, behind_json
from services.dispatch.schemas.whistles import Catalogue, Code, Words, both
from services.dispatch.usecases.whistles import proposing
from services.fabric.datum import Crs
from services.fabric.snapshot import Fabric
from services.kit.clock import Clock
from services.kit.contracts.payload import Place
from services.kit.copies import Copy
from services.kit.db import Database
from services.kit.http import answers, cursors
from services.kit.http.auth import allow
from services.kit.http.cursors import Cursor, Limit
from services.kit.keys import SEE_ALL, Caller
from services.kit.problems import wrong

_ANYBODY = Depends(allow())
_REFUSED = answers.refusals({404: "没有这个案件，或无权看"})


def router(db: Database, clock: Clock, copy: Copy[Fabric]) -> APIRouter:
    """Under `/dispatch/v1/whistles`, before that of the whistles themselves: these are no whistle's id."""
    made = APIRouter(prefix="/dispatch/v1/whistles", tags=["吹哨报到"])

    @made.get("/catalogue", summary="吹哨事项清单", responses={200: {"model": Catalogue}, **_REFUSED})
    async def catalogue(
        caller: Annotated[Caller, _ANYBODY],
        case_id: Code | None = None,
        concern: Annotated[Words | None, Query(max_length=64, description="事项或子项编码")] = None,
        q: Annotated[Words, Query(max_length=500, description="要办的事，用自己的话")] = "",
        lon: Annotated[float | None, Query(allow_inf_nan=False)] = None,
        lat: Annotated[float | None, Query(allow_inf_nan=False)] = None,
        crs: Crs | None = None,
    ) -> dict[str, Any]:
        """什么事够得上吹哨、叫谁、凭什么。写了案件，或写了地点，每一项带上那里会叫的单位。"""
        fabric, now = needed(copy.current), clock.now()
        who = blower_of(fabric, caller)
        case = None
        if case_id is not None:
            async with db.reading() as tx:
                case = await reading.one(tx, case_id)
            if case is None or not sees(reach_of(fabric, who.role, who.unit, now), case):
                raise no_case()
        place = case.place if case is not None else _place(lon, lat, crs)
        site = proposing.site_of(fabric, place, None, case, now) if place is not None else None
        text = f"{case.title}\n{case.summary}\n{q}" if case is not None else q
        told = concern or (case.matter if case is not None else None)
        return proposing.catalogue_json(fabric, site, concern=told, text=text, case=case, blower=who.unit)

    @made.get("/assessment", summary="双考核：一个月的吹哨和报到")
    async def assessment(
        caller: Annotated[Caller, _ANYBODY],
        month: Annotated[Words | None, Query(max_length=7, description="2026-11；不写为本月")] = None,
    ) -> dict[str, Any]:
        """按这个月里吹的哨算：被叫的单位到得怎样，吹哨的单位吹得怎样，各街道的吹哨率高不高。单位的密钥只看自己和下属的。"""
        fabric, now = needed(copy.current), clock.now()
        told, first, last = _month(fabric, month, now)
        async with db.reading() as tx:
            whistles = await repository.blown_within(tx, first, last)
            cases = cases_by_street(fabric, await opened(tx, first, last), now)
        found = assess(fabric, whistles, cases, now)
        if caller.role not in SEE_ALL:
            found = _own(found, reach_of(fabric, caller.role, caller.unit, now).units)
        return {"month": told, "from": first.isoformat(), "to": last.isoformat()} | assessment_json(fabric, found)

    @made.get("/assessment/whistles", summary="双考核的一个数是哪些哨", response_model=BehindPage)
    async def behind(
        caller: Annotated[Caller, _ANYBODY],
        month: Annotated[Words | None, Query(max_length=7, description="2026-11；不写为本月")] = None,
        unit: Annotated[Code | None, Query(description="被叫的单位")] = None,
        fate: Annotated[Fate | None, Query(description="被叫的单位到得怎样")] = None,
        blower: Annotated[Code | None, Query(description="吹哨的单位")] = None,
        street: Annotated[Code | None, Query(description="哪个街道和它下面吹的")] = None,
        limit: Limit = 100,
        cursor: Cursor = None,
    ) -> JSONResponse:
        """新的在前。单位的密钥只看自己和下属的。"""
        fabric, now = needed(copy.current), clock.now()
        _, first, last = _month(fabric, month, now)
        reach, after = reach_of(fabric, caller.role, caller.unit, now), cursors.decode_moment(cursor)
        theirs = caller.role in SEE_ALL or {unit or blower or street} <= reach.units
        async with db.reading() as tx:
            whistles = await repository.blown_within(tx, first, last) if theirs else []
        chosen = Behind(unit=unit, fate=fate, blower=blower, street=street)
        found = [
            one
            for one in behind_figure(fabric, whistles, chosen, now)
            if after is None or (one.blown_at, one.whistle_id) < after
        ]
        page = found[:limit]
        following = cursors.encode(page[-1].blown_at.isoformat(), page[-1].whistle_id) if len(found) > limit else None
        return JSONResponse(cursors.page([behind_json(fabric, one, unit, now) for one in page], following))

    return made


def _month(fabric: Fabric, asked: str | None, now: datetime) -> tuple[str, datetime, datetime]:
    """(its name, from, to); this one where none is asked for. Invalid."""
    told = asked or f"{now.astimezone(fabric.calendar.tz):%Y-%m}"
    within = month_of(told)
    if within is None:
        raise wrong("/month", "请写成 2026-11 的样子")
    return told, *within


def _own(found: Assessment, units: frozenset[str]) -> Assessment:
    return Assessment(
        [one for one in found.units if one.unit in units],
        [one for one in found.blowers if one.unit in units],
        [one for one in found.streets if one.street in units],
    )


def _place(lon: float | None, lat: float | None, crs: Crs | None) -> Place | None:
    if lon is None and lat is None:
        return None
    east, north = both(lon, lat, crs, "")
    return Place(lon=east, lat=north)
