"""The addresses under `/ground`, each for those who are signed in."""

import asyncio
from typing import Any

from fastapi import FastAPI, Request
from starlette.responses import Response

from services.console.pages.ground import profile
from services.console.pages.ground.card import card_of
from services.console.pages.tabs import Section, Tab, add_page, add_tabs, plain_page
from services.console.room import Room
from services.console.visit import Visit

STANDARDS = Tab("/ground", "标准与城市方案")
SECTION = Section(
    "网格管理",
    (
        STANDARDS,
        Tab("/ground/import", "边界导入"),
        Tab("/ground/changes", "变更记录"),
        Tab("/ground/ownerless", "三不管地带"),
        Tab("/ground/units", "单位与值班"),
        Tab("/ground/places", "地名地址与部件"),
    ),
)


def add_ground(app: FastAPI, room: Room) -> None:
    add_tabs(app, room, SECTION, _draw)
    add_page(app, room, "/ground/{overlay}/{code:path}", _grid)


async def _grid(visit: Visit, request: Request) -> Response:
    """`?bare=`: the card alone, for a page that shows it over its map."""
    told = await card_of(visit, request.path_params["overlay"], request.path_params["code"])
    template = "ground/card_body.html" if request.query_params.get("bare") else "ground/card.html"
    return plain_page(visit, template, SECTION, STANDARDS, status=200 if told else 404, told=told)


async def _draw(visit: Visit, tab: Tab) -> Response:
    if tab is not STANDARDS:
        return plain_page(visit, f"{tab.path.removeprefix('/')}.html", SECTION, tab)
    fabric, now = visit.room.copy.current, visit.room.clock.now()
    told: dict[str, Any] = {}
    if fabric is not None:
        told = await asyncio.to_thread(profile.standards, fabric.as_of(now), now)
    return plain_page(visit, "ground/standards.html", SECTION, tab, **told)
