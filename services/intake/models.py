"""The rows of intake."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from services.intake.domain.classify import Classified
from services.intake.domain.following import Step
from services.intake.domain.lifecycle import standing
from services.intake.domain.locate import Located

SourceId = tuple[str, str]
"""Source and its own id of an order: what an order is known again by."""


@dataclass(frozen=True, slots=True)
class Details:
    """What the source said of its order, besides its words; nothing personal. As JSON in one column."""

    source_urgency: str | None = None
    source_due: datetime | None = None
    repeat_of: str | None = None
    supervised: bool = False
    anonymous: bool = False
    confidential: bool = False
    concern_given: str | None = None
    attachments: tuple[Mapping[str, str], ...] = ()
    sandbox: bool = False

    def as_json(self) -> dict[str, Any]:
        return {
            "source_urgency": self.source_urgency,
            "source_due": self.source_due.isoformat() if self.source_due else None,
            "repeat_of": self.repeat_of,
            "supervised": self.supervised,
            "anonymous": self.anonymous,
            "confidential": self.confidential,
            "concern_given": self.concern_given,
            "attachments": [dict(attachment) for attachment in self.attachments],
            **({"sandbox": True} if self.sandbox else {}),
        }


def details_from(data: dict[str, Any]) -> Details:
    due = data["source_due"]
    return Details(
        source_urgency=data["source_urgency"],
        source_due=datetime.fromisoformat(due) if due else None,
        repeat_of=data["repeat_of"],
        supervised=data["supervised"],
        anonymous=data["anonymous"],
        confidential=data["confidential"],
        concern_given=data["concern_given"],
        attachments=tuple(data["attachments"]),
        sandbox=data.get("sandbox", False),
    )


@dataclass(frozen=True, slots=True)
class Order:
    """工单. Texts are masked; `version` is the ETag, `sequence` the number of its last event on the bus. `steps` are
    the lines of progress not yet stored. `under`: its status once more should the source not take it back. `caller`: the
    blind index of who reported it, where it was read; it stays in the house."""

    order_id: str
    source: str
    external_id: str
    status: str
    channel: str
    kind: str | None
    title: str
    content: str
    address: str | None
    reported_at: datetime
    received_at: datetime
    changed_at: datetime
    reason: str | None = None
    said: str | None = None
    located: Located | None = None
    classified: Classified | None = None
    details: Details = Details()
    callback_url: str | None = None
    case_id: str | None = None
    left_cases: tuple[str, ...] = ()
    satisfaction: str | None = None
    under: str | None = None
    version: int = 1
    sequence: int = 0
    recurs: str | None = None
    opens: str | None = None
    steps: tuple[Step, ...] = field(default=())
    caller: bytes | None = field(default=None, compare=False, repr=False)

    @property
    def standing(self) -> str:
        """What is allowed goes by this; see `lifecycle`."""
        return standing(self.status, self.reason, self.under)


@dataclass(frozen=True, slots=True)
class SealedParts:
    """The unmasked words of an order, and who reported it: stored beside it, never in an event or a list."""

    content: bytes
    person: bytes | None
    phone_index: bytes | None
    key_id: str


@dataclass(frozen=True, slots=True)
class Claim:
    """A new order with what it takes to know it again."""

    order: Order
    sealed: SealedParts
    fingerprint: bytes


@dataclass(frozen=True, slots=True)
class Remembered:
    """What idempotency keeps of an id: `order` is None when the order itself was deleted in the meantime."""

    order_id: str
    fingerprint: bytes
    order: Order | None


@dataclass(frozen=True, slots=True)
class Entry:
    """Who did what to an order: the audit trail. `note` is masked, `sealed_note` holds the words as they were. Without an
    order: what was asked about a `person`, who stands there as a blind index."""

    order_id: str | None
    at: datetime
    action: str
    by_key: str
    by_name: str
    by_role: str
    note: str = ""
    sealed_note: bytes | None = None
    key_id: str | None = None
    person: bytes | None = None
