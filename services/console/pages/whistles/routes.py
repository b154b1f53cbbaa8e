"""The addresses under `/whistles`, each for those who are signed in."""

from fastapi import FastAPI, Request
from starlette.responses import Response

from services.console.pages.tabs import Section, Tab, add_page, add_tabs, plain_page
from services.console.room import Room
from services.console.visit import Visit

LISTED = Tab("/whistles", "吹的哨")
BLOW = Tab("/whistles/blow", "吹哨")
NODS = Tab("/whistles/nods", "等同意的哨")
ASSESSMENT = Tab("/whistles/assessment", "双考核")
SECTION = Section("吹哨报到", (LISTED, BLOW, NODS, ASSESSMENT))
_TEMPLATES = {LISTED.path: "whistles/list.html"}


def add_whistles(app: FastAPI, room: Room) -> None:
    add_tabs(app, room, SECTION, _draw)
    add_page(app, room, "/whistles/{whistle_id}", _one)


async def _one(visit: Visit, request: Request) -> Response:
    whistle_id = request.path_params["whistle_id"]
    here = Tab(f"/whistles/{whistle_id}", "应哨和报到")
    return plain_page(visit, "whistles/one.html", SECTION, here, whistle_id=whistle_id)


async def _draw(visit: Visit, tab: Tab) -> Response:
    return plain_page(visit, _TEMPLATES.get(tab.path, f"{tab.path.removeprefix('/')}.html"), SECTION, tab)
