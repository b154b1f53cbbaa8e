"""Units over HTTP."""

from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import TypeAdapter

from services.fabric.model import UNIT_CODE, Unit
from services.grids.api.answering import IN_USE, NEW
from services.grids.api.parameters import Asked, At, Reader, Wait, Writer, after_code, moment, rows_of
from services.grids.domain.dating import at as edition_at
from services.grids.errors import no_unit
from services.grids.repository import units as repository
from services.grids.schemas import UnitPut, UnitRow, unit_json
from services.grids.usecases import units as usecases
from services.grids.usecases.publishing import Registry
from services.kit.http import cursors
from services.kit.http.etags import IfMatch, put_etag, wanted_version
from services.kit.problems import wrong

Code = Annotated[str, Path(pattern=rf"^{UNIT_CODE}$", description="单位编码")]
Wanted = Annotated[Asked, Query(max_length=64)]
Preview = Annotated[bool, Query(description="只看会怎样，不生效")]
_ROW = TypeAdapter(UnitRow)


def routes(registry: Registry) -> APIRouter:
    router = APIRouter(prefix="/grids/v1", tags=["单位"])
    kept_for = registry.settings.grids_history

    @router.put("/units/{code}", summary="新建或修改一个单位", responses={**NEW, **IN_USE})
    async def put_unit(
        code: Code,
        body: UnitPut,
        response: Response,
        caller: Writer,
        if_match: IfMatch = None,
        wait: Wait = False,
        preview: Preview = False,
    ) -> dict[str, Any]:
        """没有写 valid_from 的改动从现在起；名称、层级、隶属等不变时就地更正。改过的样子按 at 仍可查。
        preview=true 时什么也不改，impact 里说明哪些项会变，以及它名下的单位、网格和未结案件。"""
        if body.code not in (None, code):
            raise wrong("/code", f"和地址里的 {code} 不一样，请只改一处")
        wanted = wanted_version(if_match)
        if preview:
            return await _weighed(body.unit(code), wanted)
        version, (stored, new) = await registry.change(
            "unit",
            caller,
            lambda tx, now: usecases.put_one(tx, registry.profile, body.unit(code), wanted, now, kept_for),
        )
        if wait:
            await registry.held_everywhere(version)
        response.status_code = 201 if new else 200
        put_etag(response, stored.version)
        return {**unit_json(stored), "fabric_version": version}

    @router.get("/units/{code}", summary="一个单位")
    async def get_unit(code: Code, response: Response, caller: Reader, at: At = None) -> dict[str, Any]:
        when = moment(registry, at)
        async with registry.db.reading() as tx:
            stored = await repository.one(tx, code)
        here = edition_at(stored.editions, when) if stored else None
        if stored is None or here is None:
            raise no_unit(code)
        put_etag(response, stored.version)
        history = [unit_json(replace(stored, unit=edition)) for edition in stored.editions]
        return {**unit_json(replace(stored, unit=here)), "history": history}

    @router.delete("/units/{code}", summary="停用一个单位；还有下级、网格或在办案件时不行", responses=IN_USE)
    async def end_unit(
        code: Code,
        response: Response,
        caller: Writer,
        if_match: IfMatch = None,
        wait: Wait = False,
        preview: Preview = False,
    ) -> dict[str, Any]:
        """preview=true 时什么也不改：removable 说能不能停用，impact 列出还靠着它的单位、网格和未结案件。"""
        wanted = wanted_version(if_match)
        if preview:
            async with registry.db.reading() as tx:
                holds = await usecases.weigh(tx, code, registry.clock.now())
            return {"code": code, "preview": True, "removable": holds.free, "impact": holds.as_json()}
        version, stored = await registry.change("unit", caller, lambda tx, now: usecases.end_one(tx, code, wanted, now))
        if wait:
            await registry.held_everywhere(version)
        put_etag(response, stored.version)
        return {**unit_json(stored), "fabric_version": version}

    @router.put("/units", summary="导入单位表，整体生效或整体不生效；表里没有的单位不动")
    async def put_units(request: Request, caller: Writer, wait: Wait = False) -> dict[str, Any]:
        """JSON 数组，每行是 code 和单位的各项。上级可以在同一张表里。"""
        rows = await rows_of(request, _ROW)
        told = {index: row.unit(row.code) for index, row in rows.good.items()}
        version, listed = await registry.change(
            "units", caller, lambda tx, now: usecases.put_list(tx, registry.profile, told, now, kept_for, rows.faults)
        )
        if wait:
            await registry.held_everywhere(version)
        return {
            "version": version,
            "added": listed.added,
            "changed": listed.changed,
            "unchanged": listed.unchanged,
        }

    @router.get("/units", summary="单位列表，按编码排序")
    async def list_units(
        caller: Reader,
        limit: cursors.Limit = 100,
        cursor: cursors.Cursor = None,
        level: Wanted = None,
        parent: Wanted = None,
        overlay: Wanted = None,
        at: At = None,
    ) -> dict[str, Any]:
        when = moment(registry, at)
        async with registry.db.reading() as tx:
            found = await repository.page(tx, when, after_code(cursor), limit + 1, level, parent, overlay)
        more = cursors.encode(found[limit - 1].unit.code) if len(found) > limit else None
        return cursors.page([unit_json(stored) for stored in found[:limit]], more)

    async def _weighed(unit: Unit, wanted: int | None) -> dict[str, Any]:
        """As it would be, and what stands on it; refused as the change itself would be."""
        now = registry.clock.now()
        async with registry.db.reading() as tx:
            before = await repository.one(tx, unit.code)
            done = await usecases.put_one(tx, registry.profile, unit, wanted, now, kept_for)
            holds = None if before is None else await usecases.weigh(tx, unit.code, now)
        told = unit_json(done.answer[0])
        was = {} if before is None else unit_json(before)
        changed = {key: {"from": was.get(key), "to": to} for key, to in told.items() if was.get(key) != to}
        changed.pop("version", None)
        return {**told, "preview": True, "impact": {"changed": changed, **(holds.as_json() if holds else {})}}

    return router
