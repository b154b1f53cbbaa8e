"""The addresses under `/ground`, each for those who are signed in."""

import asyncio
from typing import Any, NamedTuple
from urllib.parse import quote

from fastapi import FastAPI, Request
from starlette.responses import RedirectResponse, Response

from services.console.pages.ground import profile
from services.console.pages.ground.card import card_of
from services.console.pages.html import page
from services.console.room import Room
from services.console.sessions import COOKIE
from services.console.visit import Visit
from services.kit.clock import local

# These pages compile nothing in the browser, so no script but our own files runs.
_POLICY = "default-src 'self'; img-src 'self' data:; style-src 'self'; frame-ancestors 'none'; form-action 'self'; base-uri 'self'"
_HEADERS = {
    "content-security-policy": _POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
}


class Tab(NamedTuple):
    path: str
    name: str


SECTION = "网格管理"
STANDARDS = Tab("/ground", "标准与城市方案")
TABS = (
    STANDARDS,
    Tab("/ground/import", "边界导入"),
    Tab("/ground/changes", "变更记录"),
    Tab("/ground/ownerless", "三不管地带"),
    Tab("/ground/units", "单位与值班"),
    Tab("/ground/places", "地名地址与部件"),
)


def add_ground(app: FastAPI, room: Room) -> None:
    def add(tab: Tab) -> None:
        @app.get(tab.path, include_in_schema=False)
        async def drawn(request: Request) -> Response:
            visit = await visit_by(room, request)
            if visit is None:
                return to_sign_in(request)
            return await _tab(visit, tab)

    for tab in TABS:
        add(tab)

    @app.get("/ground/{overlay}/{code:path}", include_in_schema=False)
    async def grid(request: Request, overlay: str, code: str, bare: bool = False) -> Response:
        """`bare`: the card alone, for a page that shows it over its map."""
        visit = await visit_by(room, request)
        if visit is None:
            return to_sign_in(request)
        told = await card_of(visit, overlay, code)
        template = "ground/card_body.html" if bare else "ground/card.html"
        return plain_page(visit, template, STANDARDS, status=200 if told else 404, told=told)


async def _tab(visit: Visit, tab: Tab) -> Response:
    if tab is not STANDARDS:
        return plain_page(visit, f"{tab.path.removeprefix('/')}.html", tab)
    fabric, now = visit.room.copy.current, visit.room.clock.now()
    told: dict[str, Any] = {}
    if fabric is not None:
        told = await asyncio.to_thread(profile.standards, fabric.as_of(now), now)
    return plain_page(visit, "ground/standards.html", tab, **told)


def plain_page(
    visit: Visit,
    template: str,
    tab: Tab,
    status: int = 200,
    tabs: tuple[Tab, ...] = TABS,
    section: str = SECTION,
    **values: Any,
) -> Response:
    """For the pages whose scripts call the services themselves; `section` is what the tabs are of."""
    fabric, now = visit.room.copy.current, visit.room.clock.now()
    answer = page(
        template,
        status=status,
        visit=visit,
        role=visit.caller.role,
        tab=tab,
        tabs=tabs,
        section=section,
        title=fabric.profile.title if fabric else "",
        version=fabric.version if fabric else 0,
        now=local(now),
        now_at=now.isoformat(),
        **values,
    )
    answer.headers.update(_HEADERS)
    return answer


async def visit_by(room: Room, request: Request) -> Visit | None:
    token = request.cookies.get(COOKIE)
    caller = await room.sessions.caller(token)
    return None if caller is None or token is None else Visit(room, token, caller)


def to_sign_in(request: Request) -> Response:
    return RedirectResponse(f"/login?next={quote(request.url.path)}", status_code=303)
