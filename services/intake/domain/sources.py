"""What is agreed with a source: how its orders are written, how many it may send, where it hears of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from services.kit.clock import SHANGHAI

Span = Literal["minute", "day"]
SPANS: tuple[Span, ...] = ("minute", "day")
LENGTH: Mapping[Span, timedelta] = {"minute": timedelta(minutes=1), "day": timedelta(days=1)}
SAID: Mapping[Span, str] = {"minute": "每分钟", "day": "每天"}


@dataclass(frozen=True, slots=True)
class FieldRule:
    """Where one of our fields stands in their body: `path` is dotted or a JSON pointer; `values` theirs → ours;
    `format`: how they write a moment (strptime), Shanghai time where it names no zone."""

    path: str
    values: Mapping[str, Any] = field(default_factory=dict)
    format: str | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """`fields`: our field (`reporter.phone`) → where it stands. A `sandbox` source's orders touch no real unit."""

    source: str
    name: str = ""
    channel: str | None = None
    per_minute: int | None = None
    per_day: int | None = None
    fields: Mapping[str, FieldRule] = field(default_factory=dict)
    callback_url: str | None = None
    sandbox: bool = False
    version: int = 0

    @property
    def rewrites(self) -> bool:
        """Whether its bodies have to be looked at before they are read as ours."""
        return bool(self.fields or self.channel or self.callback_url)

    def quota(self, span: Span) -> int | None:
        return self.per_minute if span == "minute" else self.per_day


def began(span: Span, now: datetime) -> datetime:
    """The start of the minute or of the day (Shanghai's) that `now` is in."""
    local = now.astimezone(SHANGHAI).replace(second=0, microsecond=0)
    return local if span == "minute" else local.replace(hour=0, minute=0)
