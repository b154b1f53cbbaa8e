"""Two overlays beside each other over HTTP: which grids share which ground."""

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Query

from services.grids.api.answering import NO_OVERLAY
from services.grids.api.parameters import At, Reader, current, moment
from services.grids.domain.crosswalk import crosswalk
from services.grids.errors import no_overlay
from services.grids.usecases.publishing import Registry
from services.kit.http import cursors


def routes(registry: Registry) -> APIRouter:
    router = APIRouter(prefix="/grids/v1", tags=["网格一张图"])

    @router.get("/crosswalk", summary="两个图层的网格两两共有多少地", responses=NO_OVERLAY)
    async def get_crosswalk(
        caller: Reader,
        first: Annotated[str, Query(alias="from", max_length=40, description="从哪个图层")],
        second: Annotated[str, Query(alias="to", max_length=40, description="到哪个图层")],
        at: At = None,
        limit: cursors.Limit = 1000,
        cursor: cursors.Cursor = None,
    ) -> dict[str, Any]:
        """每行是一对网格：共有面积，各占自己的多少。to 为 null 的行是 from 的网格里 to 图层没有覆盖的部分。
        不到一平方米的重合是同一条边画了两次，不列。"""
        fabric, when = current(registry), moment(registry, at)
        for code in (first, second):
            if code not in fabric.overlays:
                raise no_overlay(code)
        after = _after(cursor)
        rows = await asyncio.to_thread(
            crosswalk, fabric.overlays[first], fabric.overlays[second], when, after, limit + 1
        )
        last = rows[limit - 1] if len(rows) > limit else None
        more = cursors.encode(last.first, last.second or "") if last is not None else None
        return {"version": fabric.version, **cursors.page([row.as_json() for row in rows[:limit]], more)}

    return router


def _after(cursor: str | None) -> tuple[str, str]:
    told = cursors.decode_texts(cursor, 2)
    return (told[0], told[1]) if told else ("", "")
