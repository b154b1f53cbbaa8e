"""会商材料: a case as a meeting reads it."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from services.dispatch.domain import clocks
from services.dispatch.domain.on_the_table import on_the_table
from services.dispatch.domain.whistle.model import Whistle
from services.dispatch.models import Case, Entry
from services.dispatch.schemas.cases import ClockOut, EntryOut
from services.dispatch.schemas.followed import MeetingItem, meeting_item
from services.dispatch.schemas.showing import clock_json, timeline_json
from services.fabric.snapshot import Fabric

KEPT_BACK = "举报件，只由主办单位和城运中心在案件页上看，不进会商材料"


class GridName(BaseModel):
    overlay: str
    code: str
    name: str


class Ruling(BaseModel):
    case_id: str
    at: datetime
    lead: str
    lead_name: str
    previous_name: str | None
    ground: str
    here: str = Field(description="照它裁，这里由谁主办")
    here_name: str
    said: str


class PackItem(MeetingItem):
    kept_back: str | None = Field(description="举报件：没有案情和经过，为什么")
    summary: str
    channel: str
    order_count: int
    address: str | None
    grids: list[GridName]
    assists: list[str]
    light: str
    clocks: list[ClockOut]
    reason: str = Field(description="为什么派给主办")
    on_the_table: list[str] = Field(description="会上要定的、还欠着的、还可以怎么办")
    rulings: list[Ruling] = Field(description="同类事项以前怎么裁的")
    proposal: dict[str, object] | None = Field(description="判例建议的规则；编辑规则的人才有")
    story: list[EntryOut] = Field(description="最后的几十条")
    story_before: int = Field(description="更早的还有几条")


class MeetingPack(BaseModel):
    items: list[PackItem]
    next: str | None


def pack_item(
    fabric: Fabric,
    case: Case,
    now: datetime,
    entries: Sequence[Entry],
    whistles: Iterable[Whistle],
    fits: Mapping[str, Any],
    proposes: bool,
) -> dict[str, Any]:
    """Of 举报 no words: what is printed lies before everybody in the room."""
    open_to_all = not case.confidential
    shown = {
        "kept_back": None if open_to_all else KEPT_BACK,
        "summary": case.summary if open_to_all else "",
        "channel": case.channel,
        "order_count": len(case.orders),
        "address": case.place.address if open_to_all else None,
        "grids": _grids(fabric, case, now) if open_to_all else [],
        "assists": list(case.assists),
        "light": clocks.light_at(case.clocks, now),
        "clocks": [clock_json(clock) for clock in clocks.shown(case.clocks, case.round)],
        "reason": case.decision.reason,
        "on_the_table": on_the_table(fabric, case, whistles) if open_to_all else [],
        "rulings": fits["items"],
        "proposal": fits["proposal"] if proposes else None,
        "story": timeline_json(entries) if open_to_all else [],
        "story_before": max(0, entries[0].sequence - 1) if entries and open_to_all else 0,
    }
    told = meeting_item(case, now) | shown
    return told if open_to_all else told | {"title": "举报件"}


def _grids(fabric: Fabric, case: Case, now: datetime) -> list[dict[str, str]]:
    """In the profile's order of overlays."""
    found = []
    for overlay in fabric.profile.overlays:
        code = case.place.grids.get(overlay)
        grid = fabric.grid(overlay, code, now) if code else None
        if code and grid:
            found.append({"overlay": fabric.profile.overlay_name(overlay), "code": code, "name": grid.name})
    return found
