"""What the reporter's side does to an order later. For the order's own source, and the desk on anybody's behalf."""

from typing import Annotated

from fastapi import APIRouter, Body
from fastapi.responses import JSONResponse

from services.intake.api import views
from services.intake.api.office import At, ByReporter
from services.intake.schemas.answers import OrderAnswer
from services.intake.schemas.bodies import AppealIn, FeedbackIn, SupplementIn, UrgeIn, WithdrawIn
from services.intake.usecases import asking, reporting
from services.kit.http.answers import refusals

REFUSALS = refusals({404: "没有这件工单，或者这把密钥看不到", 409: "现在不能这样做", 412: "已被别人改过"})
router = APIRouter(tags=["反映人"])
_NOTHING = Body()


@router.post("/orders/{order_id}/supplement", summary="补充", response_model=OrderAnswer, responses=REFUSALS)
async def supplement(office: At, command: ByReporter, body: SupplementIn) -> JSONResponse:
    """添一段话，不改原话。"""
    async with office.db.transaction() as tx:
        order = await reporting.supplement(tx, office.outbox, office.sealer, command, body.content)
    return views.etagged(views.answer(order, command.caller.role), order.version)


@router.post("/orders/{order_id}/withdraw", summary="撤回", response_model=OrderAnswer, responses=REFUSALS)
async def withdraw(
    office: At, command: ByReporter, body: Annotated[WithdrawIn | None, _NOTHING] = None
) -> JSONResponse:
    async with office.db.transaction() as tx:
        order = await reporting.withdraw(tx, office.outbox, office.sealer, command, body.reason if body else "")
    return views.etagged(views.answer(order, command.caller.role), order.version)


@router.post("/orders/{order_id}/urge", summary="催办", response_model=OrderAnswer, responses=REFUSALS)
async def urge(office: At, command: ByReporter, body: Annotated[UrgeIn | None, _NOTHING] = None) -> JSONResponse:
    async with office.db.transaction() as tx:
        order = await reporting.urge(tx, office.outbox, office.sealer, command, body.note if body else "")
    return views.etagged(views.answer(order, command.caller.role), order.version)


@router.post("/orders/{order_id}/feedback", summary="评价", response_model=OrderAnswer, responses=REFUSALS)
async def feedback(office: At, command: ByReporter, body: FeedbackIn) -> JSONResponse:
    """市民怎么看办理结果，结案以后也收。未解决或不满意的由派单台重办，这里的状态随后改变。"""
    async with office.db.transaction() as tx:
        order = await reporting.feedback(
            tx, office.outbox, office.sealer, command, body.resolved, body.satisfaction, body.comment, body.rework
        )
    return views.etagged(views.answer(order, command.caller.role), order.version)


@router.post("/orders/{order_id}/appeal", summary="申诉", response_model=OrderAnswer, responses=REFUSALS)
async def appeal(office: At, command: ByReporter, body: Annotated[AppealIn | None, _NOTHING] = None) -> JSONResponse:
    """不予受理的工单请人再看一次。"""
    async with office.db.transaction() as tx:
        order = await asking.appeal(tx, office.outbox, office.sealer, command, body.reason if body else "")
    return views.etagged(views.answer(order, command.caller.role), order.version)
