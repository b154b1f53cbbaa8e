"""Handovers to 110, 119 and 120: what was passed on, and the receipts."""

import re
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from services.intake.api.office import AnyCaller, At
from services.intake.errors import no_handover
from services.intake.repository import handovers
from services.intake.schemas.bodies import AcknowledgeIn
from services.intake.usecases import handing_over
from services.kit.http import cursors
from services.kit.http.answers import refusals
from services.kit.http.auth import allow
from services.kit.keys import SEE_ALL, Caller

router = APIRouter(tags=["移交"])
State = Literal["open", "acknowledged"]
Receiver = Annotated[Caller, Depends(allow("source", "department", "duty_desk", "supervisor"))]
_ID = re.compile(r"hov_[0-9a-f]{32}")


class HandoverItem(BaseModel):
    handover_id: str
    order_id: str
    external_id: str
    service: str = Field(description="110、119、120")
    units: list[str] = Field(description="告诉了哪些单位")
    state: State
    handed_at: str
    sent_at: str = Field(description="最近一次送出")
    attempts: int
    raised: bool = Field(description="多次没有回执，已报值班长")
    receipt: str | None
    acknowledged_at: str | None
    acknowledged_by: str | None


class HandoverPage(BaseModel):
    items: list[HandoverItem]
    next: str | None


class ServiceItem(BaseModel):
    code: str
    name: str
    words: list[str]


class HandoverLists(BaseModel):
    """什么归谁，出自城市方案。"""

    ours_to_theirs: list[ServiceItem]
    theirs_to_ours: list[str]


@router.get("/handovers", summary="移交列表", response_model=HandoverPage)
async def list_handovers(
    office: At,
    caller: AnyCaller,
    state: Annotated[State | None, Query()] = None,
    limit: cursors.Limit = 100,
    cursor: cursors.Cursor = None,
) -> JSONResponse:
    """从早到晚。110 等来源看移交给自己的，单位看送给自己的；admin、duty_desk、supervisor、auditor 看全部。"""
    wanted: dict[str, Any] = {"state": state}
    if caller.role not in SEE_ALL:
        services = handing_over.services_of(office.fabric, caller)
        wanted |= {"services": services} if services else {"unit": caller.unit or ""}
    after = cursors.decode_moment(cursor)
    async with office.db.reading() as tx:
        held = await handovers.listing(tx, wanted, after, limit + 1)
    page, more = held[:limit], len(held) > limit
    last = cursors.encode(page[-1].handed_at.isoformat(), page[-1].handover_id) if more else None
    return JSONResponse(cursors.page([one.as_json() for one in page], last))


@router.get("/handovers/lists", summary="移交清单", response_model=HandoverLists)
async def show_lists(office: At, caller: AnyCaller) -> JSONResponse:
    """说不清归谁的，谁先接到谁先管；暴力、持械的先由公安到场。"""
    rules = office.profile.handover
    services = [{"code": one.code, "name": one.name, "words": list(one.words)} for one in rules.services]
    return JSONResponse({"ours_to_theirs": services, "theirs_to_ours": list(rules.takes)})


@router.post(
    "/handovers/{handover_id}/acknowledge",
    summary="移交回执",
    response_model=HandoverItem,
    responses=refusals({404: "没有这件移交，或者这把密钥看不到", 409: "已经有回执了"}),
)
async def acknowledge(handover_id: str, office: At, caller: Receiver, body: AcknowledgeIn) -> JSONResponse:
    """对方收到了；之前一直再送。接收单位、110 等来源，或值班员电话核实后代为登记。"""
    if not _ID.fullmatch(handover_id):
        raise no_handover()
    async with office.db.transaction() as tx:
        handed = await handing_over.acknowledge(
            tx, office.fabric, handover_id, caller, body.receipt, office.clock.now()
        )
    return JSONResponse(handed.as_json())
