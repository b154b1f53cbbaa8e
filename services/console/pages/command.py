"""`/`: the command screen. What it shows comes from the board in memory; only what changed goes to the browser."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import structlog
from nicegui import ui
from starlette.requests import Request

from services.console.domain.visibility import Scope, for_eyes, sees, sees_whistle
from services.console.domain.wording import Words
from services.console.metrics import SCREENS
from services.console.models import CaseRow, WhistleRow
from services.console.pages import panels
from services.console.pages.case_list import CaseList, line, most_urgent
from services.console.pages.elements import Part, Text, attributes, bar, head
from services.console.pages.fabric_map import FabricMap, grids_of, overlays_of
from services.console.visit import Visit, visit_of
from services.fabric.snapshot import Fabric
from services.kit.clock import local
from services.kit.faults import is_infrastructure

log = structlog.get_logger()
DEFAULT_OVERLAY = "comprehensive"
_AWAY = "数据暂时连不上，恢复后会自动接着更新"


def register() -> None:
    @ui.page("/", title="指挥屏 · 多格合一")
    async def command(request: Request) -> None:
        await CommandScreen(visit_of(request)).build()


@dataclass
class CommandScreen:
    visit: Visit
    period: str = "month"
    overlay: str = DEFAULT_OVERLAY
    _version: int = -1
    _fabric: int = -1
    _sent: dict[str, CaseRow] = field(default_factory=dict)

    async def build(self) -> None:
        room = self.visit.room
        now, fabric = room.clock.now(), room.copy.current
        head()
        self._time = bar(self.visit, "指挥屏")
        with ui.element("main").classes("screen"):
            self._notice = Text("p", "", "notice")
            attributes(self._notice, role="status")
            Text("h1", "指挥屏", "unseen")
            self._tiles = panels.Tiles(self._narrow)
            with attributes(ui.element("section").classes("rates"), aria_label="三率"):
                self._choose_period()
                self._rates: Part[panels.Rated] = Part("div", "figures", panels.draw_rates)
            with ui.element("section").classes("ground"):
                self._overlays: Part[tuple[tuple[str, str], ...]] = Part("div", "overlays", self._draw_overlays)
                self._map = FabricMap(fabric.bounds if fabric else None, self._grids(fabric, now))
            rows, _ = self._difference()
            self._list = CaseList(rows, now)
            self._map.change(rows, [])
            self._whistles: Part[tuple[panels.WhistleLine, ...]] = Part("section", "whistles", panels.draw_whistles)
            attributes(self._whistles.box, aria_label="吹哨")
        await self._refresh()
        SCREENS.inc()
        ui.context.client.on_delete(lambda: SCREENS.dec())
        ui.timer(room.settings.screen_refresh.total_seconds(), self._tick)

    async def _tick(self) -> None:
        try:
            if await self.visit.over():
                ui.navigate.to("/login")
                return
            upserts, removed = self._difference()
            if upserts or removed:
                self._list.change(upserts, removed)
                self._map.change(upserts, removed)
            self._list.tick(self.visit.room.clock.now())
            await self._refresh()
            self._notice.set_text("")
        except Exception as error:
            if not is_infrastructure(error):
                raise
            log.warning("console.screen_waits", error=repr(error))
            self._notice.set_text(_AWAY)

    async def _refresh(self) -> None:
        """The parts that are drawn on this side; each only if it changed."""
        room, words = self.visit.room, self.visit.room.words
        now, scope = room.clock.now(), self.visit.scope
        self._time.set_text(local(now))
        cases = [row for row in room.board.cases.values() if sees(scope, row)]
        whistles = self._whistles_for(scope, cases)
        self._tiles.show(panels.tally(cases, whistles, now))
        self._whistles.show(panels.whistle_lines(whistles, room.board.cases, words, now))
        self._rates.show(panels.rated(await room.rates_for_screens(scope, self.period)))
        if room.copy.current is not None and room.copy.current.version != self._fabric:
            self._fabric = room.copy.current.version
            self._overlays.show(tuple(overlays_of(room.copy.current, now).items()))
            self._map.show_grids(self._grids(room.copy.current, now))

    def _difference(self) -> tuple[list[dict[str, Any]], list[str]]:
        """What the browser lacks, and what it shows too much of."""
        room, words, scope = self.visit.room, self.visit.room.words, self.visit.scope
        if room.board.version == self._version:
            return [], []
        self._version = room.board.version
        seen = [row for row in room.board.cases.values() if sees(scope, row)]
        wanted = {row.case_id: row for row in most_urgent(seen, room.settings.screen_most)}
        fresh = [row for row in wanted.values() if self._sent.get(row.case_id) is not row]
        removed = [case_id for case_id in self._sent if case_id not in wanted]
        self._sent = wanted
        return [self._line(row, scope, words) for row in fresh], removed

    def _line(self, row: CaseRow, scope: Scope, words: Words) -> dict[str, Any]:
        return line(for_eyes(scope, row, words.withheld(row)), words)

    def _whistles_for(self, scope: Scope, cases: list[CaseRow]) -> list[WhistleRow]:
        seen = {row.case_id for row in cases}
        return [each for each in self.visit.room.board.whistles.values() if sees_whistle(scope, each, seen)]

    def _grids(self, fabric: Fabric | None, now: datetime) -> list[dict[str, Any]]:
        return grids_of(fabric, self.overlay, now) if fabric else []

    def _narrow(self, state: str, light: str) -> None:
        self._list.narrow(state, light)

    def _choose_period(self) -> None:
        async def choose(period: str) -> None:
            self.period = period
            await self._tick()

        panels.draw_periods(self.period, choose)

    def _draw_overlays(self, overlays: tuple[tuple[str, str], ...]) -> None:
        def choose(code: str) -> None:
            self.overlay = code
            room = self.visit.room
            self._map.show_grids(self._grids(room.copy.current, room.clock.now()))

        panels.draw_overlays(overlays, self.overlay, choose)
