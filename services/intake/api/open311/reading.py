"""Open311's reading calls: open to everybody."""

import re
from datetime import datetime, timedelta
from typing import Annotated, Any, get_args

from fastapi import APIRouter, Query, Request, Response

from services.intake.api.open311 import views
from services.intake.api.open311.door import (
    Asked,
    At,
    Door,
    ForUs,
    Reading,
    endpoint_of,
    queried,
    shown,
    told,
    understood,
)
from services.intake.api.open311.writing import answer
from services.intake.domain.open311 import taxonomy
from services.intake.domain.open311.standing import CLOSED, TOLD
from services.intake.errors import no_order
from services.intake.repository import open311 as repository
from services.intake.schemas.open311 import SearchIn, UpdatesIn
from services.kit.contracts.orders import OrderStatus
from services.kit.keys import Caller
from services.kit.problems import wrong

SPAN = timedelta(days=90)
router = APIRouter(tags=["Open311"], responses=told() | {200: shown()}, default_response_class=Response)
_ID = re.compile(r"ord_[0-9a-f]{32}")
_STATUSES = {
    "closed": sorted(CLOSED),
    "open": sorted(set(get_args(OrderStatus)) - CLOSED),
}
_Text = Annotated[str | None, Query()]


@router.get("/discovery.{form}", summary="服务发现")
async def discovery(form: Asked, request: Request, door: At) -> Response:
    office = door.office
    return answer(form, views.discovery(office.profile, office.fabric, endpoint_of(request), office.dev))


@router.get("/services.{form}", summary="服务清单", dependencies=[ForUs])
async def list_services(form: Asked, door: At, caller: Reading) -> Response:
    """一个事项就是一种服务。"""
    return answer(form, views.services(taxonomy.services(door.office.profile)))


@router.get("/services/{service_code}.{form}", summary="服务定义", dependencies=[ForUs])
async def get_service(service_code: str, form: Asked, door: At, caller: Reading) -> Response:
    concern = door.concern(service_code)
    return answer(form, views.definition(concern.code, taxonomy.attributes(door.office.profile, concern)))


@router.get("/tokens/{token}.{form}", summary="令牌换编号", dependencies=[ForUs])
async def get_token(token: str, form: Asked, door: At, caller: Reading) -> Response:
    """报单当场就答编号，编号也当令牌用。"""
    return answer(form, views.token((await _one(door, caller, token)).order.order_id))


@router.get("/requests/{service_request_id}.{form}", summary="一件工单", dependencies=[ForUs])
async def get_request(
    service_request_id: str, form: Asked, request: Request, door: At, caller: Reading, extensions: _Text = None
) -> Response:
    """保密的、举报的看不到，除非用来源自己的 api_key。"""
    one = await _one(door, caller, service_request_id)
    office, asked = door.office, understood(SearchIn, {"extensions": extensions})
    source = caller.speaks_for if caller else None
    return answer(form, views.requests([one], office.profile, office.fabric, source, asked.extensions))


@router.get("/requests.{form}", summary="工单列表", dependencies=[ForUs])
async def list_requests(
    form: Asked,
    request: Request,
    door: At,
    caller: Reading,
    service_request_id: Annotated[list[str] | None, Query(description="逗号分隔；给了它，别的都不看")] = None,
    service_code: Annotated[list[str] | None, Query(description="逗号分隔")] = None,
    status: Annotated[list[str] | None, Query(description="open、closed，逗号分隔")] = None,
    start_date: _Text = None,
    end_date: _Text = None,
    updated_after: _Text = None,
    updated_before: _Text = None,
    page: _Text = None,
    page_size: _Text = None,
    extensions: _Text = None,
) -> Response:
    """最近的在前，一次最多 90 天、1000 件。`updated_after`、`updated_before` 按变动时间，从早到晚。"""
    asked = understood(SearchIn, queried(request, "service_request_id", "service_code", "status"))
    viewer, office = door.viewer(caller), door.office
    async with office.db.reading() as tx:
        if asked.service_request_id:
            found = await repository.by_ids(tx, viewer, asked.service_request_id)
        else:
            wanted = _wanted(door, asked, office.clock.now())
            found = await repository.listing(tx, viewer, wanted, asked.page_size, (asked.page - 1) * asked.page_size)
    return answer(form, views.requests(found, office.profile, office.fabric, viewer.source, asked.extensions))


@router.get("/servicerequestupdates.{form}", summary="办理进展", dependencies=[ForUs])
async def list_updates(
    form: Asked,
    request: Request,
    door: At,
    caller: Reading,
    service_request_id: Annotated[list[str] | None, Query(description="逗号分隔")] = None,
    start_date: _Text = None,
    end_date: _Text = None,
    page: _Text = None,
    page_size: _Text = None,
) -> Response:
    """经 Open311 来的工单的每一步，从早到晚，一次最多 90 天、1000 条。"""
    asked = understood(UpdatesIn, queried(request, "service_request_id"))
    start, end = _span(asked.start_date, asked.end_date, door.office.clock.now())
    ids = asked.service_request_id or None
    offset = (asked.page - 1) * asked.page_size
    async with door.office.db.reading() as tx:
        found = await repository.steps(tx, door.viewer(caller), sorted(TOLD), ids, start, end, asked.page_size, offset)
    return answer(form, views.updates(found))


async def _one(door: Door, caller: Caller | None, order_id: str) -> repository.Shown:
    if not _ID.fullmatch(order_id):
        raise no_order()
    async with door.office.db.reading() as tx:
        found = await repository.by_ids(tx, door.viewer(caller), [order_id])
    if not found:
        raise no_order()
    return found[0]


def _wanted(door: Door, asked: SearchIn, now: datetime) -> dict[str, Any]:
    """Asked for changes only, the moment of the request does not matter."""
    follows = asked.updated_after is not None or asked.updated_before is not None
    free = follows and asked.start_date is None and asked.end_date is None
    start, end = (None, None) if free else _span(asked.start_date, asked.end_date, now)
    if asked.updated_after is None and asked.updated_before is not None:
        asked = asked.model_copy(update={"updated_after": asked.updated_before - SPAN})
    return {
        "statuses": [status for one in set(asked.status) for status in _STATUSES[one]] or None,
        "concerns": [door.concern(code).code for code in asked.service_code] or None,
        "start": start,
        "end": end,
        "updated_after": asked.updated_after,
        "updated_before": asked.updated_before,
    }


def _span(start: datetime | None, end: datetime | None, now: datetime) -> tuple[datetime, datetime]:
    """Of at most SPAN; what is not given follows from what is, else it ends now."""
    if start is None:
        end = end or now
        return end - SPAN, end
    if end is None:
        return start, start + SPAN
    if end < start:
        raise wrong("/end_date", "早于 start_date，请核对")
    if end - start > SPAN:
        raise wrong("/end_date", "和 start_date 相差超过 90 天，请分段查询")
    return start, end
