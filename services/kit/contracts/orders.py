"""Bodies of `duoge.orders`: what intake tells the house about a report. No name, no phone, no identity number."""

from typing import Literal

from pydantic import Field

from services.kit.contracts.payload import Moment, Payload, Place

OrderStatus = Literal[
    "received",
    "accepted",
    "declined",
    "returned_to_source",
    "triage",
    "joined",
    "in_progress",
    "resolved",
    "closed",
    "reopened",
    "withdrawn",
]


class OrderEvent(Payload):
    order_id: str
    status: OrderStatus
    source: str
    external_id: str
    channel: str
    kind: str | None = None
    reported_at: Moment
    text: str = Field(description="one Chinese sentence for the timeline")
    callback_url: str | None = None
    sandbox: bool = False


class OrderDeclined(OrderEvent):
    reason: str


class OrderTriaged(OrderEvent):
    reason: str


class OrderAccepted(OrderEvent):
    """All that dispatch needs to open a case; words are masked."""

    title: str
    content: str
    concern: str
    sub_concern: str | None = None
    category: str | None = None
    confidence: float
    words: list[str] = Field(default_factory=list)
    emergency: bool = False
    place: Place
    fabric_version: int
    source_urgency: str | None = None
    source_due: Moment | None = None
    repeat_of: str | None = None
    supervised: bool = False
    anonymous: bool = False
    confidential: bool = False
    attachments: list[str] = Field(default_factory=list)


class OrderJoined(OrderAccepted):
    case_id: str


class OrderSupplemented(OrderEvent):
    content: str
    case_id: str | None = None


class OrderUrged(OrderEvent):
    case_id: str | None = None
    note: str = ""


class OrderWithdrawn(OrderEvent):
    case_id: str | None = None
    reason: str = ""


class OrderFeedback(OrderEvent):
    case_id: str | None = None
    resolved: bool
    satisfaction: Literal["satisfied", "fair", "dissatisfied"]
    comment: str = ""


class OrderSplit(OrderAccepted):
    case_id: str


class OrderReturned(OrderEvent):
    reason: str
    case_id: str | None = None
