"""The parts of the command screen that are drawn on the server: tiles, rates, whistles, choices."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from nicegui import events, ui

from services.console.domain.countdown import remaining
from services.console.domain.wording import CALLS, WHISTLES, Words
from services.console.models import CaseRow, WhistleRow
from services.console.pages.elements import Text, attributes, link
from services.fabric.periods import NAMED
from services.fabric.rates import Figure, Report
from services.kit.clock import SHANGHAI, local


@dataclass(frozen=True, slots=True)
class Tallies:
    open: int
    red: int
    yellow: int
    green: int
    unsigned: int
    new_today: int
    closed_today: int
    whistles: int


@dataclass(frozen=True, slots=True)
class Rated:
    report: Report | None


@dataclass(frozen=True, slots=True)
class CallLine:
    unit: str
    state: str
    late: bool
    word: str
    escalated: str


@dataclass(frozen=True, slots=True)
class WhistleLine:
    whistle_id: str
    need: str
    kind: str
    state: str
    by: str
    case_id: str | None
    case_title: str
    calls: tuple[CallLine, ...]


def tally(cases: Sequence[CaseRow], whistles: Sequence[WhistleRow], now: datetime) -> Tallies:
    live = [row for row in cases if row.closed_at is None]
    today = now.astimezone(SHANGHAI).date()

    def lights(light: str) -> int:
        return sum(row.light == light for row in live)

    return Tallies(
        open=len(live),
        red=lights("red"),
        yellow=lights("yellow"),
        green=lights("green"),
        unsigned=sum(row.state in ("dispatched", "reopened") for row in live),
        new_today=sum(row.opened_at.astimezone(SHANGHAI).date() == today for row in cases),
        closed_today=sum(
            row.closed_at is not None and row.closed_at.astimezone(SHANGHAI).date() == today for row in cases
        ),
        whistles=sum(
            whistle.state in ("open", "partly_met", "exhausted") and not whistle.waiting for whistle in whistles
        ),
    )


# name, which of the tallies, look, and the filters that its click sets on the list: state and light.
_TILES = (
    ("在办", "open", "", "open", ""),
    ("红灯", "red", "red", "open", "red"),
    ("黄灯", "yellow", "yellow", "open", "yellow"),
    ("绿灯", "green", "green", "open", "green"),
    ("待签收", "unsigned", "", "dispatched", ""),
    ("今日新立", "new_today", "", "", ""),
    ("今日结案", "closed_today", "", "closed", ""),
)


class Tiles:
    """Drawn once: only the figures change, so that whoever stands on one with the keyboard stays there."""

    def __init__(self, narrow: Callable[[str, str], None]) -> None:
        self._figures: dict[str, Text] = {}
        with attributes(ui.element("section").classes("tiles"), aria_label="件数"):
            for name, tally, look, state, light in _TILES:
                button = attributes(ui.element("button").classes(f"tile {look}"), type="button")
                button.on("click", lambda state=state, light=light: narrow(state, light))
                self._draw(button, name, tally)
            self._draw(attributes(ui.element("a").classes("tile"), href="#whistles"), "哨未齐", "whistles")

    def show(self, tallies: Tallies) -> None:
        for tally, figure in self._figures.items():
            figure.set_text(str(getattr(tallies, tally)))

    def _draw(self, tile: ui.element, name: str, tally: str) -> None:
        with tile:
            self._figures[tally] = Text("strong", "")
            Text("span", name)


def rated(report: Report | None) -> Rated:
    return Rated(report)


def draw_rates(rated: Rated) -> None:
    report = rated.report
    if report is None:
        Text("p", "还没有城市方案，算不了三率", "quiet")
        return
    for figure in (*report.figures, report.on_time):
        _figure(figure)
    with ui.element("div").classes("figure"):
        Text("span", "综合得分", "name")
        Text("strong", f"{report.score:.1f}" if report.score is not None else "—")
        Text("small", report.formula)
    left_out = sum(report.excluded.values())
    Text("p", f"按本期到期的案件算，只认市民的话。未到期 {report.waiting} 件不计，剔除 {left_out} 件", "quiet whole")


def _figure(figure: Figure) -> None:
    with ui.element("div").classes("figure"):
        Text("span", figure.name + (f" · 权重 {figure.weight:.0%}" if figure.weight else ""), "name")
        Text("strong", f"{figure.value:.1%}" if figure.value is not None else "—")
        Text("span", f"{figure.numerator:g} / {figure.denominator}" + (" · 样本少" if figure.small else ""), "parts")
        Text("small", f"{figure.over} ÷ {figure.of}")


def whistle_lines(
    whistles: Sequence[WhistleRow], cases: Mapping[str, CaseRow], words: Words, now: datetime
) -> tuple[WhistleLine, ...]:
    """Those that miss somebody first."""
    waiting = {"exhausted": 0, "partly_met": 1, "open": 2}
    ordered = sorted(whistles, key=lambda w: (waiting.get(w.state, 3), w.report_in_by, w.whistle_id))
    return tuple(_whistle_line(whistle, cases.get(whistle.case_id or ""), words, now) for whistle in ordered[:100])


def _whistle_line(whistle: WhistleRow, case: CaseRow | None, words: Words, now: datetime) -> WhistleLine:
    missing = whistle.state in ("open", "partly_met", "exhausted") and not whistle.waiting
    by = "同意后才叫人，时限从那时起算" if whistle.waiting else f"{local(whistle.report_in_by)} 前报到"
    return WhistleLine(
        whistle_id=whistle.whistle_id,
        need=whistle.need or "请到场协同处置",
        kind=words.whistle_kind(whistle.kind),
        state="waiting" if whistle.waiting else whistle.state,
        by=f"{by}，{remaining(whistle.report_in_by, now)}" if missing else by,
        case_id=whistle.case_id,
        case_title=words.title(case) if case and not case.confidential else ("查看案件" if whistle.case_id else ""),
        calls=tuple(_call(call, words) for call in whistle.calls),
    )


def _call(call: Mapping[str, Any], words: Words) -> CallLine:
    word = CALLS.get(call["state"], call["state"])
    if call.get("released") and call["state"] in ("reported_in", "done"):
        word = "已散"
    if call.get("late"):
        word += "（迟到）"
    if call.get("substitute"):
        word += f"，由{words.unit(call['substitute'])}替补"
    escalated = "、".join(words.unit(unit) for unit in call.get("escalated_to", ()))
    return CallLine(words.unit(call["unit"]), call["state"], bool(call.get("late")), word, escalated)


def draw_whistles(lines: tuple[WhistleLine, ...]) -> None:
    attributes(Text("h2", "吹哨报到"), id="whistles")
    if not lines:
        Text("p", "眼下没有没散的哨", "quiet")
    for each in lines:
        draw_whistle(each)


def draw_whistle(each: WhistleLine, *, linked: bool = True) -> None:
    with ui.element("article").classes(f"whistle {each.state}"):
        with ui.element("div").classes("top"):
            Text("span", each.kind, "kind")
            with ui.element("strong"):
                link(each.need, f"/whistles/{quote(each.whistle_id)}")
            Text("span", WHISTLES.get(each.state, each.state), "state")
        with ui.element("p").classes("quiet"):
            Text("span", each.by)
            if linked and each.case_id:
                link(each.case_title, f"/cases/{each.case_id}")
        with ui.element("ul").classes("calls"):
            for call in each.calls:
                with ui.element("li").classes(call.state):
                    Text("span", call.unit)
                    Text("b", call.word)
                    if call.escalated:
                        Text("small", f"已升级到 {call.escalated}")


def draw_periods(chosen: str, choose: Callable[[str], Awaitable[None]]) -> None:
    select = _select("统计时段", NAMED, chosen)

    async def changed(event: events.GenericEventArguments) -> None:
        if event.args in NAMED:
            await choose(event.args)

    select.on("change", changed, js_handler="(event) => emit(event.target.value)")


def draw_overlays(overlays: tuple[tuple[str, str], ...], chosen: str, choose: Callable[[str], None]) -> None:
    known = dict(overlays)
    select = _select("图层", known, chosen)

    def changed(event: events.GenericEventArguments) -> None:
        if event.args in known:
            choose(event.args)

    select.on("change", changed, js_handler="(event) => emit(event.target.value)")


def _select(name: str, options: Mapping[str, str], chosen: str) -> ui.element:
    with ui.element("label"):
        Text("span", name)
        with ui.element("select") as select:
            for code, title in options.items():
                option = attributes(Text("option", title), value=code)
                if code == chosen:
                    attributes(option, selected=True)
    return select
