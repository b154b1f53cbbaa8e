"""What happens to a case beside its state: asked for, supervised, shared, shelved, met about."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from services.dispatch.models.follow_up import Meeting, MeetingKind, Rectification
from services.kit.contracts.cases import CaseState
from services.kit.contracts.payload import CaseClass

SlipLevel = Literal["street", "district", "city"]
SlipState = Literal["issued", "replied", "closed", "void"]


@dataclass(frozen=True, slots=True)
class Request:
    """What the lead asked for and `level` has to agree to."""

    action: Literal["extend", "shelve"]
    level: str
    unit: str | None
    note: str = ""
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Slip:
    """督办单 `place` of its case. `issuer`: the office that issued it, `unit`: the lead at that time, who answers for it;
    `said`: what it demands. `replied`: answered, not yet 销号; `void`: the case was withdrawn. `overdue`: no reply came
    by `due`. 约谈 (`summoned_at`) may follow that, 通报 (`circulated_at`) may follow 约谈."""

    number: str
    place: int
    level: SlipLevel
    issuer: str
    unit: str | None
    said: str
    issued_at: datetime
    due: datetime | None = None
    yellow_at: datetime | None = None
    state: SlipState = "issued"
    warned: bool = False
    overdue: bool = False
    reply: str = ""
    replied_at: datetime | None = None
    closed_at: datetime | None = None
    summoned_at: datetime | None = None
    circulated_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class JointPart:
    """What a unit that helps was asked to do itself, or reported to have done. `owed` until it says that it is."""

    unit: str
    asked: str = ""
    done_at: datetime | None = None
    said: str = ""

    @property
    def owed(self) -> bool:
        return self.done_at is None


@dataclass(frozen=True, slots=True)
class Shelving:
    """挂账: an entry in the register of what can't be done now. `signed_by`: the leader who agreed."""

    since: datetime
    reason: str
    signed_by: str
    office: str
    reviewed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Procedure:
    """法定程序: its name, its ground in law, how long the law gives (in words) and what came of it. `leaves_out`: it is why
    the case is out of the figures."""

    since: datetime
    name: str
    basis: str
    term: str = ""
    result: str = ""
    result_at: datetime | None = None
    leaves_out: bool = False


@dataclass(frozen=True, slots=True)
class Course:
    """What the case has been through, as far as later steps depend on it. `doer`: who resolved or explained it;
    `before_pause`: the state that resuming brings back; `dissatisfied`: how often a citizen was not content;
    `climbed_from`: those below who had it before it climbed;
    `raised_from`: its class before many reported it; `recurrences`: how often it came back soon after it was closed;
    `shelving` and `procedure`: the latest, also when it is over; `verifier`: who is to look at the result; `done_by`: the
    person named for it; `to_meet`: the meeting that it waits for."""

    extensions: int = 0
    request: Request | None = None
    before_pause: CaseState | None = None
    doer: str | None = None
    dissatisfied: int = 0
    slips: tuple[Slip, ...] = ()
    climbed_from: tuple[str, ...] = ()
    raised_from: CaseClass | None = None
    recurrences: int = 0
    parts: tuple[JointPart, ...] = ()
    shelving: Shelving | None = None
    procedure: Procedure | None = None
    verifier: str | None = None
    done_by: str | None = None
    to_meet: MeetingKind | None = None
    meetings: tuple[Meeting, ...] = ()
    rectifications: tuple[Rectification, ...] = ()
