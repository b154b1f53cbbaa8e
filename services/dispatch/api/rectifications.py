"""限期整改 over HTTP: ordered, listed, looked at."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi.responses import JSONResponse

from services.dispatch.api.cases import Code, Words
from services.dispatch.api.follow_up import REFUSED
from services.dispatch.domain.standing import reach_of
from services.dispatch.errors import needed, no_rectification
from services.dispatch.models import RectifyState
from services.dispatch.repository import rectifications as repository
from services.dispatch.schemas.follow_up import CheckIn, RectifyIn
from services.dispatch.schemas.followed import (
    RectificationPage,
    RectificationWhole,
    RectifyingUnits,
    rectification_json,
)
from services.dispatch.usecases import putting_right
from services.dispatch.usecases.following_up import Deed
from services.dispatch.usecases.rules import RuleBook
from services.fabric.snapshot import Fabric
from services.kit.clock import Clock
from services.kit.copies import Copy
from services.kit.db import Database
from services.kit.http import cursors
from services.kit.http.auth import allow
from services.kit.http.cursors import Cursor, Limit
from services.kit.http.etags import IfMatch, put_etag, wanted_version
from services.kit.http.idempotency import IdempotencyKey
from services.kit.keys import Caller
from services.kit.outbox import Outbox

_ANYBODY = Depends(allow())
_Unit = Annotated[Code, Query(description="开通知、要去复查的单位；- 是没有写单位的")]


def router(db: Database, clock: Clock, copy: Copy[Fabric], outbox: Outbox, book: RuleBook, secret: bytes) -> APIRouter:
    """Under `/dispatch/v1/rectifications`."""
    made = APIRouter(prefix="/dispatch/v1/rectifications", tags=["限期整改"])

    @made.get("", summary="整改通知，先到期的在前", response_model=RectificationPage)
    async def listing(
        caller: Annotated[Caller, _ANYBODY],
        state: RectifyState | None = None,
        missed: Annotated[bool, Query(description="只看过期还没有复查的")] = False,
        unit: _Unit = None,
        case_id: Code = None,
        shop_code: Annotated[Code, Query(description="一户一码")] = None,
        q: Words = None,
        limit: Limit = 100,
        cursor: Cursor = None,
    ) -> JSONResponse:
        now = clock.now()
        reach = reach_of(copy.current, caller.role, caller.unit, now)
        wanted = {"state": state, "unit": unit, "case_id": case_id, "shop_code": shop_code, "q": q}
        async with db.reading() as tx:
            found = await repository.listing(tx, wanted, missed, reach, now, cursors.decode_moment(cursor), limit + 1)
        page = found[:limit]
        following = cursors.encode(page[-1][2].due.isoformat(), page[-1][2].number) if len(found) > limit else None
        return JSONResponse(
            cursors.page(
                [rectification_json(case_id, one, now) | {"case_title": title} for case_id, title, one in page],
                following,
            )
        )

    @made.get("/units", summary="整改通知按去复查的单位各有多少", response_model=RectifyingUnits)
    async def units(
        caller: Annotated[Caller, _ANYBODY],
        state: RectifyState | None = None,
        missed: Annotated[bool, Query(description="只看过期还没有复查的")] = False,
        unit: _Unit = None,
        q: Words = None,
    ) -> JSONResponse:
        """不分页，是全部的数；过期没有复查的多的在前，再是先到期的。"""
        now = clock.now()
        reach = reach_of(copy.current, caller.role, caller.unit, now)
        async with db.reading() as tx:
            found = await repository.by_unit(tx, {"state": state, "unit": unit, "q": q}, missed, reach, now)
        return JSONResponse({"items": [{"unit": one, "count": count, "missed": late} for one, count, late in found]})

    @made.post("", status_code=201, summary="开整改通知", response_model=RectificationWhole, responses=REFUSED)
    async def order(
        asked: RectifyIn,
        caller: Annotated[Caller, _ANYBODY],
        idempotency_key: IdempotencyKey,
        if_match: IfMatch = None,
    ) -> JSONResponse:
        """责令商铺、工地在期限前整改。按地点开的同时立案，按派单规则派。"""
        fabric, now = needed(copy.current), clock.now()
        told = f"rectify {asked.model_dump_json()}"
        deed = Deed(caller, now, told, asked.by, asked.unit, wanted_version(if_match), idempotency_key)
        async with db.transaction() as tx:
            table = await book.current(tx)
            body = await putting_right.order(tx, outbox, fabric, secret, table, asked, deed)
        answer = JSONResponse(body, status_code=201)
        put_etag(answer, body["version"])
        return answer

    @made.post("/{number}/check", summary="复查", response_model=RectificationWhole, responses=REFUSED)
    async def check(
        number: str,
        asked: CheckIn,
        caller: Annotated[Caller, _ANYBODY],
        idempotency_key: IdempotencyKey,
        if_match: IfMatch = None,
    ) -> JSONResponse:
        """整改到位就了结；没有到位，再限期，或移交执法：案件随之转给执法单位，已经办结的重新办理。"""
        if "\0" in number:
            raise no_rectification()
        fabric, now = needed(copy.current), clock.now()
        told = f"check {number} {asked.model_dump_json()}"
        deed = Deed(caller, now, told, asked.by, asked.unit, wanted_version(if_match), idempotency_key)
        async with db.transaction() as tx:
            body = await putting_right.check(tx, outbox, fabric, secret, number, asked, deed)
        answer = JSONResponse(body)
        put_etag(answer, body["version"])
        return answer

    return made
