"""The rows of notify."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from services.kit.bus.port import Message
from services.notify.domain.filters import Filter

DeliveryState = Literal["pending", "sending", "delivered", "failed", "cancelled"]
DeliveryKind = Literal["webhook", "callback", "sms", "wecom", "email"]


@dataclass(frozen=True, slots=True)
class Told:
    """A message that these units get, and the same as JSON for their feeds: a CloudEvent, masked."""

    message: Message
    event: str
    units: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Subscription:
    """`sealed_secret` None: the secret is derived from the master secret and the id."""

    id: str
    unit: str
    kind: str
    target: str
    filter: Filter
    created_at: datetime
    created_by: str
    sealed_secret: bytes | None = None
    state: str = "active"


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A delivery to be made. `receiver` is a subscription's id, the order's for a callback to its `source`, or
    `whistle/round/person` for a page, whose number stands nowhere in it; deliveries of one receiver and one subject go out one after the other."""

    id: str
    kind: DeliveryKind
    receiver: str
    subject: str
    target: str
    event_id: str
    name: str
    event: str
    unit: str | None = None
    source: str | None = None

    @property
    def message_id(self) -> str:
        """`webhook-id`: the same over all tries, another for each receiver of the same event."""
        return f"{self.event_id}_{self.receiver}"


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """A delivery as it stands. `next_at`: when it is tried again (real time); None for one that is over or waits for
    another of its case."""

    id: str
    position: int
    kind: DeliveryKind
    receiver: str
    subject: str
    unit: str | None
    source: str | None
    target: str
    event_id: str
    name: str
    state: DeliveryState
    attempts: int
    status: int | None
    error: str | None
    created_at: datetime
    finished_at: datetime | None
    next_at: datetime | None
