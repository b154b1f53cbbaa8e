"""What the duty desk does: triage, join, split, return to the source, and look at who reported."""

from dataclasses import asdict

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from services.intake.api import views
from services.intake.api.actions import REFUSALS
from services.intake.api.office import At, ByDesk, ByRevealer
from services.intake.domain.admission import position_faults
from services.intake.schemas.answers import OrderAnswer, RevealedAnswer
from services.intake.schemas.bodies import JoinIn, ReasonIn, ReturnIn, TriageIn
from services.intake.usecases import asking, deskwork, joining
from services.intake.usecases.deskwork import Correction
from services.kit.problems import wrong

router = APIRouter(tags=["城运中心"])


@router.post("/orders/{order_id}/triage", summary="人工研判", response_model=OrderAnswer, responses=REFUSALS)
async def triage(office: At, command: ByDesk, body: TriageIn) -> JSONResponse:
    """补上地点或事项后重新判断；还不清楚就仍在研判。`decline` 是不予受理，12345 等不能自行拒绝的渠道请用 return。"""
    position = body.location.position() if body.location else None
    for pointer, detail in position_faults(position) if position else ():
        raise wrong(pointer, detail)
    correction = Correction(position, body.address, body.concern, body.decline, body.note)
    async with office.db.transaction() as tx:
        order = await deskwork.triage(
            tx, office.outbox, office.sealer, office.fabric, command, correction, office.learner.current
        )
    return views.etagged(views.answer(order, command.caller.role), order.version)


@router.post("/orders/{order_id}/join", summary="并案", response_model=OrderAnswer, responses=REFUSALS)
async def join(office: At, command: ByDesk, body: JoinIn) -> JSONResponse:
    async with office.db.transaction() as tx:
        order = await joining.join(tx, office.outbox, office.sealer, command, body.case_id)
    return views.etagged(views.answer(order, command.caller.role), order.version)


@router.post("/orders/{order_id}/split", summary="拆案", response_model=OrderAnswer, responses=REFUSALS)
async def split(office: At, command: ByDesk) -> JSONResponse:
    """并错了的拆出来单独办。"""
    async with office.db.transaction() as tx:
        order = await joining.split(tx, office.outbox, office.sealer, office.profile, command)
    return views.etagged(views.answer(order, command.caller.role), order.version)


@router.post("/orders/{order_id}/return", summary="退回来源", response_model=OrderAnswer, responses=REFUSALS)
async def return_to_source(office: At, command: ByDesk, body: ReturnIn) -> JSONResponse:
    """在城市方案规定的时限内，写明理由和建议。来源用 return/accept 收回之前首接负责：照常办理，时限不变。"""
    async with office.db.transaction() as tx:
        order = await asking.propose_return(
            tx, office.outbox, office.sealer, office.fabric, command, body.reason, body.proposal
        )
    return views.etagged(views.answer(order, command.caller.role), order.version)


@router.post("/orders/{order_id}/reveal", summary="查看反映人", response_model=RevealedAnswer, responses=REFUSALS)
async def reveal(office: At, command: ByRevealer, body: ReasonIn) -> JSONResponse:
    """姓名、电话、门牌和原话。每看一次都记下是谁、为什么。角色：duty_desk、supervisor、admin。"""
    async with office.db.transaction() as tx:
        shown = await deskwork.reveal(tx, office.sealer, command, body.reason)
    return JSONResponse(asdict(shown), headers={"Cache-Control": "no-store"})
