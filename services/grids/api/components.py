"""The inventory of components (部件) over HTTP."""

import re
from collections.abc import Iterable
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response

from services.fabric.component_kinds import Kinds
from services.fabric.datum import Crs
from services.grids.api.answering import NEW
from services.grids.api.importing import EVENTS, watched, watches
from services.grids.api.parameters import Asked, At, Reader, Wait, Writer, after_code, moment, placed
from services.grids.component_schemas import COMPONENT_CODE, ComponentPut, component_json
from services.grids.domain.progress import silent
from services.grids.errors import no_component
from services.grids.repository import components as repository
from services.grids.repository import publications
from services.grids.repository.components import Wanted
from services.grids.usecases import components as usecases
from services.grids.usecases.inventory import Wish, import_components
from services.grids.usecases.publishing import Registry
from services.kit.fields import storable
from services.kit.http import cursors
from services.kit.http.etags import IfMatch, put_etag, wanted_version
from services.kit.problems import wrong

MOST_METRES = 5000
_FILE: dict[str, Any] = {"schema": {"type": "string", "format": "binary"}}
_BODIES: dict[str, Any] = {
    "application/json": {"schema": {"type": "array", "items": {"type": "object"}}},
    "text/csv": _FILE,
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": _FILE,
    "application/octet-stream": _FILE,
}
Code = Annotated[str, Path(max_length=200)]
Kind = Annotated[Asked, Query(max_length=60, description="类别的编码、名称，或一族，如 manhole")]


