"""Deliveries: what went out, what waits, what failed; tried again or cancelled by hand."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query

from services.kit.db import Tx, after_commit
from services.kit.http import cursors
from services.kit.http.answers import Responses, refusals
from services.kit.http.auth import allow
from services.kit.http.cursors import Cursor, Limit
from services.kit.keys import SEE_ALL, Caller
from services.notify.api.doors import Doors, Unit, may_change
from services.notify.errors import no_delivery, not_now
from services.notify.models import DeliveryKind, DeliveryRow, DeliveryState
from services.notify.repository import deliveries
from services.notify.schemas import DeliveryOut, delivery_out

Action = Literal["retry", "cancel"]
ALLOWED: dict[DeliveryState, list[str]] = {
    "pending": ["retry", "cancel"],
    "sending": [],
    "delivered": [],
    "failed": ["retry"],
    "cancelled": ["retry"],
}
Code = Annotated[str | None, Query(max_length=128, pattern=r"^[^\x00]*$")]
_SHOWN: Responses = {200: {"model": DeliveryOut}, **refusals({404: "没有这件推送"})}
_OF_UNIT = refusals({404: "没有这个单位"})
_CHANGED = _SHOWN | refusals({409: "现在不能这样做"})


def add(router: APIRouter, doors: Doors) -> None:
    @router.get("/deliveries", tags=["推送"], summary="推送列表")
    async def listing(
        state: DeliveryState | None = None,
        kind: DeliveryKind | None = None,
        receiver: Code = None,
        limit: Limit = 100,
        cursor: Cursor = None,
        caller: Caller = Depends(allow()),
    ) -> dict[str, Any]:
        """新的在前。来源系统看到给自己的回调，单位看到自己的订阅。"""
        mine: dict[str, Any]
        mine = {"source": caller.speaks_for} if caller.role == "source" else {"units": doors.units_of(caller)}
        return await _listed(doors, {"state": state, "kind": kind, "receiver": receiver, **mine}, cursor, limit)

    @router.get("/units/{code}/deliveries", tags=["推送"], summary="给一个单位的推送", responses=_OF_UNIT)
    async def listing_of_unit(
        code: Unit,
        state: DeliveryState | None = None,
        limit: Limit = 100,
        cursor: Cursor = None,
        caller: Caller = Depends(allow()),
    ) -> dict[str, Any]:
        """新的在前。再推一次、不推了都用 `/deliveries/{delivery_id}`。"""
        await doors.admit(caller, code)
        return await _listed(doors, {"state": state, "units": [code]}, cursor, limit)

    @router.get("/deliveries/{delivery_id}", tags=["推送"], summary="一件推送", responses=_SHOWN)
    async def show(delivery_id: str, caller: Caller = Depends(allow())) -> dict[str, Any]:
        async with doors.db.reading() as tx:
            return delivery_out(await _visible(tx, doors, caller, delivery_id))

    @router.post("/units/{code}/deliveries/{delivery_id}/retry", include_in_schema=False)
    @router.post("/deliveries/{delivery_id}/retry", tags=["推送"], summary="再推一次", responses=_CHANGED)
    async def retry(delivery_id: str, caller: Caller = Depends(allow())) -> dict[str, Any]:
        """马上再推，次数从头算；等着重试的提前。"""
        async with doors.db.transaction() as tx:
            row = await _visible(tx, doors, caller, delivery_id)
            may_change(caller)
            if not await deliveries.again(tx, row, doors.real()):
                raise await _not_now(tx, "retry", delivery_id)
            after_commit(tx, doors.send)
            return delivery_out(await _visible(tx, doors, caller, delivery_id))

    @router.post("/deliveries/{delivery_id}/cancel", tags=["推送"], summary="不推了", responses=_CHANGED)
    async def cancel(delivery_id: str, caller: Caller = Depends(allow())) -> dict[str, Any]:
        async with doors.db.transaction() as tx:
            row = await _visible(tx, doors, caller, delivery_id)
            may_change(caller)
            if not await deliveries.cancel(tx, [row.receiver], doors.real(), delivery_id):
                raise await _not_now(tx, "cancel", delivery_id)
            return delivery_out(await _visible(tx, doors, caller, delivery_id))


async def _listed(doors: Doors, wanted: dict[str, Any], cursor: str | None, limit: int) -> dict[str, Any]:
    async with doors.db.reading() as tx:
        found = await deliveries.page(tx, wanted, _before(cursor), limit + 1)
    more = cursors.encode(found[limit - 1].position) if len(found) > limit else None
    return cursors.page([delivery_out(row) for row in found[:limit]], more)


async def _visible(tx: Tx, doors: Doors, caller: Caller, delivery_id: str) -> DeliveryRow:
    row = None if "\x00" in delivery_id else await deliveries.one(tx, delivery_id)
    if row is None or not _sees(doors, caller, row):
        raise no_delivery()
    return row


def _sees(doors: Doors, caller: Caller, row: DeliveryRow) -> bool:
    if row.unit is not None:
        return doors.sees(caller, row.unit)
    return caller.role in SEE_ALL or (caller.role == "source" and row.source == caller.speaks_for)


async def _not_now(tx: Tx, action: Action, delivery_id: str) -> Exception:
    row = await deliveries.one(tx, delivery_id)
    return no_delivery() if row is None else not_now(action, row.state, ALLOWED[row.state])


def _before(cursor: str | None) -> int | None:
    parts = cursors.decode(cursor, 1)
    if parts is None:
        return None
    if type(parts[0]) is not int or not 0 <= parts[0] < 2**63:
        raise cursors.not_ours()
    return parts[0]
