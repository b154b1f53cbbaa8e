"""`/receipt/CODE`: how far it has come, and what its holder may still say."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, get_args

from fastapi import APIRouter
from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.intake.api.receipts import told
from services.intake.domain import receipt_code
from services.intake.errors import no_receipt
from services.intake.pages.counter import counter_of
from services.intake.pages.html import HEADERS, PageRoute, page
from services.intake.schemas.receipts import AppealAsk, FeedbackAsk, SupplementAsk, UrgeAsk, WithdrawAsk
from services.intake.usecases.reporting import Satisfaction
from services.intake.usecases.residents import Ask, Receipt, act, look
from services.kit.problems import NotAllowedNow

router = APIRouter(route_class=PageRoute)
_GREETINGS = {
    "new": "已经收到。请记下回执号或者收藏这个网页，凭它随时看办到哪里，不用登录。",
    "again": "这张表已经交过了，这是它的回执。要补充的请写在下面。",
    "done": "收到了，谢谢。",
}
_SATISFACTION = {"satisfied": "满意", "fair": "一般", "dissatisfied": "不满意"}
_ASKS: Mapping[str, Any] = {
    "supplement": lambda form: SupplementAsk(content=form.get("words", "")).ask(),
    "urge": lambda form: UrgeAsk(note=form.get("words", "")).ask(),
    "withdraw": lambda form: WithdrawAsk(reason=form.get("words", "")).ask(),
    "appeal": lambda form: AppealAsk(reason=form.get("words", "")).ask(),
    "feedback": lambda form: FeedbackAsk(
        resolved={"yes": True, "no": False}[form.get("resolved", "")],
        satisfaction=form.get("satisfaction", ""),
        comment=form.get("words", ""),
    ).ask(),
}
_MISSING = {
    "supplement": "请写下要补充什么，不超过 4000 字",
    "feedback": "请选解决了没有、满意不满意；说明不超过 2000 字",
}


@router.get("/receipt")
async def find_receipt(request: Request) -> Response:
    """Where a code is typed in."""
    office = counter_of(request).office
    office.strangers.look(request)
    code = request.query_params.get("code")
    if code is None:
        return page(request, "find.html", code="", said="")
    order_id = office.receipts.order_id(code)
    if order_id is None:
        said = f"回执号是 {receipt_code.LENGTH} 位字母和数字，请核对"
        return page(request, "find.html", 404, code=code[: receipt_code.LONGEST], said=said)
    return RedirectResponse(office.receipts.path(order_id), 303, HEADERS)


@router.get("/receipt/{code}")
async def get_receipt(request: Request, code: str) -> Response:
    office = counter_of(request).office
    office.strangers.look(request)
    async with office.db.reading() as tx:
        found = await look(tx, office.receipts.order_id(code))
    greeting = next((said for name, said in _GREETINGS.items() if name in request.query_params), "")
    return _shown(request, found, greeting)


@router.post("/receipt/{code}/{action}")
async def post_action(request: Request, code: str, action: str) -> Response:
    office = counter_of(request).office
    office.strangers.act(request)
    order_id = office.receipts.order_id(code)
    try:
        async with request.form(max_files=1, max_fields=10) as form:
            given = {name: value for name, value in form.items() if isinstance(value, str)}
    except HTTPException:
        given = {}
    ask = _ask(action, given)
    if ask is None:
        async with office.db.reading() as tx:
            found = await look(tx, order_id)
        said = _MISSING.get(action, "请不超过 2000 字")
        return _shown(request, found, "", {action: said}, given, 422)
    try:
        async with office.db.transaction() as tx:
            found = await act(tx, office.outbox, office.sealer, order_id, ask, office.clock.now())
    except NotAllowedNow as late:
        async with office.db.reading() as tx:
            found = await look(tx, order_id)
        return _shown(request, found, late.detail, status=409)
    if found.notice:
        return _shown(request, found, found.notice)
    return RedirectResponse(f"{office.receipts.path(found.order.order_id)}?done=1", 303, HEADERS)


def _ask(action: str, given: Mapping[str, str]) -> Ask | None:
    """None where something is missing or can't be taken. NotFound for what nobody can do."""
    read = _ASKS.get(action)
    if read is None:
        raise no_receipt()
    plain = {name: value.replace("\r\n", "\n") for name, value in given.items()}
    try:
        ask: Ask = read(plain)
    except (ValidationError, KeyError):
        return None
    return ask


def _shown(
    request: Request,
    found: Receipt,
    greeting: str,
    faults: Mapping[str, str] | None = None,
    values: Mapping[str, str] | None = None,
    status: int = 200,
) -> Response:
    receipt = told(counter_of(request).office, found)
    lines = [line | {"at": datetime.fromisoformat(line["at"])} for line in reversed(receipt["progress"])]
    return page(
        request,
        "receipt.html",
        status,
        receipt=receipt,
        reported_at=found.order.reported_at,
        lines=lines,
        greeting=greeting,
        faults=faults or {},
        values=values or {},
        marks=[(mark, _SATISFACTION[mark]) for mark in get_args(Satisfaction)],
        satisfaction=_SATISFACTION.get(found.order.satisfaction or ""),
    )
