"""A unit's events: pages by token, long-poll, and as a stream."""

import json
import time
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Response
from fastapi.responses import StreamingResponse

from services.kit.http.answers import refusals
from services.kit.http.auth import allow
from services.kit.http.cursors import Limit
from services.kit.keys import Caller
from services.notify.api.doors import Doors, Unit
from services.notify.repository.feed import Page
from services.notify.usecases.reading import Feeds, position_of, token

MOST_WAIT = 60
QUIET_SECONDS = 15.0  # a comment after so long keeps proxies from closing the stream
STREAM_SECONDS = 600.0  # then the reader comes back with its key, which may have been revoked
STREAM_PAGE = 100
After = Annotated[str | None, Query(max_length=512, description="上一次给的 next；不给就从头读")]
Wait = Annotated[float, Query(ge=0, le=MOST_WAIT, description="没有新的时最多等几秒")]
STREAM = "text/event-stream"


def add(router: APIRouter, doors: Doors) -> None:
    @router.get(
        "/units/{code}/events",
        tags=["事件"],
        summary="单位的事件",
        response_class=Response,
        responses={200: {"content": {"application/json": {}, STREAM: {}}}, **refusals({404: "没有这个单位"})},
    )
    async def events(
        code: Unit,
        after: After = None,
        wait: Wait = 0,
        limit: Limit = 100,
        accept: Annotated[str, Header()] = "",
        last_event_id: Annotated[str | None, Header(max_length=512)] = None,
        caller: Caller = Depends(allow()),
    ) -> Response:
        """按顺序给出该单位能看到的事件（CloudEvents）。`Accept: text/event-stream` 时持续推送，断了用 `Last-Event-ID` 接上。"""
        await doors.admit(caller, code)
        streaming = STREAM in accept
        start = position_of((last_event_id if streaming else None) or after, code)
        await doors.feeds.check(code, start)
        if streaming:
            headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
            return StreamingResponse(_stream(doors.feeds, code, start), media_type=STREAM, headers=headers)
        page = await doors.feeds.page(code, start, limit, wait)
        return Response(_as_json(code, page), media_type="application/json", headers={"Cache-Control": "no-store"})


def _as_json(unit: str, page: Page) -> str:
    """The events are JSON already."""
    return f'{{"items":[{",".join(event for _, event in page.events)}],"next":{json.dumps(token(unit, page.last))}}}'


async def _stream(feeds: Feeds, unit: str, start: int) -> AsyncIterator[str]:
    until = time.monotonic() + STREAM_SECONDS
    after = start
    yield ": \n\n"
    while time.monotonic() < until and not feeds.bell.closed:
        page = await feeds.page(unit, after, STREAM_PAGE, QUIET_SECONDS)
        after = page.last
        if page.events:
            yield "".join(f"id: {token(unit, position)}\ndata: {event}\n\n" for position, event in page.events)
        else:
            yield ": \n\n"
