"""The live list of cases. The browser holds the rows, filters and counts down; the server sends what changed."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from nicegui import ui

from services.console.domain.countdown import next_clock, urgency
from services.console.domain.wording import LIGHTS, STATES, Words
from services.console.models import CaseRow
from services.kit.contracts.cases import CLOCKS


class CaseList(ui.element, component="case_list.js"):
    def __init__(self, rows: list[dict[str, Any]], now: datetime) -> None:
        super().__init__()
        self._props["rows"] = rows
        self._props["now"] = _milliseconds(now)
        self._props["states"] = STATES
        self._props["lights"] = LIGHTS

    def change(self, upserts: list[dict[str, Any]], removed: list[str]) -> None:
        self.run_method("change", upserts, removed)

    def tick(self, now: datetime) -> None:
        self.run_method("tick", _milliseconds(now))

    def narrow(self, state: str, light: str) -> None:
        """Sets the filters; an empty word for all."""
        self.run_method("narrow", state, light)


def line(row: CaseRow, words: Words) -> dict[str, Any]:
    """One row as the list and the map show it. `due` in milliseconds of the epoch."""
    clock = next_clock(row.clocks) if row.closed_at is None else None
    rank, within = urgency(row)
    return {
        "id": row.case_id,
        "title": words.title(row),
        "concern": words.concern(row),
        "where": row.address or "",
        "state": row.state,
        "state_name": STATES.get(row.state, row.state),
        "class_name": words.case_class(row.case_class),
        "urgent": row.case_class == "emergency",
        "light": row.light,
        "ended": row.closed_at is not None,
        "lead": words.unit(row.lead),
        "marks": _marks(row),
        "clock": CLOCKS.get(clock.kind, clock.kind) if clock else "",
        "due": _milliseconds(clock.due) if clock else None,
        "paused": clock is not None and clock.state == "paused",
        "rank": rank,
        "within": within if within != float("inf") else 1e15,
        "lon": row.lon,
        "lat": row.lat,
    }


def most_urgent(rows: Sequence[CaseRow], most: int) -> list[CaseRow]:
    return sorted(rows, key=lambda row: (*urgency(row), row.case_id))[:most]


def _marks(row: CaseRow) -> list[str]:
    told = (
        (row.supervised, "督办"),
        (row.reopened > 0, "重办"),
        (bool(row.called), "吹哨"),
        (row.confidential, "举报"),
        (len(row.orders) > 1, f"{len(row.orders)} 单"),
    )
    return [mark for holds, mark in told if holds]


def _milliseconds(at: datetime) -> int:
    return int(at.timestamp() * 1000)
