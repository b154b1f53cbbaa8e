"""The inventory of components (部件) over HTTP."""

import re
from collections.abc import Iterable
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import TypeAdapter

from services.fabric.component_kinds import Kinds
from services.fabric.datum import BadPosition, Crs, check_position, to_wgs84
from services.grids.api.parameters import Asked, At, Reader, Rows, Wait, Writer, after_code, moment, placed, rows_of
from services.grids.component_schemas import COMPONENT_CODE, ComponentPut, ComponentRow, component_json
from services.grids.domain.inventory import Told
from services.grids.domain.registering import Fault
from services.grids.errors import no_component
from services.grids.repository import components as repository
from services.grids.repository import publications
from services.grids.repository.components import Wanted
from services.grids.usecases import components as usecases
from services.grids.usecases.publishing import Registry
from services.kit.fields import storable
from services.kit.http import cursors
from services.kit.http.etags import IfMatch, put_etag, wanted_version
from services.kit.problems import wrong

_ROW = TypeAdapter(ComponentRow)
MOST_METRES = 5000
Code = Annotated[str, Path(max_length=200)]
Kind = Annotated[Asked, Query(max_length=60, description="类别的编码、名称，或一族，如 manhole")]


def routes(registry: Registry) -> APIRouter:
    router = APIRouter(prefix="/grids/v1", tags=["部件"])

    @router.put("/components", summary="导入部件普查表，整体生效或整体不生效")
    async def put_components(
        request: Request,
        response: Response,
        caller: Writer,
        crs: Annotated[Crs, Query(description="各行没有写 crs 时的坐标系")] = "wgs84",
        part: Annotated[bool, Query(description="只换表里有的部件，其余不动")] = False,
        mend: Annotated[
            bool, Query(description="不在单位表里的权属单位不算错：记成没有权属，并在 unknown_owners 里列出")
        ] = False,
        wait: Wait = False,
        if_match: IfMatch = None,
    ) -> dict[str, Any]:
        """JSON 数组，每行 code、kind、lon、lat，可以有 owner、state、valid_from、valid_to、crs。"""
        wanted = wanted_version(if_match)
        rows = await rows_of(request, _ROW)
        told, faults = _placed(rows, crs)
        version, counted = await registry.change(
            "components",
            caller,
            lambda tx, now: usecases.put_list(
                tx, registry.profile, told, faults, part=part, lenient=mend, wanted=wanted
            ),
        )
        if wait:
            await registry.held_everywhere(version)
        put_etag(response, version)
        return {
            "version": version,
            "components": counted.components,
            "added": counted.added,
            "changed": counted.changed,
            "removed": counted.removed,
            "unchanged": counted.unchanged,
            "unknown_owners": [{"owner": name, "rows": rows} for name, rows in counted.unknown_owners.items()],
        }

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

    @router.put("/components/{code}", summary="新建或修改一个部件")
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


def _placed(rows: Rows[ComponentRow], crs: str) -> tuple[dict[int, Told], list[Fault]]:
    told: dict[int, Told] = {}
    faults: list[Fault] = list(rows.faults)
    for index, row in rows.good.items():
        try:
            check_position(row.lon, row.lat)
        except BadPosition as bad:
            faults.append((f"/{index}", f"{row.code}：{bad}"))
            continue
        told[index] = row.told(row.code, *to_wgs84(row.lon, row.lat, row.crs or crs))
    return told, faults


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
