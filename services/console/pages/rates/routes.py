"""The addresses under `/rates`, each for those who are signed in."""

from fastapi import FastAPI
from starlette.responses import Response

from services.console.pages.tabs import Section, Tab, add_tabs, plain_page
from services.console.room import Room
from services.console.visit import Visit
from services.fabric.periods import NAMED
from services.kit.keys import SEE_ALL

REHEARSAL = Tab("/rates", "考核预演")
SECTION = Section("三率考核", (REHEARSAL, Tab("/rates/figures", "三率", SEE_ALL), Tab("/rates/exclusions", "剔除")))


def add_rates(app: FastAPI, room: Room) -> None:
    add_tabs(app, room, SECTION, _draw)


async def _draw(visit: Visit, tab: Tab) -> Response:
    template = "rates/rehearsal.html" if tab == REHEARSAL else f"{tab.path.removeprefix('/')}.html"
    return plain_page(visit, template, SECTION, tab, periods=NAMED)
