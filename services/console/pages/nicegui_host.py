"""NiceGUI is one per process: set up once, started with the process's first console and stopped with its last."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import cache

from fastapi import FastAPI
from nicegui import core, ui
from starlette.types import ASGIApp

from services.console.pages.favicon import FAVICON

_running: list[AsyncExitStack] = []
_consoles = 0


@cache
def prepared() -> FastAPI:
    """The app whose lifespan is NiceGUI's. Sign-in is our own, so NiceGUI needs no storage and no secret."""
    host = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    ui.run_with(
        host,
        title="多格合一",
        language="zh-CN",
        favicon=FAVICON,
        tailwind=False,
        reconnect_timeout=10.0,
        message_history_length=200,
        show_welcome_message=False,
    )
    return host


def nicegui() -> ASGIApp:
    prepared()
    app: ASGIApp = core.app
    return app


@asynccontextmanager
async def running(_: FastAPI) -> AsyncIterator[None]:
    global _consoles
    host = prepared()
    if _consoles == 0:
        stack = AsyncExitStack()
        await stack.enter_async_context(host.router.lifespan_context(host))
        _running.append(stack)
    _consoles += 1
    try:
        yield
    finally:
        _consoles -= 1
        if _consoles == 0:
            await _running.pop().aclose()
