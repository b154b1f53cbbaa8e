"""What stands around whistles, over HTTP: the catalogue that justifies them, and what a month of them adds up to."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from services.dispatch.api.whistles import blower_of
from services.dispatch.domain.standing import reach_of, sees
from services.dispatch.domain.whistle.assessment import Assessment, assess, cases_by_street, month_of
from services.dispatch.errors import needed, no_case
from services.dispatch.repository import reading
from services.dispatch.repository import whistles as repository
from services.dispatch.repository.assessing import opened
from services.dispatch.schemas.assessing import assessment_json
from services.dispatch.schemas.whistles import Catalogue, Code, Words, both
from services.dispatch.usecases.whistles import proposing
from services.fabric.datum import Crs
from services.fabric.snapshot import Fabric
from services.kit.clock import Clock
from services.kit.contracts.payload import Place
from services.kit.copies import Copy
from services.kit.db import Database
from services.kit.http import answers
from services.kit.http.auth import allow
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
        told = month or f"{now.astimezone(fabric.calendar.tz):%Y-%m}"
        within = month_of(told)
        if within is None:
            raise wrong("/month", "请写成 2026-11 的样子")
        first, last = within
        async with db.reading() as tx:
            whistles = await repository.blown_within(tx, first, last)
            cases = cases_by_street(fabric, await opened(tx, first, last), now)
        found = assess(fabric, whistles, cases, now)
        if caller.role not in SEE_ALL:
            found = _own(found, reach_of(fabric, caller.role, caller.unit, now).units)
        return {"month": told, "from": first.isoformat(), "to": last.isoformat()} | assessment_json(fabric, found)

    return made


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
