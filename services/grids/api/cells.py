"""The merged fabric over HTTP: its cells as a map, the cell of a point, what is wrong with the ground."""

import asyncio
from collections.abc import Iterator
from typing import Annotated, Any

import numpy as np
import shapely
from fastapi import APIRouter, Header, Query, Response
from fastapi.responses import StreamingResponse

from services.fabric.datum import Crs
from services.fabric.resolve import resolve
from services.fabric.snapshot import Fabric
from services.grids.api.answering import AS_GEO_JSON, GEO_JSON, NO_OVERLAY
from services.grids.api.parameters import At, Reader, current, moment, placed
from services.grids.domain.cells import Arrangement, Cell
from services.grids.domain.findings import Finding, Kind, findings
from services.grids.domain.standing import standing
from services.grids.domain.telling import collection_json
from services.grids.errors import no_overlay
from services.grids.usecases.arranging import Arranger, Overlays
from services.grids.usecases.publishing import Registry
from services.kit.http import cursors
from services.kit.problems import wrong

# Cells written out at a time.
_AT_ONCE = 500
Degrees = Annotated[float, Query(allow_inf_nan=False)]
Wanted = Annotated[str | None, Query(max_length=500, description="只叠这些图层，逗号分隔")]


def routes(registry: Registry) -> APIRouter:
    router = APIRouter(prefix="/grids/v1", tags=["网格一张图"])
    arranger = Arranger(registry.settings.grids_arrange_wait.total_seconds())

    @router.get(
        "/fabric",
        summary="各图层叠合后的地块（GeoJSON），每块各图层一个网格",
        response_class=Response,
        responses={**AS_GEO_JSON, 304: {"description": "没有变过"}, **NO_OVERLAY},
    )
    async def get_fabric(
        caller: Reader,
        at: At = None,
        overlays: Wanted = None,
        bbox: Annotated[str | None, Query(max_length=200, description="只要与这个范围相交的：西,南,东,北")] = None,
        if_none_match: Annotated[str | None, Header()] = None,
    ) -> Response:
        """不到一平方米的碎块是同一条边画了两次，不列；点落在上面时按 /fabric/cell 归最近的地块。
        图层多时第一次要叠一会儿：没叠完答 503 和进度，稍后再查；以后只重叠改动过的地方。"""
        fabric, when, wanted = current(registry), moment(registry, at), _wanted(current(registry), overlays)
        tag = f'"{fabric.version}.{fabric.era(when)}"'
        if if_none_match is not None and tag in [one.strip().removeprefix("W/") for one in if_none_match.split(",")]:
            return Response(status_code=304, headers={"ETag": tag})
        found = await arranger.get(fabric, when, wanted)
        numbers = range(len(found)) if bbox is None else _meeting(found, _box(bbox))
        body = _written(found, numbers, fabric.version)
        return StreamingResponse(body, media_type=GEO_JSON, headers={"ETag": tag})

    @router.get("/fabric/progress", summary="叠合到哪里了")
    async def get_progress(caller: Reader) -> dict[str, int]:
        told = arranger.progress
        return {"version": told.version, "done": told.done, "of": told.of}

    @router.get("/fabric/cell", summary="一个点站在哪一块地上", responses=NO_OVERLAY)
    async def get_cell(
        caller: Reader, lon: Degrees, lat: Degrees, crs: Crs = "wgs84", at: At = None, overlays: Wanted = None
    ) -> dict[str, Any]:
        """有地块处正好一块。在边上：取与定位结果一致最多的一块，others 是还挨着几块；how 为 nearest：它在碎块或缝上。"""
        fabric, when, wanted = current(registry), moment(registry, at), _wanted(current(registry), overlays)
        lon, lat = placed(lon, lat, crs, "/lon")
        found = await arranger.get(fabric, when, wanted)
        hits = resolve(fabric, lon, lat, when).overlays
        here = standing(found, lon, lat, hits, fabric.profile.thresholds.nearest_metres)
        cell = None if here.number is None else _feature(found.cell(here.number))
        return {"version": fabric.version, "how": here.how, "others": here.others, "cell": cell}

    @router.get("/fabric/findings", summary="缝和重叠：哪里没人管，哪里两家都说是自己的", responses=NO_OVERLAY)
    async def get_findings(
        caller: Reader,
        at: At = None,
        overlay: Annotated[str | None, Query(max_length=40)] = None,
        kind: Kind | None = None,
        slivers: Annotated[bool, Query(description="窄于两米的也列")] = False,
        geometry: Annotated[bool, Query(description="连同那块地的形状")] = False,
        limit: cursors.Limit = 100,
        cursor: cursors.Cursor = None,
    ) -> dict[str, Any]:
        """大的在前。gap：该图层在别的图层有网格的地方没有网格；double：一块地两个网格都算自己的。"""
        fabric, when, after = current(registry), moment(registry, at), _after(cursor)
        if overlay is not None and overlay not in fabric.overlays:
            raise no_overlay(overlay)
        found = await asyncio.to_thread(findings, await arranger.get(fabric, when))
        rows = [
            one
            for one in found
            if overlay in (None, one.overlay) and kind in (None, one.kind) and (slivers or not one.sliver)
        ]
        rows = [one for one in rows if after is None or one.order > after]
        more = cursors.encode(*rows[limit - 1].order) if len(rows) > limit else None
        return {"version": fabric.version, **cursors.page([_found(one, geometry) for one in rows[:limit]], more)}

    return router


