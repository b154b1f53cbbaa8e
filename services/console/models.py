"""The rows of the read model. Each is what its events so far add up to; nothing is written here by hand."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

ENDED = frozenset({"closed", "withdrawn"})
WHISTLE_ENDED = frozenset({"released", "cancelled"})


@dataclass(frozen=True, slots=True)
class Clock:
    kind: str
    started: datetime
    due: datetime
    state: str


@dataclass(frozen=True, slots=True)
class CaseRow:
    """案件. `called` are the units of its whistles. `contact_due` is the first dispatch's, `resolve_due` the present one;
    `verdict` is the citizen's last word on whether it is solved. `verdicts`: order → [solved, satisfaction], each
    citizen's last word; `answered`, `solved`, `satisfied` and `fair` count them."""

    case_id: str
    sequence: int
    state: str
    case_class: str
    level: str
    concern: str
    changed_at: datetime
    opened_at: datetime
    lead: str | None = None
    assists: tuple[str, ...] = ()
    called: tuple[str, ...] = ()
    light: str = "green"
    sub_concern: str | None = None
    title: str = ""
    summary: str = ""
    channel: str | None = None
    kind: str | None = None
    confidential: bool = False
    lon: float | None = None
    lat: float | None = None
    address: str | None = None
    zone: str | None = None
    grids: Mapping[str, str] = field(default_factory=dict)
    orders: tuple[str, ...] = ()
    clocks: Mapping[str, Clock] = field(default_factory=dict)
    rule: str | None = None
    ground: str | None = None
    dispatched_at: datetime | None = None
    contact_due: datetime | None = None
    contacted_at: datetime | None = None
    resolve_due: datetime | None = None
    resolved_at: datetime | None = None
    closed_at: datetime | None = None
    measures: str | None = None
    verdict: bool | None = None
    satisfaction: str | None = None
    reopened: int = 0
    statutory: bool = False
    supervised: bool = False
    last_text: str = ""
    excluded: str | None = None
    recurred: bool = False
    verdicts: Mapping[str, Any] = field(default_factory=dict)
    answered: int = 0
    solved: int = 0
    satisfied: int = 0
    fair: int = 0

    @property
    def comprehensive(self) -> str | None:
        return self.grids.get("comprehensive")

    @property
    def involved(self) -> tuple[str, ...]:
        """Every unit that has a part in it, once."""
        lead = (self.lead,) if self.lead else ()
        return tuple(dict.fromkeys((*lead, *self.assists, *self.called)))


@dataclass(frozen=True, slots=True)
class OrderRow:
    """工单, as far as a case's page shows it."""

    order_id: str
    status: str
    channel: str
    source: str
    external_id: str
    reported_at: datetime
    changed_at: datetime
    kind: str | None = None
    title: str = ""
    satisfaction: str | None = None


@dataclass(frozen=True, slots=True)
class WhistleRow:
    """哨. `calls` as in the event: unit, state, late, reported_at, escalated_to."""

    whistle_id: str
    kind: str
    state: str
    need: str
    report_in_by: datetime
    blown_at: datetime
    changed_at: datetime
    calls: tuple[Mapping[str, Any], ...]
    case_id: str | None = None
    place: str | None = None
    meet: str | None = None
    by: str | None = None

    @property
    def units(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(call["unit"] for call in self.calls))

    @property
    def waiting(self) -> bool:
        """For the street's nod: only such a whistle calls nobody."""
        return self.state == "open" and not self.calls


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of a timeline. `stream` and `subject` with `sequence` are the event's own place; `detail` holds what the
    line shows beside its sentence (measures, evidence, ground)."""

    stream: str
    subject: str
    sequence: int
    at: datetime
    type: str
    text: str
    by: str | None = None
    unit: str | None = None
    reason: str | None = None
    whistle_id: str | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)
