"""Boundaries over HTTP: overlays imported and read, single grids with their past."""

import asyncio
import re
from typing import Annotated, Any

import shapely
from fastapi import APIRouter, Path, Query, Request, Response

from services.fabric.entries import RESERVED
from services.fabric.metric import in_metres
from services.fabric.model import OVERLAY_CODE, GridEdition
from services.grids.api.answering import AS_GEO_JSON, GEO_JSON
from services.grids.api.importing import EVENTS, watched, watches
from services.grids.api.parameters import Asked, At, Reader, Wait, Writer, after_code, moment
from services.grids.domain.progress import silent
from services.grids.domain.telling import collection_json, grid_properties
from services.grids.errors import no_grid, no_overlay
from services.grids.repository import editions, publications
from services.grids.usecases.importing import Wish, import_overlay
from services.grids.usecases.publishing import Registry
from services.kit.http import cursors
from services.kit.http.etags import IfMatch, put_etag, wanted_version
from services.kit.problems import wrong

Overlay = Annotated[str, Path(max_length=40, description="图层编码，如 police")]
_FILE: dict[str, Any] = {"schema": {"type": "string", "format": "binary"}}
_BODIES: dict[str, Any] = {
    GEO_JSON: {"schema": {"type": "object"}},
    "application/zip": _FILE,
    "application/geopackage+sqlite3": _FILE,
    "text/csv": _FILE,
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": _FILE,
    "application/octet-stream": _FILE,
}