def _wanted(fabric: Fabric, overlays: str | None) -> Overlays:
    wanted = tuple(sorted(set(overlays.split(",")))) if overlays else None
    for code in wanted or ():
        if code not in fabric.overlays:
            raise no_overlay(code)
    return wanted


def _box(bbox: str) -> tuple[float, float, float, float]:
    try:
        west, south, east, north = (float(part) for part in bbox.split(","))
    except ValueError:
        raise wrong("/bbox", "请写成 西,南,东,北 四个经纬度") from None
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise wrong("/bbox", "请写成 西,南,东,北 四个经纬度，西不大于东，南不大于北")
    return west, south, east, north


def _meeting(found: Arrangement, box: tuple[float, float, float, float]) -> list[int]:
    numbers: list[int] = np.sort(found.tree.query(shapely.box(*box), predicate="intersects")).tolist()
    return numbers


def _written(found: Arrangement, numbers: range | list[int], version: int) -> Iterator[str]:
    """The collection in pieces: a city's cells are hundreds of megabytes as text."""
    head, tail = collection_json([], version=version, cells=len(numbers)).rsplit("]", 1)
    yield head
    for start in range(0, len(numbers), _AT_ONCE):
        some = [found.cell(number) for number in numbers[start : start + _AT_ONCE]]
        features = collection_json([(_properties(cell), cell.geometry) for cell in some])
        yield ("," if start else "") + features[features.index("[") + 1 : features.rindex("]")]
    yield "]" + tail


def _properties(cell: Cell) -> dict[str, Any]:
    doubled = {"doubled": cell.doubled} if cell.doubled else {}
    return {"grids": cell.grids, "zone": cell.zone, "area_m2": round(cell.area_m2, 1), **doubled}


def _feature(cell: Cell) -> dict[str, Any]:
    return {"type": "Feature", "properties": _properties(cell), "geometry": shapely.geometry.mapping(cell.geometry)}


def _found(finding: Finding, geometry: bool) -> dict[str, Any]:
    shape = {"geometry": shapely.geometry.mapping(finding.ground)} if geometry else {}
    return {**finding.as_json(), **shape}


def _after(cursor: str | None) -> tuple[float, str, str, float, float] | None:
    told = cursors.decode(cursor, 5)
    if told is None:
        return None
    kinds = (float, str, str, float, float)
    if not all(isinstance(part, kind) for part, kind in zip(told, kinds, strict=True)):
        raise cursors.not_ours()
    area, overlay, kind, lon, lat = told
    return area, overlay, kind, lon, lat
