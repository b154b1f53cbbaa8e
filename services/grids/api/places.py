"""The gazetteer, the calendar and the profile over HTTP."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import TypeAdapter

from services.fabric.calendar import PUBLISHED_YEARS
from services.fabric.datum import BadPosition, Crs, check_position, to_wgs84
from services.fabric.model import GazetteerEntry
from services.grids.api.parameters import Asked, Reader, Rows, Wait, Writer, rows_of
from services.grids.errors import bad_rows
from services.grids.models import OperatorDays
from services.grids.repository import places as repository
from services.grids.repository import publications
from services.grids.schemas import CalendarBody, PlaceRow, place_json
from services.grids.usecases import places as usecases
from services.grids.usecases.publishing import Registry
from services.kit.http import cursors
from services.kit.http.etags import IfMatch, put_etag, wanted_version
from services.kit.problems import Unreadable

_ROW = TypeAdapter(PlaceRow)


def routes(registry: Registry) -> APIRouter:
    router = APIRouter(prefix="/grids/v1", tags=["地名、日历、城市方案"])

    @router.put("/gazetteer", summary="换上整个地名地址库，整体生效或整体不生效")
    async def put_gazetteer(
        request: Request,
        response: Response,
        caller: Writer,
        crs: Annotated[Crs, Query(description="各行没有写 crs 时的坐标系")] = "wgs84",
        wait: Wait = False,
        if_match: IfMatch = None,
    ) -> dict[str, Any]:
        """JSON 数组，每行 name、kind、lon、lat，可以有 aliases、crs。"""
        wanted = wanted_version(if_match)
        told = _placed(await rows_of(request, _ROW), crs)
        version, count = await registry.change(
            "gazetteer", caller, lambda tx, now: usecases.replace_gazetteer(tx, told, wanted)
        )
        if wait:
            await registry.held_everywhere(version)
        return {"version": version, "places": count}

    @router.get("/gazetteer", summary="地名地址库")
    async def list_gazetteer(
        response: Response,
        caller: Reader,
        limit: cursors.Limit = 100,
        cursor: cursors.Cursor = None,
        name: Annotated[Asked, Query(max_length=200, description="名称里有这几个字")] = None,
        kind: Annotated[Asked, Query(max_length=40)] = None,
    ) -> dict[str, Any]:
        after = cursors.decode(cursor, 1)
        if after is not None and not isinstance(after[0], int):
            raise Unreadable("cursor 请原样用上一页给的 next")
        start = -1 if after is None else min(after[0], 2**31 - 1)
        async with registry.db.reading() as tx:
            version = await publications.section_version(tx, usecases.GAZETTEER)
            found = await repository.page(tx, start, limit + 1, name, kind)
        put_etag(response, version or 0)
        more = cursors.encode(found[limit - 1][0]) if len(found) > limit else None
        return cursors.page([place_json(place) for _, place in found[:limit]], more)

    @router.put("/calendar", summary="换上自己的工作日历：调休、停工、地方假日")
    async def put_calendar(
        body: CalendarBody, response: Response, caller: Writer, wait: Wait = False, if_match: IfMatch = None
    ) -> dict[str, Any]:
        wanted = wanted_version(if_match)
        version, told = await registry.change(
            "calendar", caller, lambda tx, now: usecases.replace_calendar(tx, body.told(), wanted)
        )
        if wait:
            await registry.held_everywhere(version)
        return {"version": version, **_days_json(told)}

    @router.get("/calendar", summary="自己的工作日历，以及国务院日历已知的年份")
    async def get_calendar(response: Response, caller: Reader) -> dict[str, Any]:
        async with registry.db.reading() as tx:
            version = await publications.section_version(tx, usecases.CALENDAR)
            told = await repository.days(tx)
        put_etag(response, version or 0)
        return {"version": version or 0, **_days_json(told), "published_years": sorted(PUBLISHED_YEARS)}

    @router.get("/profile", summary="现行城市方案")
    async def get_profile(caller: Reader) -> dict[str, Any]:
        fabric = registry.copy.current
        profile = registry.profile if fabric is None else fabric.profile
        return profile.model_dump(mode="json", by_alias=True)

    return router


def _placed(rows: Rows[PlaceRow], crs: str) -> list[GazetteerEntry]:
    """In WGS-84; Invalid names every bad row, those too that can't be where they say."""
    faults = list(rows.faults)
    told: list[GazetteerEntry] = []
    for index, row in rows.good.items():
        try:
            check_position(row.lon, row.lat)
        except BadPosition as bad:
            faults.append((f"/{index}", f"{row.name}：{bad}"))
            continue
        lon, lat = to_wgs84(row.lon, row.lat, row.crs or crs)
        told.append(GazetteerEntry(row.name, row.kind, lon, lat, tuple(row.aliases)))
    if faults:
        raise bad_rows(faults)
    return told


def _days_json(told: OperatorDays) -> dict[str, Any]:
    return {
        "days": {day.isoformat(): works for day, works in told.days.items()},
        "complete_years": sorted(told.complete_years),
    }
