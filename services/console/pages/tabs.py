"""Pages that are tabs of a section, for those who are signed in. Their scripts call the services themselves."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import Any, NamedTuple
from urllib.parse import quote

from fastapi import FastAPI, Request
from starlette.responses import RedirectResponse, Response

from services.console.pages.html import page
from services.console.pages.nav import NAV
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
    """`roles`: whom it is shown to; none named: everybody."""

    path: str
    name: str
    roles: Collection[str] = ()


class Section(NamedTuple):
    name: str
    tabs: Sequence[Tab]


Drawing = Callable[[Visit, Request], Awaitable[Response]]


def add_page(app: FastAPI, room: Room, path: str, draw: Drawing) -> None:
    """An address for whoever is signed in; who is not goes there first."""

    @app.get(path, include_in_schema=False)
    async def drawn(request: Request) -> Response:
        visit = await _visit_by(room, request)
        return _to_sign_in(request) if visit is None else await draw(visit, request)


def add_tabs(app: FastAPI, room: Room, section: Section, draw: Callable[[Visit, Tab], Awaitable[Response]]) -> None:
    def add(tab: Tab) -> None:
        add_page(app, room, tab.path, lambda visit, _: draw(visit, tab))

    for tab in section.tabs:
        add(tab)


def plain_page(visit: Visit, template: str, section: Section, tab: Tab, status: int = 200, **values: Any) -> Response:
    fabric, now = visit.room.copy.current, visit.room.clock.now()
    answer = page(
        template,
        status=status,
        visit=visit,
        role=visit.caller.role,
        tab=tab,
        tabs=[one for one in section.tabs if not one.roles or visit.caller.role in one.roles],
        section=section.name,
        nav=NAV,
        title=fabric.profile.title if fabric else "",
        version=fabric.version if fabric else 0,
        now=local(now),
        now_at=now.isoformat(),
        **values,
    )
    answer.headers.update(_HEADERS)
    return answer


async def _visit_by(room: Room, request: Request) -> Visit | None:
    token = request.cookies.get(COOKIE)
    caller = await room.sessions.caller(token)
    return None if caller is None or token is None else Visit(room, token, caller)


def _to_sign_in(request: Request) -> Response:
    goal = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return RedirectResponse(f"/login?next={quote(goal)}", status_code=303)
