"""An order followed by its receipt's code, without a key: the code is the proof."""

from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from fastapi import APIRouter, Body, Path, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from services.intake.api.office import At, Office
from services.intake.domain import receipt as rules
from services.intake.domain.receipt_code import LONGEST
from services.intake.schemas.receipts import (
    AppealAsk,
    FeedbackAsk,
    ReceiptAnswer,
    SupplementAsk,
    UrgeAsk,
    WithdrawAsk,
)
from services.intake.usecases.residents import Ask, Receipt, act, look
from services.kit.http.answers import problem_of, problem_response, refusals
from services.kit.problems import Problem

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class QuietRoute(APIRoute):
    """Whatever breaks here is logged without the code, which is as good as a key."""

    def get_route_handler(self) -> Handler:
        handle = super().get_route_handler()

        async def handled(request: Request) -> Response:
            try:
                return await handle(request)
            except (Problem, RequestValidationError, HTTPException):
                raise
            except Exception as error:  # each is told and logged
                return problem_response(problem_of(error, "intake", self.path))

        return handled


router = APIRouter(tags=["回执"], route_class=QuietRoute)
_NONE = refusals({404: "没有这张回执"})
_ACTED = refusals({404: "没有这张回执", 409: "现在不能这样做"})
_NOTHING = Body()
Code = Annotated[str, Path(max_length=LONGEST, description="回执号；大小写、空格、短横都不计较")]


@router.get("/receipts/{code}", summary="凭回执号看办到哪里", response_model=ReceiptAnswer, responses=_NONE)
async def get_receipt(request: Request, code: Code, office: At) -> JSONResponse:
    """不用密钥。每个地址限次。"""
    office.strangers.look(request)
    async with office.db.reading() as tx:
        found = await look(tx, office.receipts.order_id(code))
    return _answer(office, found)


@router.post("/receipts/{code}/supplement", summary="凭回执补充", response_model=ReceiptAnswer, responses=_ACTED)
async def supplement(request: Request, code: Code, office: At, body: SupplementAsk) -> JSONResponse:
    """同样的话再说一遍，不再记。"""
    return await _act(request, code, office, body.ask())


@router.post("/receipts/{code}/urge", summary="凭回执催办", response_model=ReceiptAnswer, responses=_ACTED)
async def urge(
    request: Request, code: Code, office: At, body: Annotated[UrgeAsk | None, _NOTHING] = None
) -> JSONResponse:
    """一小时里再催，不再记。"""
    return await _act(request, code, office, (body or UrgeAsk()).ask())


@router.post("/receipts/{code}/withdraw", summary="凭回执撤回", response_model=ReceiptAnswer, responses=_ACTED)
async def withdraw(
    request: Request, code: Code, office: At, body: Annotated[WithdrawAsk | None, _NOTHING] = None
) -> JSONResponse:
    return await _act(request, code, office, (body or WithdrawAsk()).ask())


@router.post("/receipts/{code}/appeal", summary="凭回执请人再看", response_model=ReceiptAnswer, responses=_ACTED)
async def appeal(
    request: Request, code: Code, office: At, body: Annotated[AppealAsk | None, _NOTHING] = None
) -> JSONResponse:
    """不予受理的请人再看一次。"""
    return await _act(request, code, office, (body or AppealAsk()).ask())


@router.post("/receipts/{code}/feedback", summary="凭回执评价", response_model=ReceiptAnswer, responses=_ACTED)
async def feedback(request: Request, code: Code, office: At, body: FeedbackAsk) -> JSONResponse:
    """每次办理结果评价一次；再评不改变什么，`notice` 说明。未解决或不满意的重新办理。"""
    return await _act(request, code, office, body.ask())


async def _act(request: Request, code: str, office: Office, ask: Ask) -> JSONResponse:
    office.strangers.act(request)
    async with office.db.transaction() as tx:
        found = await act(tx, office.outbox, office.sealer, office.receipts.order_id(code), ask, office.clock.now())
    return _answer(office, found)


def _answer(office: Office, receipt: Receipt) -> JSONResponse:
    shown = told(office, receipt)
    here = f"/intake/v1/receipts/{shown['code']}"
    links = {"self": here, "page": f"/receipt/{shown['code']}"}
    links |= {action: f"{here}/{action}" for action in receipt.allowed}
    return JSONResponse(shown | {"links": links}, headers={"Cache-Control": "no-store"})


def told(office: Office, receipt: Receipt) -> dict[str, Any]:
    """All that may be shown to whoever holds the code, or finds it."""
    order, profile = receipt.order, office.profile
    confidential = order.details.confidential
    known = order.classified is not None and order.status != "triage" and not confidential
    lines = rules.lines(receipt.progress, confidential, lambda code: _unit_name(office, code))
    return {
        "code": office.receipts.code(order.order_id),
        "status": order.status,
        "title": rules.SAID[order.status][0],
        "meaning": rules.meaning(order.status, receipt.allowed),
        "explanation": rules.explanation(order.status, order.reason, order.said),
        "concern": profile.concern(order.classified.concern).name if known and order.classified else None,
        "reported_at": order.reported_at.isoformat(),
        "progress": [{"at": line.at.isoformat(), "step": line.step, "said": line.said} for line in lines],
        "satisfaction": order.satisfaction,
        "allowed": receipt.allowed,
        "notice": receipt.notice,
    }


def _unit_name(office: Office, code: str) -> str:
    """Nobody outside knows codes."""
    name = office.fabric.unit_name(code) if office.fabric else code
    return "承办单位" if name == code else name
