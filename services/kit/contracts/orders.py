"""Bodies of `duoge.orders`: what intake tells the house about a report. No name, no phone, no identity number."""

from typing import Any, Literal

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
    opens: str | None = Field(default=None, description="the id of the case that it begins, unless it is in one")
    recurs: str | None = Field(default=None, description="the case, closed a short while ago, that it brings back")
    person: str | None = Field(
        default=None,
        description="the same for orders of one caller in one case, of no use beside it; none: nobody can tell",
    )


class OrderJoined(OrderAccepted):
    """`case_id` may be of a case that is still to be opened: whichever of its orders comes first begins it."""

    case_id: str
    people: int | None = Field(default=None, description="how many different people have reported it by now")


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
    rework: bool = Field(default=False, description="重办, ordered by the source whatever the citizen says")


class OrderSplit(OrderAccepted):
    """`case_id` is the one that it leaves."""

    case_id: str
    people: int | None = Field(default=None, description="how many different people stay in the case that it leaves")


class OrderSimulated(OrderEvent):
    """Of a sandbox: what dispatch would tell of the order's case, had it been a real one."""

    case_id: str
    step: str = Field(description="name of the event of the case, as case.dispatched")
    data: dict[str, Any] = Field(description="body of that event")


class OrderReturned(OrderEvent):
    """`pending`: proposed to the source, which has not taken it back yet; until then the work goes on (首接负责)."""

    reason: str
    case_id: str | None = None
    proposal: str = ""
    pending: bool = False


class OrderReturnAnswered(OrderEvent):
    """The source took the order back, or did not agree: then the work goes on and no deadline has moved."""

    case_id: str | None = None
    note: str = ""


class OrderExcluded(OrderEvent):
    """剔除, approved. `whole_case`: all orders of its case are excluded on this ground."""

    case_id: str | None = None
    ground: str = Field(description="code of the profile's grounds for exclusion")
    reason: str
    whole_case: bool = False


class OrderHandedOver(OrderEvent):
    """A cry for police, fire or medical help, passed on; `attempt` counts the sendings until it is acknowledged."""

    handover_id: str
    service: str = Field(description="110, 119, 120")
    units: list[str] = Field(
        default_factory=list, description="who is told: the service's unit, once raised the desk too"
    )
    place: Place
    concern: str | None = None
    attempt: int = 1
    raised: bool = False


class OrderTold(OrderEvent):
    """The order's present state once more, for a source that has missed it."""

    case_id: str | None = None


class OrderErased(OrderEvent):
    """Whoever keeps words of this order blanks them. `cases`: all that it was ever in. `words`: at the person's own
    request; `order`: its time is over and the order itself is gone. `text` and all else of this event name nothing of
    what was erased."""

    depth: Literal["words", "order"]
    case_id: str | None = None
    cases: list[str] = Field(default_factory=list)
