"""What events of a case tell of its follow-up: meetings and what they decided, orders to put something right."""

from typing import Literal

from pydantic import Field

from services.kit.contracts.payload import Moment, Payload


class MeetingView(Payload):
    """会商 and what it decided."""

    kind: Literal["street", "study"]
    held_at: Moment
    units: list[str]
    decision: str
    owner: str = Field(description="the unit that does it")
    due: Moment


class RectificationView(Payload):
    """整改通知 to a shop or a site, as it is after the step."""

    number: str
    subject: str
    shop_code: str | None = None
    unit: str | None = Field(default=None, description="who ordered it and looks whether it was done")
    state: Literal["ordered", "passed", "handed_over", "void"]
    due: Moment
    overdue: bool = False
    failed: int = 0
    enforcement: str | None = None