def routes(registry: Registry) -> APIRouter:
    router = APIRouter(prefix="/grids/v1", tags=["图层"])

    @router.put(
        "/overlays/{overlay}",
        summary="导入一个图层，整体生效或整体不生效",
        responses={200: {"content": {EVENTS: {}}}},
        openapi_extra={"requestBody": {"required": True, "content": _BODIES}},
    )
    async def put_overlay(
        request: Request,
        overlay: Overlay,
        caller: Writer,
        crs: Annotated[
            str | None,
            Query(max_length=60, description="wgs84、cgcs2000、gcj02、bd09 或 EPSG:4549 这样的编号；写了就以它为准"),
        ] = None,
        file: Annotated[Asked, Query(max_length=200, description="文件名，记在变更里")] = None,
        preview: Annotated[bool, Query(description="只看会怎样，不生效")] = False,
        part: Annotated[bool, Query(description="只换文件里有的网格，其余不动")] = False,
        mend: Annotated[bool, Query(description="坏的环自动修补")] = False,
        drawn: Annotated[
            bool, Query(alias="borders", description="回答里带上变了的网格新旧两样的边界（GeoJSON）")
        ] = False,
        code: Annotated[Asked, Query(max_length=100, description="文件里哪一列是编码，如 BoroCD；以下四个同理")] = None,
        name: Annotated[Asked, Query(max_length=100, description="哪一列是名称")] = None,
        unit: Annotated[Asked, Query(max_length=100, description="哪一列是单位")] = None,
        parent: Annotated[Asked, Query(max_length=100, description="哪一列是上级网格")] = None,
        households: Annotated[Asked, Query(max_length=100, description="哪一列是户数")] = None,
        wait: Wait = False,
        if_match: IfMatch = None,
    ) -> Any:
        """文件原样作为请求体，最大 256 MB，按内容认格式：GeoJSON、压成 zip 的 Shapefile、GeoPackage、有 WKT 或 GeoJSON 列的
        CSV 和 XLSX、地图网站给的数组。文件写明的坐标系（.prj、GeoPackage、GeoJSON 的 crs）照用，没有写明的按 WGS-84，数字不
        可能是经纬度的拒收。请求头 Accept: text/event-stream 时逐步回报进度：事件 progress {step, done, of}，最后是
        answer（与普通回答一样）或 problem。

        属性 code、name、unit、parent、households、valid_from、valid_to；
        其余属性保留。列名不一样的，用 ?code=BoroCD&name=… 指明哪一列是什么；没有那一列的拒收，并列出有哪些列。没有写生效时间的网格：第一次出现的一直有效，替换旧网格的从现在起有效，旧的保留到现在为止。

        impact 说明改动的影响（preview=true 时是将会怎样）：area 面积从谁到谁，households 户数按面积分摊，cases 哪些未结
        案件换网格或换单位，load 各单位前后的网格、面积、户数和落在其地面上的未结案件。cases 里 will=rerouted：还没签收、主办
        就是原网格的单位，派单台会按新网格重新派；kept：已经签收（首接负责），或主办由裁定、转办、升级确定，主办不变，只更新
        网格。"""
        _check_code(overlay)
        wanted = wanted_version(if_match)
        raw = await request.body()
        told = {"code": code, "name": name, "unit": unit, "parent": parent, "households": households}
        columns = {field: column for field, column in told.items() if column}
        wish = Wish(overlay, file or None, crs, preview, part, mend, wait, wanted, drawn, columns)
        if watches(request):
            return watched(request, lambda tell: import_overlay(registry, caller, raw, wish, tell))
        return await import_overlay(registry, caller, raw, wish, silent)

    @router.get("/overlays", summary="有哪些图层")
    async def list_overlays(
        caller: Reader, limit: cursors.Limit = 100, cursor: cursors.Cursor = None, at: At = None
    ) -> dict[str, Any]:
        async with registry.db.reading() as tx:
            found = await editions.overlays(tx, moment(registry, at), after_code(cursor), limit + 1)
        more = cursors.encode(found[limit - 1].overlay) if len(found) > limit else None
        return cursors.page(
            [
                {
                    "overlay": row.overlay,
                    "name": registry.profile.overlay_name(row.overlay),
                    "grids": row.grids,
                    "version": row.version,
                }
                for row in found[:limit]
            ],
            more,
        )

    @router.get(
        "/overlays/{overlay}",
        summary="一个图层的网格（GeoJSON，WGS-84）",
        response_class=Response,
        responses=AS_GEO_JSON,
    )
    async def get_overlay(overlay: Overlay, caller: Reader, at: At = None) -> Response:
        when = moment(registry, at)
        if not re.fullmatch(OVERLAY_CODE, overlay):
            raise no_overlay(overlay)
        async with registry.db.reading() as tx:
            version = await publications.section_version(tx, publications.overlay_section(overlay))
            if version is None:
                raise no_overlay(overlay)
            found = await editions.in_force(tx, overlay, when)
        name = registry.profile.overlay_name(overlay)
        body = await asyncio.to_thread(
            collection_json,
            [(grid_properties(edition), edition.geometry) for edition in found],
            name=name,
            overlay=overlay,
            as_of=when.isoformat(),
            version=version,
        )
        answer = Response(body, media_type=GEO_JSON)
        put_etag(answer, version)
        return answer

    @router.get("/grids/{overlay}/{code:path}", summary="一个网格和它的历史")
    async def get_grid(overlay: Overlay, code: str, caller: Reader, at: At = None) -> dict[str, Any]:
        when = moment(registry, at)
        if not re.fullmatch(OVERLAY_CODE, overlay) or "\0" in code:
            raise no_grid()
        async with registry.db.reading() as tx:
            found = await editions.of_grid(tx, overlay, code)
        here = next((edition for edition in found if edition.in_force(when)), None)
        if here is None:
            raise no_grid()
        return {
            "overlay": overlay,
            **_told(here),
            "area_m2": round(in_metres(here.geometry, here.geometry.centroid.y).area, 1),
            "geometry": shapely.geometry.mapping(here.geometry),
            "history": [_told(edition) for edition in found],
        }

    return router


def _told(edition: GridEdition) -> dict[str, Any]:
    return {
        "code": edition.code,
        "name": edition.name,
        "unit": edition.unit,
        "parent": edition.parent,
        "households": edition.households,
        "valid_from": edition.valid_from.isoformat() if edition.valid_from else None,
        "valid_to": edition.valid_to.isoformat() if edition.valid_to else None,
        "properties": dict(edition.properties),
    }


def _check_code(overlay: str) -> None:
    if not re.fullmatch(OVERLAY_CODE, overlay) or overlay in RESERVED:
        raise wrong("/overlay", "图层编码请用小写字母开头的小写字母、数字、下划线，不超过 40 个，也不能是保留的词")
