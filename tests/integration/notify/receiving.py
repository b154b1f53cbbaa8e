"""A receiver outside: a real HTTP server on this machine that remembers what it was sent."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web


@dataclass(frozen=True)
class Call:
    headers: dict[str, str]
    body: str

    @property
    def event(self) -> dict[str, Any]:
        event: dict[str, Any] = json.loads(self.body)
        return event

    @property
    def message_id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def about(self) -> tuple[str, int]:
        return self.event["subject"], self.event["sequence"]


@dataclass
class Receiver:
    """Answers `status`, unless `answer` is given; `url` is where it is."""

    url: str = ""
    status: int = 204
    headers: dict[str, str] = field(default_factory=dict)
    answer: Callable[[Call], Awaitable[web.StreamResponse]] | None = None
    calls: list[Call] = field(default_factory=list)
    came: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        headers = {key.lower(): value for key, value in request.headers.items()}
        call = Call(headers, await request.text())
        async with self.came:
            self.calls.append(call)
            self.came.notify_all()
        if self.answer is not None:
            return await self.answer(call)
        return web.Response(status=self.status, headers=self.headers)

    async def until(self, count: int) -> list[Call]:
        async with asyncio.timeout(20), self.came:
            await self.came.wait_for(lambda: len(self.calls) >= count)
        return self.calls


@contextlib.asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", receiver.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    receiver.url = f"http://{host}:{port}/hook"
    try:
        yield receiver
    finally:
        await runner.cleanup()
