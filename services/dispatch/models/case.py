"""案件: the case itself, and the lines of its timeline."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from services.dispatch.models.clocks import ClockRow
from services.dispatch.models.course import Course
from services.kit.contracts.cases import CaseState
from services.kit.contracts.payload import CaseClass, Place


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
    course: Course = field(default_factory=Course)
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
