"""The addresses under `/rates`, each for those who are signed in."""

from fastapi import FastAPI, Request
from starlette.responses import Response

from services.console.pages.ground.routes import Tab, plain_page, to_sign_in, visit_by
from services.console.room import Room
from services.fabric.periods import NAMED

SECTION = "三率考核"
REHEARSAL = Tab("/rates", "考核预演")
TABS = (REHEARSAL, Tab("/rates/figures", "三率"), Tab("/rates/exclusions", "剔除"))


def add_rates(app: FastAPI, room: Room) -> None:
    def add(tab: Tab) -> None:
        @app.get(tab.path, include_in_schema=False)
        async def drawn(request: Request) -> Response:
            visit = await visit_by(room, request)
            if visit is None:
                return to_sign_in(request)
            template = "rates/rehearsal.html" if tab == REHEARSAL else f"{tab.path.removeprefix('/')}.html"
            return plain_page(visit, template, tab, tabs=TABS, section=SECTION, periods=NAMED)

    for tab in TABS:
        add(tab)
