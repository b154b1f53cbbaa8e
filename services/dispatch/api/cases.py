"""Cases over HTTP: lists, one case, and what is done to it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from fastapi.responses import JSONResponse
from starlette.requests import Request

from services.dispatch.domain import slips
from services.dispatch.domain.may import may_now
from services.dispatch.domain.standing import Reach, reach_of, sees, standing_of
from services.dispatch.errors import needed, no_case
from services.dispatch.models import Case, Entry
from services.dispatch.repository import lists, reading
from services.dispatch.schemas.cases import Asked, CasePage, CaseWithTimeline, MergeAsked, TimelinePage
from services.dispatch.schemas.showing import case_json, case_with_timeline, earlier_than, timeline_json
from services.dispatch.usecases.acting import Command, act
from services.dispatch.usecases.merging import Merge, merge
from services.dispatch.usecases.slips import answers
from services.fabric.snapshot import Fabric
from services.kit.clock import Clock
from services.kit.contracts.cases import CaseState
from services.kit.contracts.payload import CaseClass, Light
from services.kit.copies import Copy
from services.kit.db import Database
from services.kit.http import cursors, idempotency
from services.kit.http.answers import refusals
from services.kit.http.auth import allow, authenticate
from services.kit.http.cursors import Cursor, Limit
from services.kit.http.etags import IfMatch, put_etag, wanted_version
from services.kit.http.plain import PlainAnswer, PlainRoute, body_of, described, inlined
from services.kit.keys import Caller
from services.kit.outbox import Outbox

_REFUSED = refusals(
    {
        404: "没有这个案件，或无权看",
        409: "现在不能这样做；allowed 是能做的，state 是现在的状态",
        412: "别人先改了",
    }
)
Code = Annotated[str | None, Query(max_length=100, pattern=r"^[^\x00]+$")]
Words = Annotated[
    str | None, Query(min_length=1, max_length=100, pattern=r"^[^\x00]+$", description="标题、地点、内容里的字")
]
_PARAMETERS = [
    {"name": "case_id", "in": "path", "required": True, "schema": {"type": "string"}},
    {
        "name": "If-Match",
        "in": "header",
        "description": "上次读到的 ETag；别人改过则答 412",
        "schema": {"type": "string"},
    },
    idempotency.PARAMETER,
]
_ANYBODY = Depends(allow())


def router(db: Database, clock: Clock, copy: Copy[Fabric], outbox: Outbox, secret: bytes) -> APIRouter:
    """Under `/dispatch/v1/cases`."""
    made = APIRouter(prefix="/dispatch/v1/cases", tags=["案件"])

    @made.get("", summary="案件列表，新的在前", response_model=CasePage)
    async def listing(
        caller: Annotated[Caller, _ANYBODY],
        state: CaseState | None = None,
        unit: Annotated[Code, Query(description="主办、协办或被吹哨的单位")] = None,
        grid: Annotated[Code, Query(description="任一图层的网格编码，或 duty/DU3")] = None,
        concern: Annotated[Code, Query(description="事项或子项编码")] = None,
        case_class: Annotated[CaseClass | None, Query(alias="class")] = None,
        light: Light | None = None,
        q: Words = None,
        limit: Limit = 100,
        cursor: Cursor = None,
    ) -> JSONResponse:
        """只列这把密钥看得到的。两个字以内的 q 一次找一万件：一页没有满而有 next 的，用 next 接着找。"""
        now = clock.now()
        reach = reach_of(copy.current, caller.role, caller.unit, now)
        wanted = {"state": state, "unit": unit, "grid": grid, "concern": concern, "class": case_class, "q": q}
        async with db.reading() as tx:
            page = await lists.listing(tx, wanted, light, reach, now, cursors.decode_moment(cursor), limit)
        following = page.following
        more = cursors.encode(following[0].isoformat(), following[1]) if following is not None else None
        return JSONResponse(cursors.page([case_json(case, now) for case in page.cases], more))

    @made.get("/{case_id}", summary="一个案件", response_model=CaseWithTimeline, responses={404: _REFUSED[404]})
    async def one(case_id: str, caller: Annotated[Caller, _ANYBODY]) -> JSONResponse:
        """连同时限、派单理由和时间线。"""
        now = clock.now()
        async with db.reading() as tx:
            case = await reading.one(tx, case_id) if "\0" not in case_id else None
            reach = reach_of(copy.current, caller.role, caller.unit, now)
            if case is None or not sees(reach, case):
                raise no_case()
            timeline = await reading.timeline(tx, case_id)
        return _answer(_whole(case, timeline, now, reach))

    @made.get(
        "/{case_id}/timeline",
        summary="时间线，一页一页往前",
        response_model=TimelinePage,
        responses={404: _REFUSED[404]},
    )
    async def past(
        case_id: str,
        caller: Annotated[Caller, _ANYBODY],
        before: Annotated[int | None, Query(ge=1, le=2**53, description="这个号之前的")] = None,
        limit: Limit = 100,
    ) -> JSONResponse:
        """每页按先后排；先给最后的一页。"""
        now = clock.now()
        async with db.reading() as tx:
            case = await reading.one(tx, case_id) if "\0" not in case_id else None
            if case is None or not sees(reach_of(copy.current, caller.role, caller.unit, now), case):
                raise no_case()
            found = await reading.timeline(tx, case_id, before or case.sequence + 1, limit)
        return JSONResponse({"items": timeline_json(found), "next": earlier_than(found)})

    async def do(request: Request) -> JSONResponse:
        """能做什么由状态、角色和与案件的关系决定；不能做时答 409，说明现在能做什么。"""
        caller = await authenticate(request)
        asked, case_id = await body_of(request, Asked), request.path_params["case_id"]
        if "\0" in case_id:
            raise no_case()
        fabric, now = needed(copy.current), clock.now()
        wanted = wanted_version(request.headers.get("if-match"))
        command = Command(case_id, asked, caller, now, wanted, idempotency.key_of(request))

        def show(case: Case, timeline: Sequence[Entry]) -> dict[str, Any]:
            return _whole(case, timeline, now, reach_of(fabric, caller.role, caller.unit, now))

        async with db.transaction() as tx:
            answer = await act(tx, outbox, fabric, secret, command, show)
        return _answer(answer)

    made.add_api_route(
        "/{case_id}/actions",
        do,
        methods=["POST"],
        summary="办理案件",
        response_model=CaseWithTimeline,
        responses=_REFUSED,
        openapi_extra=described(json=inlined(Asked)) | {"parameters": _PARAMETERS},
        route_class_override=PlainRoute,
    )

    @made.post("/{case_id}/merge", summary="整案并入另一个案件", response_model=CaseWithTimeline, responses=_REFUSED)
    async def join(
        case_id: str, asked: MergeAsked, caller: Annotated[Caller, _ANYBODY], if_match: IfMatch = None
    ) -> JSONResponse:
        """本案结束，工单、督办单、协办单位和早的时限都归 into；答 into 那个案件。只并一张工单、拆出一张工单，用受理的 join、split。"""
        if "\0" in case_id:
            raise no_case()
        fabric, now = needed(copy.current), clock.now()
        wanted = Merge(case_id, asked.into, asked.by, asked.note, caller, now, wanted_version(if_match))
        async with db.transaction() as tx:
            stays = await merge(tx, outbox, fabric, secret, wanted)
            timeline = await reading.timeline(tx, stays.case_id)
        return _answer(_whole(stays, timeline, now, reach_of(fabric, caller.role, caller.unit, now)))

    return made


def _whole(case: Case, timeline: Sequence[Entry], now: datetime, reach: Reach) -> dict[str, Any]:
    """With what the one who asks may do to it and to its slips now."""
    stands = standing_of(reach, case)
    shown = case_with_timeline(case, timeline, now)
    shown["allowed"] = may_now(case, stands)
    for told, slip in zip(shown["slips"], case.course.slips, strict=True):
        told["allowed"] = slips.allowed(slip, stands, answers(reach, stands, slip))
    return shown


def _answer(body: dict[str, Any]) -> JSONResponse:
    answer = PlainAnswer(body)
    put_etag(answer, body["version"])
    return answer
