"""How the editions of one thing follow each other: what is told replaces what was from its start on, and the past stays."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any, ClassVar, Protocol, TypeVar

MOST_ENDED = 20
_ALWAYS = datetime.min.replace(tzinfo=UTC)
_FOREVER = datetime.max.replace(tzinfo=UTC)


class Dated(Protocol):
    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def valid_from(self) -> datetime | None: ...

    @property
    def valid_to(self) -> datetime | None: ...

    def in_force(self, at: datetime) -> bool: ...


E = TypeVar("E", bound=Dated)


def succeeded(
    had: Sequence[E], told: Sequence[E], now: datetime, alike: Callable[[E, E], bool], kept_for: timedelta
) -> tuple[E, ...]:
    """What becomes of the editions `had` when those `told` come in. One without a start begins now, unless it is the first
    ever, or `alike` one in force: that one is corrected in its place, and ends when it was to end. What is planned for
    after the last end that is told stays planned."""
    new = [_placed(had, edition, now, alike) for edition in told]
    first, last = min(map(since, new)), max(map(until, new))
    later = [edition for edition in had if since(edition) >= last]
    return _pruned(sorted([*ended_at(had, first), *new, *later], key=since), now, kept_for)


def ended_at(had: Iterable[E], end: datetime) -> tuple[E, ...]:
    """What was in force before `end`, ended there at the latest."""
    return tuple(e if until(e) <= end else replace(e, valid_to=end) for e in had if since(e) < end)


def overlapping(editions: Iterable[E]) -> bool:
    in_order = sorted(editions, key=since)
    return any(until(one) > since(other) for one, other in pairwise(in_order))


def at(editions: Iterable[E], moment: datetime) -> E | None:
    return next((edition for edition in editions if edition.in_force(moment)), None)


def since(edition: Dated) -> datetime:
    return edition.valid_from or _ALWAYS


def until(edition: Dated) -> datetime:
    return edition.valid_to or _FOREVER


def _placed(had: Sequence[E], edition: E, now: datetime, alike: Callable[[E, E], bool]) -> E:
    begins = edition.valid_from is not None
    for twin in had:
        same_time = twin.valid_from == edition.valid_from if begins else twin.in_force(now)
        if same_time and until(edition) > since(twin) and alike(twin, edition):
            return replace(edition, valid_from=twin.valid_from, valid_to=edition.valid_to or twin.valid_to)
    if begins or not had or until(edition) <= now:
        return edition
    return replace(edition, valid_from=now)


def _pruned(editions: Sequence[E], now: datetime, kept_for: timedelta) -> tuple[E, ...]:
    """All editions travel in one message: of those that have ended the latest only, and not for ever."""
    ended = [edition for edition in editions if until(edition) <= now]
    kept = {id(edition) for edition in ended[-MOST_ENDED:] if until(edition) > now - kept_for}
    return tuple(edition for edition in editions if until(edition) > now or id(edition) in kept)
