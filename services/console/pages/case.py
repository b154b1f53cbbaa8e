"""`/cases/{id}`: everything about one case, redrawn as it moves on."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

import structlog
from nicegui import ui
from starlette.requests import Request

from services.console.domain.countdown import remaining
from services.console.domain.wording import (
    CLOCK_STATES,
    LIGHTS,
    SATISFACTION,
    SETTLED,
    STATES,
    Words,
    event_word,
    moment,
)
from services.console.looking import Found, look_up
from services.console.models import CaseRow, Clock, Entry, OrderRow
from services.console.pages import panels
from services.console.pages.elements import Part, Text, attributes, bar, head, link, pairs
from services.console.visit import Visit, visit_of
from services.kit.clock import local
from services.kit.contracts.cases import CLOCKS
from services.kit.faults import is_infrastructure

log = structlog.get_logger()
_HEAR_NO_RULINGS = frozenset({"volunteer"})


def register() -> None:
    @ui.page("/cases/{case_id}", title="案件 · 多格合一")
    async def case(request: Request, case_id: str) -> None:
        await CasePage(visit_of(request), case_id).build()


class FittingRulings(ui.element, component="fitting_rulings.js"):
    """Read once, by the browser itself: rulings are dispatch's."""

    def __init__(self, case_id: str) -> None:
        super().__init__()
        self._props["case_id"] = case_id


@dataclass(frozen=True, slots=True)
class ClockLine:
    kind: str
    started: str
    due: str
    state: str
    left: str
    look: str


@dataclass
class CasePage:
    visit: Visit
    case_id: str

    async def build(self) -> None:
        head()
        self._time = bar(self.visit, "")
        found = await look_up(self.visit.room, self.visit.caller, self.case_id)
        self._time.set_text(local(self.visit.room.clock.now()))
        if found is None:
            ui.context.client.status_code = 404
            draw_nothing()
            return
        with ui.element("main").classes("case"):
            self._body: Part[Found] = Part("div", "body", self._draw)
            self._body.show(found)
            if self.visit.caller.role not in _HEAR_NO_RULINGS:
                FittingRulings(self.case_id)
        ui.timer(self.visit.room.settings.screen_refresh.total_seconds(), self._tick)

    async def _tick(self) -> None:
        try:
            if await self.visit.over():
                ui.navigate.to("/login")
                return
            now = self.visit.room.clock.now()
            self._time.set_text(local(now))
            found = await look_up(self.visit.room, self.visit.caller, self.case_id)
            if found is None:
                ui.navigate.to("/")
                return
            self._body.show(found)
            self._clocks.show(clock_lines(found.case, now))
        except Exception as error:
            if not is_infrastructure(error):
                raise
            log.warning("console.page_waits", error=repr(error))

    def _draw(self, found: Found) -> None:
        words, now, case = self.visit.room.words, self.visit.room.clock.now(), found.case
        with ui.element("div").classes("title"):
            link("← 指挥屏", "/")
            link("办理这个案件 →", f"/handling/cases/{quote(case.case_id)}", "to-work")
            Text("h1", words.title(case))
            with ui.element("p").classes("badges"):
                Text("span", "已结" if case.closed_at else LIGHTS[case.light], f"light-badge {_look(case)}")
                Text("span", STATES.get(case.state, case.state), "badge")
                Text("span", words.case_class(case.case_class), "badge")
                for mark in _marks(case):
                    Text("span", mark, "badge mark")
        with ui.element("div").classes("columns"):
            with ui.element("div").classes("left"):
                draw_facts(case, words)
                with ui.element("section").classes("card"):
                    Text("h2", "时限")
                    self._clocks: Part[tuple[ClockLine, ...]] = Part("div", "clocks", draw_clocks)
                    self._clocks.show(clock_lines(case, now))
                draw_orders(found.orders, words)
                if found.whistles:
                    with ui.element("section").classes("card whistles"):
                        Text("h2", "吹哨报到")
                        for each in panels.whistle_lines(found.whistles, {}, words, now):
                            panels.draw_whistle(each, linked=False)
            with ui.element("div").classes("right"):
                draw_timeline(found.entries, words)


def draw_nothing() -> None:
    with ui.element("main").classes("case"):
        Text("h1", "没有找到")
        Text("p", "没有这个案件，或者您的密钥看不到它。请核对编号，或换有权限的密钥登录。")
        link("回到指挥屏", "/")


def clock_lines(case: CaseRow, now: datetime) -> tuple[ClockLine, ...]:
    return tuple(_clock_line(clock, now) for clock in sorted(case.clocks.values(), key=lambda each: each.due))


