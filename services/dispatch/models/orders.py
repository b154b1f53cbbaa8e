"""工单 in a case, and who reported them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal


@dataclass(frozen=True, slots=True)
class OrderLink:
    """An order in a case, with what callbacks and figures need. `live` until it is withdrawn, returned or moved.
    `person`: the same for orders of one caller in this case, and of no use elsewhere. `tried_at`: calls that reached
    nobody in the case's `tried_round`; the verdict, or the call that got none, is of its `round`."""

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
