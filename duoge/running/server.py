"""uvicorn inside a process that has more to stop than HTTP: signals end the serving, the caller does the rest."""

import asyncio
import contextlib
import signal
from collections.abc import Coroutine, Iterator
from typing import Any, TypeVar

import uvicorn
import uvloop
from starlette.types import ASGIApp

T = TypeVar("T")


class Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        # uvicorn's own way raises the signal again after serving, which would cut the orderly stop short.
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._finish)
        yield

    def _finish(self) -> None:
        self.force_exit = self.should_exit
        self.should_exit = True


def run(serving: Coroutine[Any, Any, T]) -> T:
    """As asyncio.run, on the faster loop."""
    return uvloop.run(serving)


def make_server(app: ASGIApp, host: str, port: int) -> Server:
    return Server(
        uvicorn.Config(
            app,
            host=host,
            port=port,
            lifespan="off",
            log_level="warning",
            access_log=False,
            timeout_graceful_shutdown=3,
        )
    )