def _clock_line(clock: Clock, now: datetime) -> ClockLine:
    runs = clock.state in ("running", "overdue")
    over = runs and now > clock.due
    look = {"met": "green", "late": "red", "overdue": "red", "paused": "grey"}.get(clock.state, "green")
    return ClockLine(
        kind=CLOCKS.get(clock.kind, clock.kind),
        started=moment(clock.started),
        due=moment(clock.due),
        state="" if over else CLOCK_STATES.get(clock.state, clock.state),
        left=remaining(clock.due, now) if runs else "",
        look="red" if over else look,
    )


def draw_clocks(lines: tuple[ClockLine, ...]) -> None:
    if not lines:
        Text("p", "派遣以后开始计时", "quiet")
        return
    with ui.element("table"):
        with ui.element("thead"), ui.element("tr"):
            for name in ("时限", "开始", "到期", "情况"):
                attributes(Text("th", name), scope="col")
        with ui.element("tbody"):
            for each in lines:
                with ui.element("tr"):
                    attributes(Text("th", each.kind), scope="row")
                    Text("td", each.started)
                    Text("td", each.due)
                    with ui.element("td").classes(f"look {each.look}"):
                        Text("span", f"{each.state} {each.left}".strip())


def draw_facts(case: CaseRow, words: Words) -> None:
    at = case.opened_at
    grids = [
        f"{words.overlay(overlay)} {words.grid(overlay, code, at)}" for overlay, code in words.in_order(case.grids)
    ]
    told = {True: "市民认为已解决", False: "市民认为未解决", None: "还没有评价"}[case.verdict]
    with ui.element("section").classes("card"):
        Text("h2", "案情")
        pairs(
            [
                ("内容", case.summary),
                ("事项", words.concern(case)),
                ("来源", f"{words.channel(case.channel)} · {words.kind(case.kind)}"),
                ("地点", case.address or ""),
                ("网格", "；".join(grids)),
                ("层级", words.level(case.level)),
                ("主办", words.unit(case.lead)),
                ("协办", words.units(case.assists)),
                ("派遣依据", case.ground or ""),
                ("整改措施", case.measures or ""),
                ("群众评价", "，".join(filter(None, (told, SATISFACTION.get(case.satisfaction or ""))))),
                ("立案", moment(case.opened_at)),
                ("办结", moment(case.resolved_at)),
                ("结案", moment(case.closed_at)),
                ("编号", case.case_id),
            ]
        )


def draw_orders(orders: list[OrderRow], words: Words) -> None:
    if not orders:
        return
    with ui.element("section").classes("card"):
        Text("h2", f"工单（{len(orders)}）")
        with ui.element("ul").classes("orders"):
            for order in orders:
                told = [f"{moment(order.reported_at)} 反映", *filter(None, [SETTLED.get(order.status)])]
                with ui.element("li"):
                    Text("strong", order.title or words.channel(order.channel))
                    Text("span", f"{words.channel(order.channel)} {order.external_id}")
                    Text("span", " · ".join(told), "quiet")


def draw_timeline(entries: list[Entry], words: Words) -> None:
    with ui.element("section").classes("card timeline"):
        Text("h2", "五步闭环")
        for number, (step, lines) in enumerate(words.by_steps(entries), start=1):
            with ui.element("section").classes("step" + ("" if lines else " waiting")):
                Text("h3", f"{number} {step}")
                if not lines:
                    Text("p", "还没有", "quiet")
                with ui.element("ol"):
                    for entry in lines:
                        draw_entry(entry, words)


def draw_entry(entry: Entry, words: Words) -> None:
    with ui.element("li"):
        attributes(Text("time", moment(entry.at)), datetime=entry.at.isoformat())
        with ui.element("div"):
            Text("b", event_word(entry.type))
            Text("span", entry.text)
            who = " · ".join(filter(None, (entry.by, words.unit(entry.unit) if entry.unit else None)))
            if who:
                Text("small", who)
            if entry.detail.get("evidence"):
                Text("small", f"附件 {len(entry.detail['evidence'])} 个")


def _look(case: CaseRow) -> str:
    return "grey" if case.closed_at else case.light


def _marks(case: CaseRow) -> list[str]:
    told = (
        (case.supervised, "督办"),
        (case.reopened > 0, f"重办 {case.reopened} 次"),
        (case.statutory, "法定程序"),
        (case.confidential, "举报，只给主办"),
    )
    return [mark for holds, mark in told if holds]
