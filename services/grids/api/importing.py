"""An import watched while it runs: server-sent events with each step, and the answer or the problem at the end."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from fastapi import Request
from starlette.responses import StreamingResponse

from services.grids.domain.progress import Step, Tell
from services.kit.http.answers import problem_of
from services.kit.problems import Problem

EVENTS = "text/event-stream"
# A step of a hundred thousand features is told a few times a second.
_APART = 0.2
_ALIVE = 10.0
Work = Callable[[Tell], Awaitable[dict[str, Any]]]


def watches(request: Request) -> bool:
    return EVENTS in request.headers.get("accept", "")


def watched(request: Request, work: Work) -> StreamingResponse:
    """The work goes on to its end whether or not somebody still listens, as it would for a plain request."""
    told: asyncio.Queue[str] = asyncio.Queue()
    running = asyncio.create_task(_run(request, work, told))
    request.app.state.importing = {running} | {
        t for t in getattr(request.app.state, "importing", set()) if not t.done()
    }
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(_lines(told, running), media_type=EVENTS, headers=headers)


async def _run(request: Request, work: Work, told: "asyncio.Queue[str]") -> None:
    try:
        answer = await work(_teller(asyncio.get_running_loop(), told))
        await told.put(_event("answer", answer))
    except Exception as error:
        problem: Problem = problem_of(error, "grids", request.url.path)
        await told.put(_event("problem", problem.as_json()))


def _teller(loop: asyncio.AbstractEventLoop, told: "asyncio.Queue[str]") -> Tell:
    last: tuple[str, float] = ("", 0.0)

    def tell(step: Step, done: int, of: int) -> None:
        nonlocal last
        at = time.monotonic()
        if step == last[0] and done < of and at - last[1] < _APART:
            return
        last = (step, at)
        event = _event("progress", {"step": step, "done": done, "of": of})
        loop.call_soon_threadsafe(told.put_nowait, event)

    return tell


async def _lines(told: "asyncio.Queue[str]", running: "asyncio.Task[None]") -> AsyncIterator[str]:
    while not (running.done() and told.empty()):
        try:
            yield await asyncio.wait_for(told.get(), _ALIVE)
        except TimeoutError:
            yield ": 还在办\n\n"


def _event(name: str, data: dict[str, Any]) -> str:
    return f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"
