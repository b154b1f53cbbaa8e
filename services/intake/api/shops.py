"""一户一码: the register of shops that have a code at their door."""

from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Body, Depends, Path, Response

from services.fabric.datum import to_wgs84
from services.intake.api.office import At
from services.intake.domain.admission import position_faults
from services.intake.domain.shops import SHOP_CODE, Shop
from services.intake.errors import no_shop
from services.intake.repository import shops as repository
from services.intake.schemas.shops import MOST_SHOPS, ShopAnswer, ShopIn, ShopPage, ShopsPut, shown
from services.kit.http import cursors
from services.kit.http.answers import refusals
from services.kit.http.auth import allow
from services.kit.keys import Caller
from services.kit.problems import wrong_all

router = APIRouter(tags=["一户一码"])
Keeper = Annotated[Caller, Depends(allow("duty_desk", "community"))]
_READERS = ("duty_desk", "community", "supervisor", "auditor", "grid_chief", "grid_member")
Reader = Annotated[Caller, Depends(allow(*_READERS))]
Code = Annotated[str, Path(pattern=f"^{SHOP_CODE}$", description="门上的码")]
_NONE = refusals({404: "没有这个码"})


@router.put("/shops", summary="登记一批商户", response_model=ShopsPut)
async def put_shops(
    office: At, caller: Keeper, body: Annotated[list[ShopIn], Body(min_length=1, max_length=MOST_SHOPS)]
) -> dict[str, int]:
    """按码新增或替换，没提到的不动；有一条不对就都不收。角色：duty_desk、community、admin。"""
    shops = _read(body)
    async with office.db.transaction() as tx:
        new, changed = await repository.put(tx, shops, caller.name, office.clock.now())
    return {"new": new, "changed": changed, "same": len(shops) - new - changed}


@router.get("/shops", summary="登记了哪些商户", response_model=ShopPage)
async def list_shops(
    office: At, caller: Reader, limit: cursors.Limit = 100, cursor: cursors.Cursor = None
) -> dict[str, Any]:
    last = cursors.decode(cursor, 1)
    if last is not None and not (isinstance(last[0], str) and last[0].isprintable()):
        raise cursors.not_ours()
    async with office.db.reading() as tx:
        found = await repository.page(tx, last[0] if last else None, limit + 1)
    more = cursors.encode(found[limit - 1].code) if len(found) > limit else None
    return cursors.page([shown(shop) for shop in found[:limit]], more)


@router.get("/shops/{code}", summary="一户", response_model=ShopAnswer, responses=_NONE)
async def get_shop(code: Code, office: At, caller: Reader) -> dict[str, object]:
    async with office.db.reading() as tx:
        found = await repository.one(tx, code)
    if found is None:
        raise no_shop()
    return shown(found)


@router.delete("/shops/{code}", summary="注销一户的码", status_code=204, responses=_NONE)
async def delete_shop(code: Code, office: At, caller: Keeper) -> Response:
    """以前报的事不受影响；扫旧码的会被告知码已停用，照样能报。"""
    async with office.db.transaction() as tx:
        if not await repository.delete(tx, code):
            raise no_shop()
    return Response(status_code=204)


def _read(rows: list[ShopIn]) -> list[Shop]:
    """In WGS-84. Raises Invalid with every fault of every row."""
    found: list[tuple[str, str]] = []
    shops: dict[str, Shop] = {}
    for place, row in enumerate(rows):
        position = row.location.position() if row.location else None
        if position is not None:
            found += [(f"/{place}{where}", said) for where, said in position_faults(position)]
        if row.code in shops:
            found.append((f"/{place}/code", "这个码在前面已经有了，请去掉一个"))
        shops[row.code] = Shop(row.code, row.name.strip(), row.address.strip(), guarantees=tuple(row.guarantees))
    if found:
        raise wrong_all(found)
    return [_placed(shops[row.code], row) for row in rows]


def _placed(shop: Shop, row: ShopIn) -> Shop:
    if row.location is None:
        return shop
    position = row.location.position()
    lons, lats = to_wgs84(np.array([position.lon]), np.array([position.lat]), position.crs)
    return Shop(shop.code, shop.name, shop.address, round(float(lons[0]), 7), round(float(lats[0]), 7), shop.guarantees)
