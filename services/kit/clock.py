"""Business time. The only place that reads the machine's clock; everything else takes a Clock."""

from datetime import UTC, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")


class Clock(Protocol):
    def now(self) -> datetime:
        """Aware, in UTC."""
        ...


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


class ShiftedClock:
    """Runs at the machine's pace, `offset` away from it; never moved backwards by `move_to`."""

    def __init__(self, offset: timedelta = timedelta(0)) -> None:
        self.offset = offset

    def now(self) -> datetime:
        return datetime.now(UTC) + self.offset

    def move_to(self, at: datetime) -> None:
        self.offset = max(self.offset, at - datetime.now(UTC))


class PacedClock:
    """Starts at `start` and runs `rate` times as fast as the machine until `until`, then at the machine's pace; never moved
    backwards by `move_to`."""

    def __init__(self, start: datetime, rate: float, until: datetime) -> None:
        self._start = start
        self._rate = rate
        self._until = until
        self._since = datetime.now(UTC)

    def now(self) -> datetime:
        passed = datetime.now(UTC) - self._since
        fast = max((self._until - self._start) / self._rate, timedelta(0))
        return self._start + min(passed, fast) * self._rate + max(passed - fast, timedelta(0))

    def move_to(self, at: datetime) -> None:
        if at > self.now():
            self._start, self._since = at, datetime.now(UTC)


class FrozenClock:
    """Stands still until told: for tests and for playing a day through."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    def move_to(self, at: datetime) -> None:
        self.at = max(self.at, at)

    def advance(self, by: timedelta) -> None:
        self.at += by


def real_now() -> datetime:
    """For leases, heartbeats, signatures and rate limits, which never follow a moved clock."""
    return datetime.now(UTC)


def local(at: datetime) -> str:
    """`11月23日 08:15`, in Shanghai: how a time stands in a sentence for people."""
    here = at.astimezone(SHANGHAI)
    return f"{here.month}月{here.day}日 {here:%H:%M}"
