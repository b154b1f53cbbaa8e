"""uvicorn inside a process that has more to stop than HTTP: signals end the serving, the caller does the rest."""

import asyncio
import contextlib
import errno
import os
import signal
import socket
from collections.abc import Coroutine, Iterator
from typing import Any, TypeVar

import uvicorn
import uvloop
from starlette.types import ASGIApp

from duoge.embedded.binaries import CannotStart

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


def hold_port(host: str, port: int) -> socket.socket:
    """Bound, not yet listening, so that a taken port is known before anything is started. CannotStart says why not."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[
            0
        ]
        with contextlib.ExitStack() as stack:
            held = stack.enter_context(socket.socket(family, kind))
            held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            held.bind(address)
            stack.pop_all()  # it stays open only if all went well
    except OSError as error:
        told = {
            errno.EADDRINUSE: f"端口 {port} 已被占用，请停掉占用它的程序，或用 --port 换一个",
            errno.EACCES: f"没有权限监听端口 {port}，请用 --port 换一个 1024 以上的",
        }
        why = error.strerror or os.strerror(error.errno or 0)
        raise CannotStart(told.get(error.errno or 0, f"不能在 {host} 上监听（{why}），请检查 --host")) from None
    return held


def make_server(app: ASGIApp, host: str, port: int) -> Server:
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        lifespan="off",
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=3,
    )
    # NiceGUI looks at every server of its process as it starts, and takes each for a loaded one.
    config.load()
    return Server(config)
