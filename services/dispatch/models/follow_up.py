"""What a case keeps of its follow-up (跟踪问效): 限期整改 and 会商. Times are aware."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

MeetingKind = Literal["street", "study"]
RectifyState = Literal["ordered", "passed", "handed_over", "void"]


@dataclass(frozen=True, slots=True)
class Meeting:
    """会商: `street`, of a matter whose citizens were not content again; `study` (会诊) of a hard one. `units` sat in it;
    `owner` does what it decided by `due`; `round` is the case's when it met."""

    kind: MeetingKind
    held_at: datetime
    round: int
    units: tuple[str, ...]
    decision: str
    owner: str
    due: datetime


@dataclass(frozen=True, slots=True)
class Rectification:
    """整改通知 `place` of its case: what a shop or a site (`subject`, never a person) was ordered to put right by `due`.
    `unit` ordered it and looks whether it was done. `overdue`: nobody has looked by then. `failed`: how often it was not
    done; `enforcement`: to whom it was handed over (移交执法); `void`: the case was withdrawn."""

    number: str
    place: int
    subject: str
    shop_code: str | None
    orders: str
    unit: str | None
    ordered_at: datetime
    due: datetime
    yellow_at: datetime | None = None
    state: RectifyState = "ordered"
    warned: bool = False
    overdue: bool = False
    failed: int = 0
    checked_at: datetime | None = None
    found: str = ""
    enforcement: str | None = None
