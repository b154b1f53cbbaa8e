"""The rows of dispatch: a case, its clocks, its timeline, and the orders in it. Times are aware."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from services.dispatch.follow_up import Meeting, MeetingKind, Rectification
from services.fabric.spans import Span
from services.kit.contracts.cases import CaseState, ClockState
from services.kit.contracts.payload import CaseClass, Place

ClockKind = Literal[
    "sign",
    "contact",
    "on_site",
    "resolve",
    "verify",
    "callback",
    "recheck",
    "hold",
    "resume",
    "silence",
    "look_again",
    "statutory",
    "review",
]

SlipLevel = Literal["street", "district", "city"]
SlipState = Literal["issued", "replied", "closed", "void"]


@dataclass(frozen=True, slots=True)
class ClockRow:
    """A time limit of a case in its `round` of dispatch; `span` is the length it was set with, in its own time.

    `hold`, `resume`, `silence` and `look_again` are moments of the house's own and are shown to nobody: how long a
    community may hold the case, when a deferral is over, when a source's silence closes it, when to look again.
    `statutory`, the term of a procedure of law, and `review`, when what is shelved is looked at again, are shown and
    never make a light.
    `ended`: given up without being met (returned, withdrawn, dispatched anew); it neither runs nor counts any more.
    `provisional`: reckoned over days whose calendar is not published yet.
    From `since` on it runs for `remaining` of its own time, which gives `due` by any calendar; None where somebody named
    the moment. `reckoned`: the fabric version by whose calendar it was last reckoned.
    """

    kind: ClockKind
    round: int
    started: datetime
    due: datetime
    yellow_at: datetime | None
    span: Span
    state: ClockState = "running"
    met_at: datetime | None = None
    paused_at: datetime | None = None
    warned: bool = False
    provisional: bool = False
    ended: bool = False
    since: datetime | None = None
    remaining: timedelta | None = None
    reckoned: int = 0

    @property
    def open(self) -> bool:
        """Not yet fulfilled and still to be: running, overdue or paused."""
        return not self.ended and self.state in ("running", "overdue", "paused")


@dataclass(frozen=True, slots=True)
class Decided:
    """Why the case went to whom: what routing answered, kept as it was. `clocks` is the class by whose limits it runs,
    `alternatives` are what the next rules would have done (rule, lead, reason), `whistle` a kind to blow at once,
    `emergency` whether the order was heard as one; None in cases from before that was kept."""

    rule: str
    version: int
    reason: str
    ground: str
    clocks: CaseClass
    alternatives: tuple[Mapping[str, str], ...] = ()
    fallback: bool = False
    whistle: str | None = None
    emergency: bool | None = None


@dataclass(frozen=True, slots=True)
class Dispute:
    """Whose it is. `holders`: every lead since the last ruling or reopening, in order; `returned_by`: those who sent it
    back; `bound`: a ruling holds, which can't be returned."""

    holders: tuple[str, ...] = ()
    returned_by: tuple[str, ...] = ()
    bound: bool = False


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
    """法定程序: its name, its ground in law, how long the law gives (in words) and what came of it."""

    since: datetime
    name: str
    basis: str
    term: str = ""
    result: str = ""
    result_at: datetime | None = None


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


@dataclass(frozen=True, slots=True)
class Case:
    """案件. `sequence` is the number of its last event on the bus and its version (ETag) too: every change is an event.

    `orders` are the live ones. `called` are the units that open whistles for this case call; whistles keep it. `round`
    counts its dispatches: the first is 1, a ruling or a reopening begins the next, with new clocks. `clocks` holds
    those of all rounds. `wake_at` is when its next timer fires; recording keeps it. `fabric_version` is that of the
    fabric by which the lead was found; the place's grids are of that one too, or of a later one that has been followed.
    `head` is the hash of its last entry, salted and so never twice the same: it makes no case another.
    """

    case_id: str
    sequence: int
    state: CaseState
    case_class: CaseClass
    level: str
    concern: str
    sub_concern: str | None
    lead: str | None
    assists: tuple[str, ...]
    title: str
    summary: str
    channel: str
    kind: str | None
    confidential: bool
    place: Place
    fabric_version: int
    decision: Decided
    opened_at: datetime
    dispatched_at: datetime
    changed_at: datetime
    orders: tuple[str, ...] = ()
    called: tuple[str, ...] = ()
    round: int = 1
    source_due: datetime | None = None
    dispute: Dispute = Dispute()
    course: Course = Course()
    excluded: str | None = None
    wake_at: datetime | None = None
    head: bytes = field(default=b"", compare=False)
    clocks: tuple[ClockRow, ...] = field(default=())

    @property
    def version(self) -> int:
        return self.sequence

    @property
    def matter(self) -> str:
        """The code that clocks and names go by: the sub-concern where there is one."""
        return self.sub_concern or self.concern

    @property
    def involved(self) -> tuple[str, ...]:
        """Whose units see the case: a confidential one is its lead's alone."""
        lead = (self.lead,) if self.lead else ()
        return lead if self.confidential else (*lead, *self.assists, *self.called)


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a timeline. `by_name` is whoever did it, as the key or the request names it: it stays in the house,
    the event says only the unit. `subject`: the case's id, or that of a whistle without a case."""

    subject: str
    sequence: int
    at: datetime
    type: str
    text: str
    by_name: str | None = None
    by_role: str | None = None
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class OrderLink:
    """An order in a case, with what callbacks and figures need. `live` until it is withdrawn, returned or moved.
    `person`: the same for orders of one caller in this case, and of no use elsewhere. `tried_at`: calls that reached
    nobody in the case's `tried_round`; the verdict is of its `round`."""

    order_id: str
    case_id: str
    since: datetime
    source: str
    channel: str
    kind: str | None
    callback_by: Literal["source", "us"]
    anonymous: bool
    live: bool = True
    resolved: bool | None = None
    satisfaction: str | None = None
    answered_at: datetime | None = None
    person: str | None = None
    tried_at: tuple[datetime, ...] = ()
    round: int = 0
    tried_round: int = 0
