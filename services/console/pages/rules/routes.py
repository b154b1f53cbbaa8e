"""The addresses under `/rules`, each for those who are signed in."""

from fastapi import FastAPI
from starlette.responses import Response

from services.console.pages.tabs import Section, Tab, add_tabs, plain_page
from services.console.room import Room
from services.console.visit import Visit

SECTION = Section(
    "派单规则",
    (
        Tab("/rules", "规则表"),
        Tab("/rules/versions", "历次版本"),
        Tab("/rules/duties", "职责清单"),
        Tab("/rules/precedents", "判例"),
    ),
)
_TEMPLATES = {"/rules": "rules/rules.html"}


def add_rules(app: FastAPI, room: Room) -> None:
    add_tabs(app, room, SECTION, _draw)


async def _draw(visit: Visit, tab: Tab) -> Response:
    return plain_page(visit, _TEMPLATES.get(tab.path, f"{tab.path.removeprefix('/')}.html"), SECTION, tab)
