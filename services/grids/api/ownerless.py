"""The register of ownerless ground over HTTP: read, held in the interim, ruled, closed."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query, Response
from pydantic import Field

from services.fabric.rulings import KINDS
from services.grids.api.answering import NOT_NOW
from services.grids.api.parameters import Reader, after_code
from services.grids.domain.bouncing import REASONS
from services.grids.domain.ground import STATES, Ground, Ruling, State, allowed, closed, held, ruled
from services.grids.errors import no_ground
from services.grids.repository import ownerless as repository
from services.grids.repository import signs, units
from services.grids.repository.signs import Evidence, OrdersThere
from services.grids.schemas import Body, OverlayCode, UnitCode
from services.grids.usecases.ownerless import Asked, change
from services.grids.usecases.publishing import Change, Registry
from services.kit.db import Tx
from services.kit.fields import Name, Words
from services.kit.http import cursors
from services.kit.http.auth import allow
from services.kit.http.etags import IfMatch, put_etag, wanted_version
from services.kit.keys import SEE_ALL, Caller
from services.kit.masking import masked
from services.kit.problems import wrong

Desk = Annotated[Caller, Depends(allow("duty_desk", "supervisor"))]
GroundId = Annotated[str, Path(pattern=r"^gr_[0-9a-f]{32}$", description="台账编号")]
KindWanted = Literal["gap", "overlap", "no_unit", "bouncing", "returned", "repeated", "unmet"]


class HoldBody(Body):
    unit: UnitCode = Field(description="裁定前先管着的单位")


class RuleBody(Body):
    unit: UnitCode = Field(description="裁定归哪个单位")
    ground: Annotated[Name, Field(min_length=1, max_length=2000, description="依据")]


class CloseBody(Body):
    note: Annotated[Words, Field(max_length=2000)] | None = Field(default=None, description="为什么销号")


def routes(registry: Registry) -> APIRouter:
    router = APIRouter(prefix="/grids/v1/ownerless", tags=["三不管地带"])

    @router.get("", summary="台账列表，按列入先后")
    async def list_ground(
        caller: Reader,
        limit: cursors.Limit = 100,
        cursor: cursors.Cursor = None,
        state: State | None = None,
        kind: Annotated[
            KindWanted | None, Query(description="也可以是推来推去的原因：returned、repeated、unmet")
        ] = None,
        overlay: Annotated[OverlayCode | None, Query(description="图层编码")] = None,
    ) -> dict[str, Any]:
        """kind：gap 无格覆盖、overlap 两格重叠、no_unit 有格无主，每次发布新版本时由地图更新，地图上没有了就自动销号；
        bouncing 推来推去：百米见方的一处在九十天里退单两次、反复两次（结案三十天内同一诉求又来，或重办）或吹哨未到一次。
        销号后又够数的重新列入。evidence 里的案件编号只给看全局的角色。"""
        async with registry.db.reading() as tx:
            found = await repository.page(tx, after_code(cursor), limit + 1, state, kind, overlay)
            shown = found[:limit]
            told = await signs.evidence(tx, shown)
            orders = await signs.orders_there(tx, shown)
        more = cursors.encode(found[limit - 1].id) if len(found) > limit else None
        return cursors.page([_shown(one, told.get(one.id, []), orders[one.id], caller) for one in shown], more)

    @router.get("/{ground_id}", summary="台账里的一条")
    async def get_ground(ground_id: GroundId, response: Response, caller: Reader) -> dict[str, Any]:
        return await _answer(ground_id, response, caller)

    @router.post("/{ground_id}/hold", summary="指定代管单位，裁定之前由它先管着", responses=NOT_NOW)
    async def hold(
        ground_id: GroundId, body: HoldBody, response: Response, caller: Desk, if_match: IfMatch = None
    ) -> dict[str, Any]:
        now = registry.clock.now()
        return await _step(
            ground_id, response, caller, "hold", if_match, lambda g: held(g, body.unit, caller.name, now), body.unit
        )

    @router.post("/{ground_id}/rule", summary="裁定归属，写明依据；可以重新裁定", responses=NOT_NOW)
    async def rule(
        ground_id: GroundId, body: RuleBody, response: Response, caller: Desk, if_match: IfMatch = None
    ) -> dict[str, Any]:
        ruling = Ruling(body.unit, masked(body.ground), caller.name, registry.clock.now())
        return await _step(ground_id, response, caller, "rule", if_match, lambda g: ruled(g, ruling), body.unit)

    @router.post("/{ground_id}/close", summary="销号", responses=NOT_NOW)
    async def close(
        ground_id: GroundId,
        response: Response,
        caller: Desk,
        body: CloseBody | None = None,
        if_match: IfMatch = None,
    ) -> dict[str, Any]:
        now, note = registry.clock.now(), masked(body.note) if body and body.note else None
        return await _step(
            ground_id, response, caller, "close", if_match, lambda g: closed(g, caller.name, now, note), None
        )

    async def _step(
        ground_id: str,
        response: Response,
        caller: Caller,
        step: Literal["hold", "rule", "close"],
        if_match: str | None,
        become: Callable[[Ground], Ground],
        unit: str | None,
    ) -> dict[str, Any]:
        fabric = registry.copy.current
        asked = Asked(step, wanted_version(if_match), become)
        name = fabric.unit_name if fabric is not None else str

        async def command(tx: Tx, now: datetime) -> Change[Ground]:
            if unit is not None and unit not in await units.codes(tx):
                raise wrong("/unit", f"没有 {unit} 这个单位，请核对编码")
            return await change(tx, registry.outbox, ground_id, asked, now, name)

        await registry.change("ownerless", caller, command)
        return await _answer(ground_id, response, caller)

    async def _answer(ground_id: str, response: Response, caller: Caller) -> dict[str, Any]:
        async with registry.db.reading() as tx:
            ground = await repository.one(tx, ground_id)
            if ground is None:
                raise no_ground()
            told = (await signs.evidence(tx, [ground])).get(ground.id, [])
            orders = (await signs.orders_there(tx, [ground]))[ground.id]
        put_etag(response, ground.version)
        return _shown(ground, told, orders, caller)

    return router


def _shown(ground: Ground, told: list[Evidence], orders: OrdersThere, caller: Caller) -> dict[str, Any]:
    ruling = ground.ruling
    everything = caller.role in SEE_ALL
    return {
        "id": ground.id,
        "kind": ground.kind,
        "kind_name": KINDS[ground.kind],
        "state": ground.state,
        "state_name": STATES[ground.state],
        "place": {
            "lon": ground.lon,
            "lat": ground.lat,
            "text": ground.address,
            "grids": {overlay: list(codes) for overlay, codes in ground.grids.items()},
            "bounds": list(ground.bounds) if ground.bounds else None,
        },
        "overlays": list(ground.overlays),
        "area_m2": None if ground.area_m2 is None else round(ground.area_m2, 1),
        "evidence": [
            {
                "reason": one.reason,
                "reason_name": REASONS[one.reason],
                "times": one.times,
                "count": one.cases,
                **({"cases": list(one.named)} if everything else {}),
            }
            for one in told
        ],
        "orders": {"before": orders.before, "after": orders.after if ruling else None},
        "first_seen": ground.first_seen.isoformat(),
        "last_seen": ground.last_seen.isoformat(),
        "holder": ground.holder,
        "held_by": ground.held_by,
        "held_at": ground.held_at.isoformat() if ground.held_at else None,
        "ruling": {"unit": ruling.unit, "ground": ruling.ground, "by": ruling.by, "date": ruling.at.isoformat()}
        if ruling
        else None,
        "closed_by": ground.closed_by,
        "closed_at": ground.closed_at.isoformat() if ground.closed_at else None,
        "note": ground.note,
        "allowed": allowed(ground.state),
        "version": ground.version,
    }
