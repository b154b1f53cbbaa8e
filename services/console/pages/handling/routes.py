"""The addresses under `/handling`, each for those who are signed in."""

from fastapi import FastAPI, Request
from starlette.responses import Response

from services.console.pages.tabs import Section, Tab, add_page, add_tabs, plain_page
from services.console.room import Room
from services.console.visit import Visit

SLIPS = Tab("/handling", "督办单")
SHELVED = Tab("/handling/shelved", "挂账登记")
SECTION = Section("督办挂账", (SLIPS, SHELVED))
_TEMPLATES = {SLIPS.path: "handling/slips.html", SHELVED.path: "handling/shelved.html"}


def add_handling(app: FastAPI, room: Room) -> None:
    add_tabs(app, room, SECTION, _draw)
    add_page(app, room, "/handling/cases/{case_id}", _case)


async def _case(visit: Visit, request: Request) -> Response:
    case_id = request.path_params["case_id"]
    handling = Tab(f"/handling/cases/{case_id}", "办理案件")
    return plain_page(visit, "handling/case.html", SECTION, handling, case_id=case_id)


async def _draw(visit: Visit, tab: Tab) -> Response:
    return plain_page(visit, _TEMPLATES[tab.path], SECTION, tab)
