"""The gazetteer, the calendar and the profile over HTTP."""

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from services.fabric.calendar import PUBLISHED_YEARS
from services.fabric.datum import Crs
from services.grids.api.parameters import Asked, Reader, Wait, Writer
from services.grids.domain import worked
from services.grids.domain.gazetteer import ReadPlaces, report
from services.grids.errors import bad_days, bad_places
from services.grids.models import OperatorDays
from services.grids.repository import places as repository
from services.grids.repository import publications
from services.grids.schemas import CalendarBody, place_json
from services.grids.usecases import gazetteer
from services.grids.usecases import places as usecases
from services.grids.usecases.publishing import Registry
from services.kit.http import cursors
from services.kit.http.etags import IfMatch, put_etag, wanted_version
from services.kit.problems import Unreadable


def routes(registry: Registry) -> APIRouter:
    router = APIRouter(prefix="/grids/v1", tags=["地名、日历、城市方案"])

    @router.put("/gazetteer", summary="换上整个地名地址库，整体生效或整体不生效")
    async def put_gazetteer(
        request: Request,
        response: Response,
        caller: Writer,
        crs: Annotated[Crs, Query(description="各行没有写 crs 时的坐标系")] = "wgs84",
        preview: Annotated[bool, Query(description="只看会怎样，不生效")] = False,
        part: Annotated[bool, Query(description="只换文件里有的名称，其余不动")] = False,
        skip_bad: Annotated[bool, Query(description="读不懂的行略过（逐行说明），其余生效")] = False,
        file: Annotated[Asked, Query(max_length=200, description="文件名，记在变更里")] = None,
        wait: Wait = False,
        if_match: IfMatch = None,
    ) -> dict[str, Any]:
        """JSON 数组，每行 name、kind、lon、lat，可以有 aliases、former（曾用名）、unit、crs；kind 为 road 的路段写 low、high、
        parity（odd、even、both）、to_lon、to_lat。也可以直接传 CSV（UTF-8 或 GB18030）或 XLSX，按列名认：标准地址、地址、名称、
        小区名称、道路、门牌号、弄、号、幢、经度、纬度、坐标系、类型、别名、曾用名 等。preview 和 skip_bad 多答 report：各类条数、新增、
        改变、消失、重复、落在辖区外的、读不懂的行。"""
        wanted = wanted_version(if_match)
        raw = await request.body()
        fabric = registry.copy.current
        home = (fabric.profile if fabric else registry.profile).home
        read = await asyncio.to_thread(gazetteer.read, raw, crs, home)
        del raw
        told = {"report": await _report(registry, read, part)} if preview or skip_bad else {}
        if preview:
            async with registry.db.reading() as tx:
                version = (await publications.last(tx)).version
            return {"version": version, "places": told["report"]["places"], **told}
        if read.faults and not skip_bad:
            raise bad_places(read.faults)
        version, count = await registry.change(
            "gazetteer",
            caller,
            lambda tx, now: gazetteer.replace(tx, read.places, wanted, part=part, file=file or None),
        )
        if wait:
            await registry.held_everywhere(version)
        return {"version": version, "places": count, **told}

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
            version = await publications.section_version(tx, gazetteer.GAZETTEER)
            found = await repository.page(tx, start, limit + 1, name, kind)
        put_etag(response, version or 0)
        more = cursors.encode(found[limit - 1][0]) if len(found) > limit else None
        return cursors.page([place_json(place) for _, place in found[:limit]], more)

    @router.put("/calendar", summary="换上自己的工作日历：调休、停工、地方假日")
    async def put_calendar(
        body: CalendarBody, response: Response, caller: Writer, wait: Wait = False, if_match: IfMatch = None
    ) -> dict[str, Any]:
        """days 里 true 是上班（调休补班），false 是休息；complete_years 是日历已全的年份，不再算暂定。国务院公布的以这里写的为准。"""
        wanted = wanted_version(if_match)
        bad = list(worked.faults(body.days, body.complete_years))
        if bad:
            raise bad_days(bad)
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


async def _report(registry: Registry, read: ReadPlaces, part: bool) -> dict[str, Any]:
    async with registry.db.reading() as tx:
        held = await repository.all_places(tx)
    now = registry.clock.now()
    ground = await asyncio.to_thread(gazetteer.outline, registry.copy.current, now)
    return await asyncio.to_thread(report, read, held, ground, part)


def _days_json(told: OperatorDays) -> dict[str, Any]:
    return {
        "days": {day.isoformat(): works for day, works in told.days.items()},
        "complete_years": sorted(told.complete_years),
    }
