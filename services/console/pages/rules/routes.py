"""The addresses under `/rules`, each for those who are signed in."""

from fastapi import FastAPI, Request
from starlette.responses import Response

from services.console.pages.ground.routes import Tab, plain_page, to_sign_in, visit_by
from services.console.room import Room

SECTION = "派单规则"
TABS = (
    Tab("/rules", "规则表"),
    Tab("/rules/versions", "历次版本"),
    Tab("/rules/duties", "职责清单"),
    Tab("/rules/precedents", "判例"),
)
_TEMPLATES = {"/rules": "rules/rules.html"}


def add_rules(app: FastAPI, room: Room) -> None:
    def add(tab: Tab) -> None:
        @app.get(tab.path, include_in_schema=False)
        async def drawn(request: Request) -> Response:
            visit = await visit_by(room, request)
            if visit is None:
                return to_sign_in(request)
            template = _TEMPLATES.get(tab.path, f"{tab.path.removeprefix('/')}.html")
            return plain_page(visit, template, tab, tabs=TABS, section=SECTION)

    for tab in TABS:
        add(tab)