def routes(registry: Registry) -> APIRouter:
    router = APIRouter(prefix="/grids/v1", tags=["部件"])

    @router.put(
        "/components",
        summary="导入部件普查表，整体生效或整体不生效",
        responses={200: {"content": {EVENTS: {}}}},
        openapi_extra={"requestBody": {"required": True, "content": _BODIES}},
    )
    async def put_components(
        request: Request,
        caller: Writer,
        crs: Annotated[Crs, Query(description="各行没有写 crs 时的坐标系")] = "wgs84",
        file: Annotated[Asked, Query(max_length=200, description="文件名，记在变更里")] = None,
        preview: Annotated[bool, Query(description="只看会怎样，不生效")] = False,
        part: Annotated[bool, Query(description="只换表里有的部件，其余不动")] = False,
        mend: Annotated[
            bool, Query(description="不在单位表里的权属单位不算错：记成没有权属，并在 unknown_owners 里列出")
        ] = False,
        wait: Wait = False,
        if_match: IfMatch = None,
    ) -> Any:
        """JSON 数组，每行 code、kind、lon、lat，可以有 owner、state、valid_from、valid_to、crs；也可以直接传 CSV（UTF-8 或
        GB18030）或 XLSX，按列名认：部件标识码、部件名称、经度、纬度、权属单位、部件状态、初始时间 等。请求头
        Accept: text/event-stream 时逐步回报进度，和导入图层一样。

        回答里：各类条数 kinds，新增、改变、去掉的编码 names（各列前 50 个），没有权属的 without_owner，落在辖区外的 outside，
        没有用到的列 columns_unread。"""
        wish = Wish(crs, file or None, preview, part, mend, wait, wanted_version(if_match))
        raw = await request.body()
        if watches(request):
            return watched(request, lambda tell: import_components(registry, caller, raw, wish, tell))
        return await import_components(registry, caller, raw, wish, silent)

    @router.get("/components", summary="部件列表，按编码排序；给 near 时由近到远")
    async def list_components(
        response: Response,
        caller: Reader,
        limit: cursors.Limit = 100,
        cursor: cursors.Cursor = None,
        kind: Kind = None,
        owner: Annotated[Asked, Query(max_length=64, description="权属单位的编码")] = None,
        near: Annotated[str | None, Query(max_length=60, description="经度,纬度")] = None,
        metres: Annotated[float, Query(gt=0, le=MOST_METRES, description="离 near 多远以内")] = 100,
        crs: Crs = "wgs84",
        at: At = None,
    ) -> dict[str, Any]:
        """不给 at 时，失效的和还没有生效的也在内。"""
        kinds = registry.profile.things
        when = None if at is None else moment(registry, at)
        wanted = Wanted(None if kind is None else asked_kind(kinds, kind), owner, when)
        async with registry.db.reading() as tx:
            version = await publications.section_version(tx, usecases.COMPONENTS)
            if near is None:
                found = await repository.page(tx, wanted, after_code(cursor), limit + 1)
            else:
                lon, lat = _point(near, crs)
                found = await repository.near(tx, wanted, lon, lat, metres, _after(cursor), limit + 1)
        put_etag(response, version or 0)
        last = found[limit - 1] if len(found) > limit else None
        more = None
        if last is not None:
            key = (last.component.code,) if near is None else (last.metres, last.component.code)
            more = cursors.encode(*key)
        return cursors.page([component_json(stored, kinds) for stored in found[:limit]], more)

    @router.get("/components/{code}", summary="一个部件")
    async def get_component(code: Code, response: Response, caller: Reader) -> dict[str, Any]:
        async with registry.db.reading() as tx:
            stored = (await repository.of_codes(tx, _codes(code))).get(code)
        if stored is None:
            raise no_component(code)
        put_etag(response, stored.version)
        return component_json(stored, registry.profile.things)

    @router.put("/components/{code}", summary="新建或修改一个部件", responses=NEW)
    async def put_component(
        code: Code, body: ComponentPut, response: Response, caller: Writer, if_match: IfMatch = None, wait: Wait = False
    ) -> dict[str, Any]:
        if body.code not in (None, code):
            raise wrong("/code", f"和地址里的 {code} 不一样，请只改一处")
        if not re.fullmatch(COMPONENT_CODE, code):
            raise wrong("/code", "部件编码最多 64 个字，不能有空格和 / \\ ? # %")
        wanted = wanted_version(if_match)
        told = body.told(code, *placed(body.lon, body.lat, body.crs or "wgs84"))
        version, (stored, new) = await registry.change(
            "component", caller, lambda tx, now: usecases.put_one(tx, registry.profile, told, wanted)
        )
        if wait:
            await registry.held_everywhere(version)
        response.status_code = 201 if new else 200
        put_etag(response, stored.version)
        return {**component_json(stored, registry.profile.things), "fabric_version": version}

    @router.delete(
        "/components/{code}", status_code=204, summary="删去一个部件；拆了的请把 state 改成移除，或填 valid_to"
    )
    async def forget_component(code: Code, caller: Writer, if_match: IfMatch = None, wait: Wait = False) -> Response:
        wanted = wanted_version(if_match)
        if not _codes(code):
            raise no_component(code)
        version, _ = await registry.change("component", caller, lambda tx, now: usecases.forget_one(tx, code, wanted))
        if wait:
            await registry.held_everywhere(version)
        return Response(status_code=204)

    return router


def asked_kind(kinds: Kinds, kind: str, pointer: str = "/kind") -> str:
    """A kind or a family, from its code or name."""
    read = kind if kinds.known(kind) else kinds.read(kind)
    if read is None:
        raise wrong(
            pointer, f"不认识部件类别“{kind}”，请按 GB/T 30428.2 的名称填写，如 路灯、电力井盖，或一族如 manhole"
        )
    return read


def asked_kinds(kinds: Kinds, asked: Iterable[str], pointer: str) -> list[str]:
    return [asked_kind(kinds, one, pointer) for one in asked]


def _codes(code: str) -> list[str]:
    """None where the database could not even be asked."""
    try:
        return [storable(code)]
    except ValueError:
        return []


def _point(near: str, crs: str) -> tuple[float, float]:
    lon, _, lat = near.partition(",")
    try:
        return placed(float(lon), float(lat), crs, "/near")
    except ValueError:
        raise wrong("/near", "请写成 121.4079,31.2426 这样的经度,纬度") from None


def _after(cursor: str | None) -> tuple[float, str]:
    after = cursors.decode(cursor, 2)
    if after is None:
        return -1.0, ""
    metres, code = after
    if not isinstance(metres, int | float) or not isinstance(code, str):
        raise cursors.not_ours()
    try:
        return float(metres), storable(code)
    except (ValueError, OverflowError):
        raise cursors.not_ours() from None
