"""The console on a real port, looked at with a real browser."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Generic, TypeVar
from urllib.parse import urlsplit

import pytest_asyncio
from playwright.async_api import Browser, ConsoleMessage, Page, Request, Route, async_playwright, expect

from duoge.running.server import make_server
from services.console.main import build
from services.console.settings import ConsoleSettings
from tests.harness.single import Single, single
from tests.harness.whole import System, system
from tests.harness.zhenru import AT

# Milliseconds: what is seen at once on a quiet machine may take its time on a busy one.
expect.set_options(timeout=30_000)

_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
DESKTOP, PHONE, NARROW = (1440, 900), (390, 844), (360, 740)
House = TypeVar("House", Single, System)


@dataclass
class Looked(Generic[House]):
    """`strangers`: requests to anywhere else; `errors`: what the browser complained about; `answers`: what stands for the
    other services where the console is alone, by the pattern of the address."""

    one: House
    address: str
    browser: Browser
    stack: AsyncExitStack
    strangers: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)

    async def key(self, role: str, unit: str | None = None) -> str:
        client = await self.one.visitor(role, unit)
        return client.headers["authorization"].removeprefix("Bearer ")

    async def page(self, size: tuple[int, int] = DESKTOP) -> Page:
        """In a browser of its own: nothing remembered."""
        context = await self.browser.new_context(viewport={"width": size[0], "height": size[1]}, locale="zh-CN")
        self.stack.push_async_callback(context.close)
        page = await context.new_page()
        for pattern, answer in self.answers.items():
            await page.route(pattern, partial(_answered, answer))
        page.on("request", self._asked)
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        return page

    async def signed_in(self, role: str, unit: str | None = None, size: tuple[int, int] = DESKTOP) -> Page:
        page = await self.page(size)
        await page.goto(self.address + "/")
        await page.get_by_label("密钥").fill(await self.key(role, unit))
        await page.get_by_role("button", name="登录").click()
        await page.wait_for_url(self.address + "/")
        return page

    def _asked(self, request: Request) -> None:
        host = urlsplit(request.url).hostname
        if host not in (None, "127.0.0.1") and not request.url.startswith("data:"):
            self.strangers.append(request.url)

    def _said(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.errors.append(message.text)


@pytest_asyncio.fixture(scope="session")
async def browser(chromium_path: str) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=chromium_path, headless=True, args=list(_FLAGS))
        yield started
        await started.close()


Site = Looked[Single]
Town = Looked[System]


@pytest_asyncio.fixture
async def site(database_url: str, browser: Browser) -> AsyncIterator[Site]:
    """The console alone."""
    more: dict[str, object] = {"screen_refresh": "PT0.2S"}
    async with (
        single(build, ConsoleSettings, database_url, at=AT, more=more) as one,
        _looked(one, one.service.app, browser) as opened,
    ):
        opened.answers["**/dispatch/v1/cases/*/precedents"] = {"items": [], "proposal": None}
        yield opened


async def _answered(answer: dict[str, Any], route: Route) -> None:
    await route.fulfill(json=answer)


@pytest_asyncio.fixture
async def town(database_url: str, browser: Browser, tmp_path: Path) -> AsyncIterator[Town]:
    """All the services on one address, with the Zhenru grids: for pages that call the registry themselves."""
    more: dict[str, object] = {"intake_store": f"file://{tmp_path}/attic"}
    async with system(database_url, more=more) as one, _looked(one, one.whole.app, browser) as opened:
        yield opened


@asynccontextmanager
async def _looked(one: House, app: Any, browser: Browser) -> AsyncIterator[Looked[House]]:
    """At the end nothing was asked of anybody else and nothing had gone wrong in the browser."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        async with AsyncExitStack() as stack:
            server = make_server(app, "127.0.0.1", 0)
            serving = asyncio.create_task(server.serve(sockets=[listening]))
            opened = Looked(one, address, browser, stack)
            yield opened
            await stack.aclose()
            server.should_exit = True
            await serving
            assert opened.strangers == []
            assert opened.errors == []
