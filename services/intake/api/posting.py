"""New orders: one, or many at once."""

import asyncio
from typing import Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from starlette.requests import Request

from services.intake.api import views
from services.intake.api.arrivals import Reader
from services.intake.api.office import Office
from services.intake.domain.lifecycle import REPORTERS
from services.intake.domain.sources import Source
from services.intake.receipts import Receipts
from services.intake.reception import Arrival
from services.intake.schemas.answers import BatchAnswer, OrderAnswer
from services.intake.schemas.bodies import OrderIn
from services.intake.usecases.receiving import Prepared, Received
from services.kit.http import idempotency
from services.kit.http.answers import expect_json, refusals
from services.kit.http.auth import authenticate, require
from services.kit.http.plain import PlainRoute, described, inlined
from services.kit.keys import Caller
from services.kit.problems import Problem

router = APIRouter(tags=["工单"], route_class=PlainRoute)
_ORDER = inlined(OrderIn)


@router.post(
    "/orders",
    summary="来单",
    status_code=201,
    response_model=OrderAnswer,
    responses={
        200: {"description": "以前收过，答现在的状态", "model": OrderAnswer},
        **refusals({409: "同号不同文"}),
    },
    openapi_extra=described(json=_ORDER) | {"parameters": [idempotency.PARAMETER]},
)
async def post_order(request: Request) -> JSONResponse:
    """来源是密钥的来源。答复就是已经落盘：201 新单，200 同号同文（或同一 Idempotency-Key）的旧单。

    可以来单的角色：source、duty_desk、community、grid_chief、grid_member、admin。"""
    office: Office = request.app.state.office
    caller = await authenticate(request)
    require(caller, *REPORTERS)
    expect_json(request.headers.get("content-type"))
    key = idempotency.key_of(request)
    await office.sources.ready()
    arrival = reader_of(office, caller).one(await request.body())
    reception = office.reception
    received = await (reception.take(arrival) if key is None else reception.take_keyed(arrival, key))
    if isinstance(received, Problem):
        raise received
    return _answered(received, arrival.draft.external_id, office, caller.role)


@router.post(
    "/orders/batch",
    summary="批量来单",
    response_model=BatchAnswer,
    openapi_extra=described(json={"type": "array", "maxItems": 1000, "items": _ORDER}, x_ndjson=_ORDER),
)
async def post_batch(request: Request) -> JSONResponse:
    """JSON 数组，或每行一个对象的 NDJSON，一次最多 1000 张。一张有错只退那一张；同一批里重复的只算一张。"""
    office: Office = request.app.state.office
    caller = await authenticate(request)
    require(caller, *REPORTERS)
    expect_json(request.headers.get("content-type"), also=("text/plain", "application/octet-stream"))
    await office.sources.ready()
    reader, reception = reader_of(office, caller), office.reception
    raw, media_type = await request.body(), request.headers.get("content-type", "")

    def read() -> tuple[list[Arrival | Problem], list[Prepared]]:
        arrivals = within_quota(office, reader.agreed, reader.many(raw, media_type))
        return arrivals, reception.prepare([one for one in arrivals if isinstance(one, Arrival)])

    # A thousand orders are a quarter of a second of work: others are answered meanwhile.
    arrivals, prepared = await asyncio.to_thread(read)
    received = iter(await reception.store(prepared) if prepared else ())
    outcomes = [one if isinstance(one, Problem) else next(received) for one in arrivals]
    return JSONResponse({"items": [item(index, outcome, office.receipts) for index, outcome in enumerate(outcomes)]})


def within_quota(office: Office, agreed: Source, arrivals: list[Arrival | Problem]) -> list[Arrival | Problem]:
    """What can't be read counts nothing; what is beyond the quota is refused, from the first one on. Raises the refusal
    when not even one is left."""
    places = [place for place, one in enumerate(arrivals) if isinstance(one, Arrival)]
    beyond = places[office.sources.granted(agreed, len(places)) :]
    if beyond and len(beyond) == len(arrivals):
        raise office.sources.refusal(agreed)
    for place in beyond:
        arrivals[place] = office.sources.refusal(agreed)
    return arrivals


def reader_of(office: Office, caller: Caller) -> Reader:
    """`office.sources` must be ready."""
    ground = [layer.bounds for layer in office.fabric.overlays.values()] if office.fabric else []
    source, now = caller.speaks_for, office.clock.now()
    return Reader(
        source, office.sealer, office.profile, now, office.dev, ground, office.sources.of(source), office.links
    )


def _answered(received: Received, external_id: str, office: Office, role: str) -> JSONResponse:
    if received.order is None:
        return JSONResponse(views.forgotten(received.order_id, external_id))
    answer = views.etagged(
        views.answer(received.order, role, office.receipts.path(received.order_id)),
        received.order.version,
        201 if received.new else 200,
    )
    answer.headers["Location"] = f"/intake/v1/orders/{received.order_id}"
    return answer


def item(index: int, outcome: Received | Problem, receipts: Receipts) -> dict[str, Any]:
    if isinstance(outcome, Problem):
        return {"index": index, "status_code": outcome.status, "problem": outcome.as_json()}
    told = {"index": index, "status_code": 201 if outcome.new else 200, "order_id": outcome.order_id}
    return told if outcome.order is None else told | {"links": views.led(outcome.order_id, receipts)}
