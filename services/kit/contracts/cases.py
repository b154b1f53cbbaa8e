"""Bodies of `duoge.cases`: every step of a case and of a whistle, in one topic so that they stay in order."""

from collections.abc import Mapping, Sequence
from typing import Literal

from pydantic import Field

from services.kit.contracts.follow_up import MeetingView, RectificationView
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
    "statutory": "法定期限",
    "review": "挂账复核",
    "slip": "督办回复",
}


# So many orders are named whole; of more than that, half as many from each end.
LISTED = 48


def listed(orders: Sequence[str]) -> list[str]:
    """What an event names of a case's orders: its size has a bound, however many report the same."""
    half = LISTED // 2
    return list(orders) if len(orders) <= LISTED else [*orders[:half], *orders[-half:]]


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
    orders: list[str] = Field(
        default_factory=list, description="all of them, or the first and last where there are many"
    )
    order_count: int | None = Field(default=None, description="how many there are; absent: as many as are listed")
    clock: ClockView | None = None
    text: str = Field(description="one Chinese sentence for the timeline")
    at: Moment
    by: str | None = None
    unit: str | None = None
    reason: str | None = None
    title: str | None = Field(default=None, description="on a unit's own topic: the matter, for whoever comes later")
    summary: str | None = None
    fabric_version: int | None = Field(default=None, description="of the fabric that the case was routed by")
    excluded: str | None = Field(default=None, description="the ground on which the rates leave it out")

    model_config = Payload.model_config | {"populate_by_name": True}

    @property
    def counted(self) -> int:
        return len(self.orders) if self.order_count is None else self.order_count

    @property
    def whole(self) -> bool:
        """Whether `orders` are all there are."""
        return self.counted <= len(self.orders)


class CaseMerged(CaseEvent):
    """An order has come into the case, or has left it: the only event by which they do, after it was opened."""

    came: list[str] = Field(default_factory=list)
    went: list[str] = Field(default_factory=list)


class CaseWithdrawn(CaseEvent):
    """The case ends without a result."""

    into: str | None = Field(
        default=None, description="the case that takes over its orders, where it turned out to be one"
    )


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


class CasePaused(CaseEvent):
    """deferred, shelved, statutory, and taken up again: every limit as it stands or runs from now on."""

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


class Slip(Payload):
    """督办单, as it is after the step."""

    number: str
    level: Literal["street", "district", "city"]
    issuer: str = Field(description="the office that issued it")
    unit: str | None = Field(default=None, description="who has to answer for it")
    state: Literal["issued", "replied", "closed", "void"]
    due: Moment | None = None
    overdue: bool = False


class CaseSupervised(CaseEvent):
    """A slip issued, replied to, sent back, closed (销号), or followed by 约谈 or 通报."""

    slip: Slip | None = None


class CaseResult(CaseEvent):
    """resolved, explained."""

    measures: str
    evidence: list[str] = Field(default_factory=list)
    verifier: str | None = Field(default=None, description="the unit that is to look whether it was done (核查)")


class CaseProgressed(CaseEvent):
    meeting: MeetingView | None = None
    rectification: RectificationView | None = None


class CaseFeedback(CaseEvent):
    order_id: str | None = None
    resolved: bool | None = None
    satisfaction: str | None = None


class CaseExclusion(CaseEvent):
    """剔除 asked for, granted or refused."""

    exclusion_id: str
    ground: str = Field(description="code of the profile's grounds for exclusion")
    evidence: list[str] = Field(default_factory=list)


class CaseExclusionTakenBack(CaseExclusion):
    """What had been granted holds no longer: the case counts again, unless a rule leaves it out."""


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
    ground: str = Field(default="", description="why it may be blown")
    matter: str | None = Field(default=None, description="the row of the catalogue that justifies it")
    nod: Literal["waiting", "given", "refused"] | None = Field(
        default=None,
        description="the street's agreement, where it is needed; waiting: nobody is called yet, refused: nobody was",
    )

    model_config = Payload.model_config | {"populate_by_name": True}

    @property
    def called(self) -> list[WhistleCall]:
        """None as long as the street has not agreed, where it has to."""
        return [] if self.nod in ("waiting", "refused") else self.calls


class WhistlePage(Payload):
    """Somebody to reach at once: a person of a unit by code, or the unit itself."""

    of: str = Field(description="the unit for which somebody is paged")
    unit: str
    person: str | None = None


class WhistlePaged(WhistleEvent):
    """An emergency calls those on duty and the volunteers around; once more after a few minutes, until somebody answers."""

    round: int
    pages: list[WhistlePage]


class WhistleEscalated(WhistleEvent):
    escalated_to: list[str]
