"""A whistle and its calls, with the roster and the deadlines it was blown with."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from services.fabric.whistle_rules import EscalateTo
from services.kit.contracts.payload import Place

CallState = Literal["called", "accepted", "declined", "reported_in", "missing", "done"]
WhistleState = Literal["open", "partly_met", "met", "released", "cancelled", "exhausted"]
NodState = Literal["waiting", "given", "refused"]

CAME: frozenset[CallState] = frozenset({"reported_in", "done"})


@dataclass(frozen=True, slots=True)
class Meet:
    """集合点, in WGS-84; `at` is when to meet, where that is not simply by the deadline."""

    lon: float
    lat: float
    address: str | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """One unit's part. `climbs_to` is the roster as blown; `escalated_to` what came of it. `due`: later than that is
    late; None for a unit called in after the last deadline. `released`: let go from the scene, or no longer owed at all
    (its decline was agreed to, or `substitute` came in its place). `answered_at`: when it was first heard of again, so
    that nobody pages it any more. `helper`: volunteers who were paged, not called, and come: nobody waits for them."""

    unit: str
    climbs_to: tuple[str, ...] = ()
    due: datetime | None = None
    state: CallState = "called"
    late: bool = False
    reported_at: datetime | None = None
    escalated_to: tuple[str, ...] = ()
    released: bool = False
    substitute: str | None = None
    vouched: bool = False
    answered_at: datetime | None = None
    helper: bool = False

    @property
    def came(self) -> bool:
        return self.state in CAME

    @property
    def owed(self) -> bool:
        """Still to report in. A decline that nobody agreed to is owed too."""
        return not self.came and not self.released and not self.helper

    @property
    def finished(self) -> bool:
        return self.released or self.state == "done" or (self.helper and not self.came)


@dataclass(frozen=True, slots=True)
class Marks:
    """互评. By the blower of a unit, or by a unit of the whistle (`of` is then None); 1–5 under the profile's names."""

    by: str
    of: str | None
    marks: Mapping[str, int]
    at: datetime


@dataclass(frozen=True, slots=True)
class Nod:
    """The street's agreement to a whistle that others than it have blown. Until it is given nobody is called and no
    deadline runs. `own`: the deadline is the blower's, not the kind's. `reminded`: how often an answer was asked for."""

    state: NodState
    own: bool = False
    by: str | None = None
    at: datetime | None = None
    note: str = ""
    reminded: int = 0


@dataclass(frozen=True, slots=True)
class Paging:
    """Calling on duty people again and again: every so many `seconds`, `rounds` of which have been told. `volunteers`:
    the teams around that are paged though nobody called them, `skills` what they are asked for."""

    seconds: float
    rounds: int = 0
    volunteers: tuple[str, ...] = ()
    skills: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """Somebody to reach: a `person` of a `unit`, or the unit itself where nobody is named; `of`: for whom."""

    of: str
    unit: str
    person: str | None = None


@dataclass(frozen=True, slots=True)
class Whistle:
    """`level` is how many deadlines have taken effect (0, 1, 2): each is compared-and-set on it. `second` is the rule of
    the span after the first deadline; `second_by` its end once it runs. `sequence` is that of its last event, when the
    whistle has no case; else the case counts. `ladder` empty: it climbs to nobody. `entries`: the numbers of its lines in the timeline.
    `head`: the hash of its last entry, when it has no case. `matter`: the row of the catalogue that justifies it, None for
    what stands in none; `ground` is printed on it."""

    whistle_id: str
    case_id: str | None
    kind: str
    kind_name: str
    need: str
    place: Place
    meet: Meet
    blown_by: str
    blown_unit: str | None
    blown_at: datetime
    report_in_by: datetime
    ladder: tuple[EscalateTo, ...]
    second: Mapping[str, Any]
    calls: tuple[Call, ...]
    state: WhistleState = "open"
    level: int = 0
    second_by: datetime | None = None
    marks: tuple[Marks, ...] = ()
    version: int = 1
    sequence: int = 0
    entries: tuple[int, ...] = ()
    head: bytes = b""
    matter: str | None = None
    ground: str = ""
    nod: Nod | None = None
    paging: Paging | None = None

    @property
    def waiting(self) -> bool:
        """For the street's nod."""
        return self.nod is not None and self.nod.state == "waiting"

    @property
    def blown(self) -> bool:
        """Whether anybody was ever called by it."""
        return self.nod is None or self.nod.state == "given"

    @property
    def subject(self) -> str:
        """Whose timeline and whose key on the bus it stands under; what is locked before it."""
        return self.case_id or self.whistle_id

    def call(self, unit: str) -> Call | None:
        return next((call for call in self.calls if call.unit == unit), None)

    def with_call(self, changed: Call) -> "Whistle":
        return replace(self, calls=tuple(changed if call.unit == changed.unit else call for call in self.calls))

    @property
    def owed(self) -> tuple[Call, ...]:
        return tuple(call for call in self.calls if call.owed)

    @property
    def came(self) -> tuple[Call, ...]:
        """Of those who were called: volunteers who help make nothing met."""
        return tuple(call for call in self.calls if call.came and not call.helper)


@dataclass(frozen=True, slots=True)
class Happening:
    """One event to be: `unit` is whom the step is about, None for all that were called. `detail`: what the text of
    this kind of event needs besides."""

    name: str
    unit: str | None = None
    escalated_to: tuple[str, ...] = ()
    detail: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """The whistle after a step, and what is to be told of it in this order; nothing to tell: nothing changed."""

    whistle: Whistle
    happened: tuple[Happening, ...] = ()
