"""双向对账: a source's list in, what differs out; our list for them; and the days that nobody has compared."""

import asyncio
from datetime import date, datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from services.fabric.calendar import SHANGHAI
from services.intake.api.office import At
from services.intake.domain.reconciling import Action, Kind, span_of
from services.intake.errors import no_reconciliation
from services.intake.lists import read_list
from services.intake.repository import reconciling as repository
from services.intake.schemas.bodies import ListedIn
from services.intake.schemas.texts import Name
from services.intake.usecases import reconciling
from services.kit.http import cursors
from services.kit.http.answers import refusals
from services.kit.http.auth import allow
from services.kit.http.plain import inlined
from services.kit.keys import SEE_ALL, Caller
from services.kit.problems import wrong

router = APIRouter(tags=["对账"])
Reconciler = Annotated[Caller, Depends(allow("source", "duty_desk", "supervisor"))]
Reader = Annotated[Caller, Depends(allow("source", "duty_desk", "supervisor", "auditor"))]
Source = Annotated[Name | None, Query(description="代来源对账时填；来源自己不用填")]
Day = Annotated[date | None, Query(description="哪一天收的工单；不填是昨天")]
_FIRST, _LAST = date(2000, 1, 1), date(2100, 1, 1)


class Call(BaseModel):
    method: str
    path: str
    by: str = Field(description="由谁来发：source 来源，duty_desk 城运中心")
    body: dict[str, Any] | None = None


class DifferenceItem(BaseModel):
    kind: Kind
    external_id: str
    order_id: str | None
    ours: str | None
    theirs: str | None
    said: str
    action: Action
    call: Call = Field(description="发这个请求就补上")


class ReconciliationItem(BaseModel):
    source: str
    day: str
    made_at: str
    ours: int = Field(description="我们这天收的件数")
    theirs: int | None = Field(description="来源清单的件数；来源还没有对账则为 null")
    compared_at: str | None
    differences: list[DifferenceItem] | None
    acknowledged_at: str | None
    acknowledged_by: str | None
    raised: bool = Field(description="过了一天还没有人对")


class ReconciliationPage(BaseModel):
    items: list[ReconciliationItem]
    next: str | None


class OursItem(BaseModel):
    external_id: str
    order_id: str
    status: str
    changed_at: str
    satisfaction: str | None


class OursList(BaseModel):
    source: str
    day: str
    items: list[OursItem]


_ROWS = {"type": "array", "items": inlined(ListedIn)}
_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": _ROWS},
            "application/x-ndjson": {"schema": {"type": "string"}},
            "text/csv": {"schema": {"type": "string"}},
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": {
                "schema": {"type": "string", "format": "binary"}
            },
        },
    }
}


@router.post(
    "/reconciliations",
    summary="对账",
    response_model=ReconciliationItem,
    status_code=200,
    responses={
        201: {"description": "这一天第一次对账", "model": ReconciliationItem},
        **refusals({413: "清单太大", 422: "清单有误"}),
    },
    openapi_extra=_BODY,
)
async def reconcile(
    request: Request, office: At, caller: Reconciler, day: Day = None, source: Source = None
) -> JSONResponse:
    """来源把这天的清单发来（JSON、NDJSON、CSV、XLSX），答哪里不一样、怎样补上。同一份清单再发一次，答还剩哪些。"""
    whose, of = _whose(caller, source), _day(day, office.clock.now())
    theirs = await asyncio.to_thread(read_list, await request.body())
    async with office.db.transaction() as tx:
        kept, fresh = await reconciling.reconcile(tx, whose, of, theirs, office.clock.now(), caller.name)
    return JSONResponse(kept.as_json(), 201 if fresh else 200)


@router.get("/reconciliations/ours", summary="我们的清单", response_model=OursList)
async def ours(office: At, caller: Reader, day: Day = None, source: Source = None) -> JSONResponse:
    """这天收到的这个来源的全部工单，现在的状态。"""
    whose, of = _whose(caller, source), _day(day, office.clock.now())
    async with office.db.reading() as tx:
        held = await repository.of_day(tx, whose, *span_of(of))
    return JSONResponse({"source": whose, "day": of.isoformat(), "items": [one.as_json() for one in held]})


@router.get("/reconciliations", summary="对账记录", response_model=ReconciliationPage)
async def list_reconciliations(
    office: At,
    caller: Reader,
    source: Source = None,
    raised: Annotated[bool | None, Query(description="true 只看过期没对的")] = None,
    limit: cursors.Limit = 100,
    cursor: cursors.Cursor = None,
) -> JSONResponse:
    """每晚两点给每个来源生成前一天的清单；从近到远，留九十天。"""
    whose = source if caller.role in SEE_ALL else caller.speaks_for
    after = _decoded(cursor)
    async with office.db.reading() as tx:
        found = await repository.listing(tx, whose, raised, after, limit + 1)
    page, more = found[:limit], len(found) > limit
    last = cursors.encode(page[-1].day.isoformat(), page[-1].source) if more else None
    return JSONResponse(cursors.page([one.as_json() for one in page], last))


@router.post(
    "/reconciliations/acknowledge",
    summary="对账认可",
    response_model=ReconciliationItem,
    responses=refusals({404: "这一天没有对账"}),
)
async def acknowledge(office: At, caller: Reconciler, day: Day = None, source: Source = None) -> JSONResponse:
    """差异都有了着落，这一天不再提醒。没有差异的，对账时就算认可。"""
    whose, of = _whose(caller, source), _day(day, office.clock.now())
    async with office.db.transaction() as tx:
        await repository.acknowledge(tx, whose, of, office.clock.now(), caller.name)
        kept = await repository.one(tx, whose, of)
    if kept is None:
        raise no_reconciliation()
    return JSONResponse(kept.as_json())


def _whose(caller: Caller, source: str | None) -> str:
    if caller.role not in SEE_ALL:
        return caller.speaks_for
    if source is None:
        raise wrong("/source", "请填是哪个来源")
    return source


def _day(day: date | None, now: datetime) -> date:
    if day is None:
        return now.astimezone(SHANGHAI).date() - timedelta(days=1)
    if not _FIRST <= day <= _LAST:
        raise wrong("/day", "日期超出范围，请核对年份")
    return day


def _decoded(cursor: str | None) -> tuple[date, str] | None:
    parts = cursors.decode(cursor, 2)
    if parts is None:
        return None
    try:
        after = date.fromisoformat(parts[0])
    except (TypeError, ValueError):
        raise cursors.not_ours() from None
    if not isinstance(parts[1], str) or not parts[1].isprintable():
        raise cursors.not_ours()
    return after, parts[1]
