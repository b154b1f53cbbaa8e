"""Bodies of `duoge.cases`: every step of a case and of a whistle, in one topic so that they stay in order."""

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from services.kit.contracts.payload import CaseClass, Light, Moment, Payload, Place

CaseState = Literal[
    "open",
    "dispatched",
    "signed",
    "in_progress",
    "deferred",
    "shelved",
    "statutory",
    "resolved",
    "explained",
    "verified",
    "closed",
    "reopened",
    "withdrawn",
]
ClockState = Literal["running", "met", "late", "overdue", "paused"]
# Open to new ones, hence no Literal. What people call each.
CLOCKS: Mapping[str, str] = {
    "sign": "签收",
    "contact": "先行联系",
    "on_site": "到场",
    "resolve": "办结",
    "verify": "核查",
    "callback": "回访",
    "recheck": "回头看",
}


class ClockView(Payload):
    kind: str
    started: Moment
    due: Moment
    state: ClockState


class CaseEvent(Payload):
    """Who, when, from where, why; `sequence` is the case's and equals the envelope's."""

    case_id: str
    sequence: int
    state: CaseState
    case_class: CaseClass = Field(alias="class", serialization_alias="class")
    level: str
    concern: str
    lead: str | None
    assists: list[str]
    light: Light = "green"
    place: Place
    orders: list[str] = Field(default_factory=list)
    clock: ClockView | None = None
    text: str = Field(description="one Chinese sentence for the timeline")
    at: Moment
    by: str | None = None
    unit: str | None = None
    reason: str | None = None
    title: str | None = Field(default=None, description="on a unit's own topic: the matter, for whoever comes later")
    summary: str | None = None
    fabric_version: int | None = Field(default=None, description="of the fabric that the case was routed by")

    model_config = Payload.model_config | {"populate_by_name": True}


class CaseOpened(CaseEvent):
    """`summary` is the masked matter: what a unit needs to know to go and look."""

    title: str
    summary: str
    sub_concern: str | None = None
    channel: str
    kind: str | None = None
    confidential: bool = False
    fabric_version: int


class CaseDispatched(CaseOpened):
    rule: str
    rule_version: int
    ground: str
    clocks: list[ClockView]


class CaseReassigned(CaseEvent):
    """ruled, transferred, returned, climbed, rerouted: `previous` is who held it."""

    previous: str | None = None
    clocks: list[ClockView] = Field(default_factory=list)


class CaseRerouted(CaseReassigned):
    """The ground has changed under an open case. `reason` says which rule held: not_signed, same_lead, first_receiver,
    ruled, handed_on, climbed, returned, lead_gone. `previous` is there only where the lead is another; then `rule`,
    `rule_version` and `ground` are those of the routing table that named the new one."""

    fabric_before: int
    fabric_after: int
    rule: str | None = None
    rule_version: int | None = None
    ground: str | None = None


class CaseClock(CaseEvent):
    """warned, overdue: `clock` says which."""


class CaseResult(CaseEvent):
    """resolved, explained."""

    measures: str
    evidence: list[str] = Field(default_factory=list)


class CaseFeedback(CaseEvent):
    order_id: str | None = None
    resolved: bool | None = None
    satisfaction: str | None = None


class CaseRecurred(CaseEvent):
    """What was closed a short while ago has come back."""

    again: str = Field(description="the case that it came back as")


class WhistleCall(Payload):
    unit: str
    state: Literal["called", "accepted", "declined", "reported_in", "missing", "done"]
    late: bool = False
    reported_at: Moment | None = None
    escalated_to: list[str] = Field(default_factory=list)
    released: bool = Field(default=False, description="let go: done and gone, or no longer owed")
    substitute: str | None = Field(default=None, description="the unit that comes in its place")


class WhistleEvent(Payload):
    """For a whistle without a case, `case_id` is absent and the subject is the whistle's id."""

    whistle_id: str
    case_id: str | None = None
    sequence: int
    kind: str
    whistle_state: Literal["open", "partly_met", "met", "released", "cancelled", "exhausted"]
    state: CaseState | None = None
    case_class: CaseClass | None = Field(default=None, alias="class", serialization_alias="class")
    level: str | None = None
    concern: str | None = None
    lead: str | None = None
    assists: list[str] = Field(default_factory=list)
    place: Place
    need: str = ""
    report_in_by: Moment
    calls: list[WhistleCall]
    text: str
    at: Moment
    by: str | None = None
    unit: str | None = Field(default=None, description="the unit this step is about; none: all that were called")
    meet: Place | None = None
    title: str | None = Field(default=None, description="on a unit's own topic: the matter, for whoever comes later")
    summary: str | None = None

    model_config = Payload.model_config | {"populate_by_name": True}


class WhistleEscalated(WhistleEvent):
    escalated_to: list[str]
