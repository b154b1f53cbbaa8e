"""Orders looked up: one with its progress, lists, and who did what."""

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse

from services.intake.api import views
from services.intake.api.office import AnyCaller, At, Auditor, checked_id
from services.intake.domain.confidence import WITHHELD, statuses_read
from services.intake.errors import no_order
from services.intake.models import Order
from services.intake.repository import reading
from services.intake.schemas.answers import EntryPage, OrderPage, OrderWhole
from services.intake.schemas.texts import Code, MomentAsked, Name
from services.intake.usecases.commands import reads, sees
from services.kit.contracts.orders import OrderStatus
from services.kit.http import cursors
from services.kit.http.answers import refusals
from services.kit.keys import SEE_ALL, Caller

router = APIRouter(tags=["工单"])
_NO_ORDER = refusals({404: "没有这件工单，或者这把密钥看不到"})
_MOST_ENTRIES = 1000
_TOLD_OF_CALLS = frozenset({"admin", "duty_desk", "supervisor"})


@router.get("/orders", summary="工单列表", response_model=OrderPage)
async def list_orders(
    office: At,
    caller: AnyCaller,
    external_id: Annotated[Name | None, Query()] = None,
    channel: Annotated[Code | None, Query()] = None,
    status: Annotated[OrderStatus | None, Query()] = None,
    source: Annotated[Name | None, Query(description="只对能看全部的角色有用")] = None,
    changed_after: Annotated[MomentAsked | None, Query(description="带时区的时间；跟着取时往回留一分钟")] = None,
    limit: cursors.Limit = 100,
    cursor: cursors.Cursor = None,
) -> JSONResponse:
    """按变动时间从早到晚。来源只看得到自己的工单；admin、supervisor 看得到全部，duty_desk、auditor 看得到举报以外的全部，
    duty_desk 也看得到待研判的举报。"""
    wanted = {
        "source": source if caller.role in SEE_ALL else caller.speaks_for,
        "external_id": external_id,
        "channel": channel,
        "status": status,
        "changed_after": changed_after,
        "mine": caller.speaks_for,
        "readable": _readable(caller),
    }
    after = cursors.decode_moment(cursor)
    async with office.db.reading() as tx:
        found = await reading.listing(tx, wanted, after, limit + 1)
    page, more = found[:limit], len(found) > limit
    last = cursors.encode(page[-1].changed_at.isoformat(), page[-1].order_id) if more else None
    return JSONResponse(cursors.page([views.item(order, caller.role) for order in page], last))


@router.get("/orders/{order_id}", summary="一张工单", response_model=OrderWhole, responses=_NO_ORDER)
async def get_order(order_id: str, office: At, caller: AnyCaller) -> JSONResponse:
    """状态、地点、事项、进展和评价。文字都已隐去个人信息。"""
    wanted, calls = checked_id(order_id), 0
    async with office.db.reading() as tx:
        if caller.role in _TOLD_OF_CALLS:
            known = await reading.for_desk(tx, wanted)
            found, calls = (known[:2], known[2]) if known else (None, 0)
        else:
            found = await reading.with_progress(tx, wanted)
    if found is None or not sees(caller, found[0]):
        raise no_order()
    order, progress = found
    readable = reads(caller, order)
    receipt = office.receipts.path(order_id) if readable and _hands_over(caller, order) else None
    shown = views.whole(order, progress, office.profile, caller.role, readable, calls, receipt)
    return views.etagged(shown, order.version)


@router.get("/orders/{order_id}/entries", summary="谁做过什么", response_model=EntryPage, responses=_NO_ORDER)
async def list_entries(order_id: str, office: At, caller: Auditor) -> JSONResponse:
    """这张工单上的每次操作，查看个人信息也在内。角色：duty_desk、supervisor、auditor、admin。"""
    async with office.db.reading() as tx:
        order = await reading.with_progress(tx, checked_id(order_id))
        if order is None:
            raise no_order()
        found = await reading.entries(tx, order_id, _MOST_ENTRIES)
    shown = found if reads(caller, order[0]) else [entry | {"note": WITHHELD} for entry in found]
    return JSONResponse(cursors.page(shown, None))


def _hands_over(caller: Caller, order: Order) -> bool:
    """Whoever may speak for the reporter may hand him his receipt."""
    return order.source == caller.speaks_for or caller.role in ("admin", "duty_desk")


def _readable(caller: Caller) -> list[str] | None:
    """Statuses in which confidential orders of others are listed to this caller; None: all."""
    statuses = statuses_read(caller.role)
    return None if statuses is None else sorted(statuses)
