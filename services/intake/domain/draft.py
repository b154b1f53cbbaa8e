"""An order as its source put it, before anything has been decided about it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Reporter:
    """诉求人. Name and phone are never kept for an anonymous one; `confidential` hides that there is one."""

    name: str | None = None
    phone: str | None = None
    anonymous: bool = False
    confidential: bool = False


@dataclass(frozen=True, slots=True)
class GivenPosition:
    """Degrees in the datum `crs` (wgs84, gcj02, bd09 or cgcs2000), checked to be a position at all."""

    lon: float
    lat: float
    crs: str = "wgs84"


@dataclass(frozen=True, slots=True)
class Draft:
    """`concern` and `kind` are the source's own words for it; texts are unmasked. A `sandbox` order is judged and
    answered like any other and reaches no unit."""

    order_id: str
    source: str
    external_id: str
    channel: str
    content: str
    reported_at: datetime
    title: str | None = None
    position: GivenPosition | None = None
    address: str | None = None
    reporter: Reporter = Reporter()
    kind: str | None = None
    concern: str | None = None
    source_urgency: str | None = None
    source_due: datetime | None = None
    repeat_of: str | None = None
    supervised: bool = False
    attachments: tuple[Mapping[str, str], ...] = ()
    callback_url: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)
    sandbox: bool = False

    @property
    def text(self) -> str:
        """Title and content in one, for whatever reads the words."""
        return f"{self.title}\n{self.content}" if self.title else self.content
