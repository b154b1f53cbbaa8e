"""What has to be asked for, and the answers: returns, 不合理诉求, appeals."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, Query
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from services.intake.api import views
from services.intake.api.actions import REFUSALS
from services.intake.api.office import AnyCaller, At, ByDesk, ByReporter, BySource, BySupervisor
from services.intake.models import Order
from services.intake.repository import requests
from services.intake.schemas.answers import OrderAnswer
from services.intake.schemas.bodies import AppealDecidedIn, NoteIn, UnreasonableIn
from services.intake.usecases import asking, reporting
from services.intake.usecases.commands import Command
from services.kit.http import cursors
from services.kit.keys import SEE_ALL

router = APIRouter(tags=["请示与答复"])
_NOTE = Annotated[NoteIn | None, Body()]
Kind = Literal["return", "unreasonable", "appeal"]
State = Literal["open", "granted", "refused", "lapsed"]


class RequestItem(BaseModel):
    request_id: str
    order_id: str
    source: str
    kind: Kind
    state: State = Field(description="open 等答复，granted 同意，refused 不同意，lapsed 工单已撤回")
    reason: str
    proposal: str
    evidence: list[str]
    asked_at: str
    asked_by: str
    decided_at: str | None
    decided_by: str | None
    note: str | None


class RequestPage(BaseModel):
    items: list[RequestItem]
    next: str | None


@router.post("/orders/{order_id}/return/accept", summary="来源同意退回", response_model=OrderAnswer, responses=REFUSALS)
async def accept_return(office: At, command: BySource, body: _NOTE = None) -> JSONResponse:
    """工单交还来源，本街道不再办理。角色：来源自己，或上级代为登记。"""
    return await _answer_return(office, command, True, body)


@router.post(
    "/orders/{order_id}/return/refuse", summary="来源不同意退回", response_model=OrderAnswer, responses=REFUSALS
)
async def refuse_return(office: At, command: BySource, body: _NOTE = None) -> JSONResponse:
    """接着办，时限不变，不能再次退回。"""
    return await _answer_return(office, command, False, body)


async def _answer_return(office: At, command: Command, accepted: bool, body: NoteIn | None) -> JSONResponse:
    async with office.db.transaction() as tx:
        order = await asking.answer_return(
            tx, office.outbox, office.sealer, command, accepted, body.note if body else ""
        )
    return _answered(order, command)


@router.post(
    "/orders/{order_id}/unreasonable", summary="报批不合理诉求", response_model=OrderAnswer, responses=REFUSALS
)
async def ask_unreasonable(office: At, command: ByDesk, body: UnreasonableIn) -> JSONResponse:
    """照常办理；批准后考核时剔除。"""
    async with office.db.transaction() as tx:
        order = await asking.ask_unreasonable(
            tx, office.outbox, office.sealer, command, body.reason, list(body.evidence)
        )
    return _answered(order, command)


@router.post(
    "/orders/{order_id}/unreasonable/approve",
    summary="批准不合理诉求",
    response_model=OrderAnswer,
    responses=REFUSALS,
)
async def approve_unreasonable(office: At, command: BySupervisor, body: _NOTE = None) -> JSONResponse:
    return await _decide_unreasonable(office, command, True, body)


@router.post(
    "/orders/{order_id}/unreasonable/refuse",
    summary="不批准不合理诉求",
    response_model=OrderAnswer,
    responses=REFUSALS,
)
async def refuse_unreasonable(office: At, command: BySupervisor, body: _NOTE = None) -> JSONResponse:
    return await _decide_unreasonable(office, command, False, body)


async def _decide_unreasonable(office: At, command: Command, approved: bool, body: NoteIn | None) -> JSONResponse:
    async with office.db.transaction() as tx:
        order = await asking.decide_unreasonable(
            tx, office.outbox, office.sealer, command, approved, body.note if body else ""
        )
    return _answered(order, command)


@router.post("/orders/{order_id}/appeal/decide", summary="裁定申诉", response_model=OrderAnswer, responses=REFUSALS)
async def decide_appeal(office: At, command: BySupervisor, body: AppealDecidedIn) -> JSONResponse:
    """成立的重新受理，不成立的维持不予受理；结果都回告来源。"""
    async with office.db.transaction() as tx:
        order = await asking.decide_appeal(
            tx,
            office.outbox,
            office.sealer,
            office.fabric,
            command,
            body.upheld,
            body.note,
            office.learner.current,
        )
    return _answered(order, command)


@router.post("/orders/{order_id}/tell-again", summary="重告现状", response_model=OrderAnswer, responses=REFUSALS)
async def tell_again(office: At, command: ByReporter) -> JSONResponse:
    """回告没收到的，把现在的状态再推一次到回调地址。"""
    async with office.db.transaction() as tx:
        order = await reporting.tell_again(tx, office.outbox, office.sealer, command)
    return _answered(order, command)


@router.get("/requests", summary="请示列表", response_model=RequestPage)
async def list_requests(
    office: At,
    caller: AnyCaller,
    kind: Annotated[Kind | None, Query()] = None,
    state: Annotated[State | None, Query()] = None,
    limit: cursors.Limit = 100,
    cursor: cursors.Cursor = None,
) -> JSONResponse:
    """从早到晚。来源只看得到自己工单的；admin、duty_desk、supervisor、auditor 看得到全部。"""
    wanted: dict[str, Any] = {
        "source": None if caller.role in SEE_ALL else caller.speaks_for,
        "kind": kind,
        "state": state,
    }
    after = cursors.decode_moment(cursor)
    async with office.db.reading() as tx:
        held = await requests.listing(tx, wanted, after, limit + 1)
    page, more = held[:limit], len(held) > limit
    last = cursors.encode(page[-1].asked_at.isoformat(), page[-1].request_id) if more else None
    return JSONResponse(cursors.page([one.as_json() for one in page], last))


def _answered(order: Order, command: Command) -> JSONResponse:
    return views.etagged(views.answer(order, command.caller.role), order.version)
