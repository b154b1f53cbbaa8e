"""Everything nobody else claims: NiceGUI's own paths, the pages for those who are signed in, and `没有找到`."""

from dataclasses import dataclass
from urllib.parse import quote

from fastapi import FastAPI
from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection, Request
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.console.pages import case, command
from services.console.pages.html import page
from services.console.pages.nicegui_host import nicegui
from services.console.room import Room
from services.console.sessions import COOKIE
from services.console.visit import VISIT, Visit
from services.kit.problems import NotFound

# NiceGUI compiles its templates in the browser, hence the two words of leave; everything comes from this origin.
_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; frame-ancestors 'none'; form-action 'self'; base-uri 'self'"
)
_HEADERS = {
    "content-security-policy": _POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
}


@dataclass
class Desk:
    room: Room
    inner: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        if path.startswith("/_nicegui") or path == "/favicon.ico":
            await self.inner(scope, receive, send)
        elif scope["type"] != "http":
            await send({"type": "websocket.close", "code": 4404})
        elif path == "/" or (path.startswith("/cases/") and len(path) > len("/cases/")):
            await self._page(scope, receive, _guarded(send))
        elif "text/html" in (HTTPConnection(scope).headers.get("accept") or ""):
            await page("nothing.html", status=404)(scope, receive, _guarded(send))
        else:
            raise NotFound("没有这个地址，请对照接口文档检查路径")

    async def _page(self, scope: Scope, receive: Receive, send: Send) -> None:
        token = Request(scope).cookies.get(COOKIE)
        caller = await self.room.sessions.caller(token)
        if caller is None or token is None:
            goal = "/login" if scope["path"] == "/" else f"/login?next={quote(scope['path'])}"
            await RedirectResponse(goal, status_code=303)(scope, receive, send)
            return
        scope[VISIT] = Visit(self.room, token, caller)
        await self.inner(scope, receive, send)


def add_desk(app: FastAPI, room: Room) -> None:
    """As the router's last resort, so that a wrong method on another path stays a 405."""
    command.register()
    case.register()
    app.router.default = Desk(room, nicegui())


def _guarded(send: Send) -> Send:
    async def with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return with_headers
