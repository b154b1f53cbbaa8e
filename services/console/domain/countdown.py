"""How long a clock still has, in words."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from services.console.models import CaseRow, Clock

_RUNNING = ("running", "overdue")


def next_clock(clocks: Mapping[str, Clock]) -> Clock | None:
    """The one that falls due first among those that run; without any, one that stands."""
    running = [clock for clock in clocks.values() if clock.state in _RUNNING]
    if running:
        return min(running, key=lambda clock: clock.due)
    return next((clock for clock in clocks.values() if clock.state == "paused"), None)


def urgency(row: CaseRow) -> tuple[int, float]:
    """Sorts the most urgent first: red, yellow, green, the ended last; within that by what falls due first."""
    ended = row.closed_at is not None
    clock = next_clock(row.clocks)
    rank = 3 if ended else {"red": 0, "yellow": 1}.get(row.light, 2)
    if ended:
        return rank, -row.changed_at.timestamp()
    return rank, clock.due.timestamp() if clock else float("inf")


def remaining(due: datetime, now: datetime) -> str:
    """`还剩 2 小时 10 分`, `已超 35 分`; days once it is more than one."""
    left = due - now
    return f"还剩 {span(left)}" if left >= timedelta(0) else f"已超 {span(-left)}"


def span(length: timedelta) -> str:
    minutes = int(length.total_seconds() // 60)
    days, hours, rest = minutes // 1440, minutes // 60 % 24, minutes % 60
    if days:
        return f"{days} 天 {hours} 小时" if hours else f"{days} 天"
    if hours:
        return f"{hours} 小时 {rest} 分" if rest else f"{hours} 小时"
    return f"{rest} 分" if minutes else "不到 1 分"
