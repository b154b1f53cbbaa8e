"""Time limits of a case."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from services.fabric.spans import Span
from services.kit.contracts.cases import ClockState

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
