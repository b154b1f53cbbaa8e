"""The addresses under `/follow-up`, each for those who are signed in. Each tab has its script, most the same template."""

from fastapi import FastAPI
from starlette.responses import Response

from services.console.pages.tabs import Section, Tab, add_tabs, plain_page
from services.console.room import Room
from services.console.visit import Visit

PATH = "/follow-up"
SECTION = Section(
    "跟踪问效",
    (
        Tab(PATH, "核查和回头看"),
        Tab(f"{PATH}/calls", "回访"),
        Tab(f"{PATH}/rectify", "限期整改"),
        Tab(f"{PATH}/meetings", "会商"),
    ),
)
_SCRIPTS = {PATH: "tasks"}
_TEMPLATES = {f"{PATH}/meetings": "follow/meetings.html", f"{PATH}/rectify": "follow/rectify.html"}
_TOLD = {
    PATH: "由办理单位以外的人来核查；不通过就重办。回头看抽到的案件，到时才列在这里。",
    f"{PATH}/calls": "一位市民、同一件事只打一次；没打通改天再打，打够次数为止。来源自己回访的、匿名的不在内。",
    f"{PATH}/rectify": "责令商铺、工地在期限前整改，到期复查；没有整改到位的再限期，或移交执法。",
    f"{PATH}/meetings": "市民两次不认可的进街道会商，疑难件要会诊一次。会前看材料，或印出来带去；会上定了什么、由谁在什么时候前落实，登记在这里。",
}


def add_follow(app: FastAPI, room: Room) -> None:
    add_tabs(app, room, SECTION, _draw)


async def _draw(visit: Visit, tab: Tab) -> Response:
    script = _SCRIPTS.get(tab.path) or tab.path.rpartition("/")[2]
    template = _TEMPLATES.get(tab.path, "follow/page.html")
    return plain_page(visit, template, SECTION, tab, script=script, told=_TOLD[tab.path])
