"""Subscriptions: made, listed, ended."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response

from services.kit.db import Tx
from services.kit.http import cursors
from services.kit.http.answers import Responses, refusals
from services.kit.http.auth import allow
from services.kit.http.cursors import Cursor, Limit
from services.kit.keys import Caller
from services.notify.api.doors import Doors, may_change
from services.notify.errors import no_subscription, no_unit
from services.notify.models import Subscription
from services.notify.repository import subscriptions
from services.notify.schemas import SubscriptionIn, SubscriptionMade, SubscriptionOut, subscription_out
from services.notify.usecases.subscribing import check, subscribe, unsubscribe

MissingUnit = Annotated[str | None, Query(max_length=64, description="只看这个单位的")]
_NONE = refusals({404: "没有这个订阅"})
_NO_UNIT = refusals({404: "没有这个单位"})
_SHOWN: Responses = {200: {"model": SubscriptionOut}, **_NONE}


def add(router: APIRouter, doors: Doors) -> None:
    @router.post(
        "/subscriptions",
        status_code=201,
        tags=["订阅"],
        summary="订阅",
        responses={201: {"model": SubscriptionMade}, **_NO_UNIT},
    )
    async def create(body: SubscriptionIn, response: Response, caller: Caller = Depends(allow())) -> dict[str, Any]:
        """单位的事件推送到 `target`，按 Standard Webhooks 签名。`secret` 只在这次回答里给出。"""
        await doors.admit(caller, body.unit)
        may_change(caller)
        await check(body, doors.networks)
        async with doors.db.transaction() as tx:
            made, secret = await subscribe(tx, doors.secrets, body, caller, doors.clock.now())
        response.headers["Location"] = f"/notify/v1/subscriptions/{made.id}"
        return subscription_out(made) | {"secret": secret}

    @router.get("/subscriptions", tags=["订阅"], summary="订阅列表", responses=_NO_UNIT)
    async def listing(
        unit: MissingUnit = None, limit: Limit = 100, cursor: Cursor = None, caller: Caller = Depends(allow())
    ) -> dict[str, Any]:
        units = doors.units_of(caller)
        if unit is not None:
            if not doors.sees(caller, unit):
                raise no_unit(unit)
            units = [unit]
        after = (cursors.decode_texts(cursor, 1) or [""])[0]
        async with doors.db.reading() as tx:
            found = await subscriptions.page(tx, units, str(after), limit + 1)
        more = cursors.encode(found[limit - 1].id) if len(found) > limit else None
        return cursors.page([subscription_out(each) for each in found[:limit]], more)

    @router.get("/subscriptions/{subscription_id}", tags=["订阅"], summary="一个订阅", responses=_SHOWN)
    async def show(subscription_id: str, caller: Caller = Depends(allow())) -> dict[str, Any]:
        async with doors.db.reading() as tx:
            return subscription_out(await _visible(tx, doors, caller, subscription_id))

    @router.delete(
        "/subscriptions/{subscription_id}",
        status_code=204,
        tags=["订阅"],
        summary="取消订阅",
        responses=_NONE,
    )
    async def remove(subscription_id: str, caller: Caller = Depends(allow())) -> Response:
        """还没发的一并取消。"""
        async with doors.db.transaction() as tx:
            found = await _visible(tx, doors, caller, subscription_id)
            may_change(caller)
            await unsubscribe(tx, found, doors.real())
        return Response(status_code=204)


async def _visible(tx: Tx, doors: Doors, caller: Caller, subscription_id: str) -> Subscription:
    if "\x00" in subscription_id:
        raise no_subscription()
    found = (await subscriptions.by_id(tx, [subscription_id])).get(subscription_id)
    if found is None or not doors.sees(caller, found.unit):
        raise no_subscription()
    return found
