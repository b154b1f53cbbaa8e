"""Units over HTTP."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import TypeAdapter

from services.fabric.model import UNIT_CODE
from services.grids.api.parameters import Asked, Reader, Wait, Writer, after_code, rows_of
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
_ROW = TypeAdapter(UnitRow)


def routes(registry: Registry) -> APIRouter:
    router = APIRouter(prefix="/grids/v1", tags=["单位"])

    @router.put("/units/{code}", summary="新建或修改一个单位")
    async def put_unit(
        code: Code, body: UnitPut, response: Response, caller: Writer, if_match: IfMatch = None, wait: Wait = False
    ) -> dict[str, Any]:
        if body.code not in (None, code):
            raise wrong("/code", f"和地址里的 {code} 不一样，请只改一处")
        wanted = wanted_version(if_match)
        version, (stored, new) = await registry.change(
            "unit", caller, lambda tx, now: usecases.put_one(tx, registry.profile, body.unit(code), wanted)
        )
        if wait:
            await registry.held_everywhere(version)
        response.status_code = 201 if new else 200
        put_etag(response, stored.version)
        return {**unit_json(stored), "fabric_version": version}

    @router.get("/units/{code}", summary="一个单位")
    async def get_unit(code: Code, response: Response, caller: Reader) -> dict[str, Any]:
        async with registry.db.reading() as tx:
            stored = await repository.one(tx, code)
        if stored is None:
            raise no_unit(code)
        put_etag(response, stored.version)
        return unit_json(stored)

    @router.put("/units", summary="导入单位表，整体生效或整体不生效；表里没有的单位不动")
    async def put_units(request: Request, caller: Writer, wait: Wait = False) -> dict[str, Any]:
        """JSON 数组，每行是 code 和单位的各项。上级可以在同一张表里。"""
        rows = await rows_of(request, _ROW)
        told = {index: row.unit(row.code) for index, row in rows.good.items()}
        version, listed = await registry.change(
            "units", caller, lambda tx, now: usecases.put_list(tx, registry.profile, told, rows.faults)
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
    ) -> dict[str, Any]:
        async with registry.db.reading() as tx:
            found = await repository.page(tx, after_code(cursor), limit + 1, level, parent, overlay)
        more = cursors.encode(found[limit - 1].unit.code) if len(found) > limit else None
        return cursors.page([unit_json(stored) for stored in found[:limit]], more)

    return router
