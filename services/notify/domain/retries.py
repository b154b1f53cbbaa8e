"""What to do after an attempt: a table of answers and a table of delays."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Literal

Course = Literal["delivered", "retry", "refused", "gone"]
Ending = Literal["pending", "delivered", "failed", "cancelled"]

DELAYS = (
    *(timedelta(seconds=5), timedelta(seconds=30)),
    *(timedelta(minutes=2), timedelta(minutes=10), timedelta(minutes=30)),
    *(timedelta(hours=hours) for hours in (1, 2, 5, 10, 14, 20, 24)),
)
REFUSED_TRIES = 5
LONGEST = DELAYS[-1]
JITTER = 0.1

# 400, 413, 415 and 422 are about this very body, which stays as it is. Everything else by its hundred: a gateway, a login
# or a path that is set wrong (3xx, 401, 403, 404) is put right in a day or two, as what breaks (5xx) is.
BY_STATUS: Mapping[int, Course] = {400: "refused", 410: "gone", 413: "refused", 415: "refused", 422: "refused"}
BY_HUNDRED: Mapping[int, Course] = {2: "delivered", 3: "retry", 4: "retry", 5: "retry"}
TRIES: Mapping[Course, int] = {"retry": len(DELAYS) + 1, "refused": REFUSED_TRIES}


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a call. `status` None: no answer, or none in time; the receiver may have got it and will know the
    double by its `webhook-id`. `refused`: we would not call such an address. `after`: the `Retry-After` header. `said`: the beginning of
    the body of a 2xx. `hopeless`: trying again by itself would not help."""

    status: int | None = None
    error: str | None = None
    refused: bool = False
    after: str | None = None
    said: bytes = b""
    hopeless: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """`again_at` only with `pending`; `gone`: this receiver wants nothing more."""

    state: Ending
    again_at: datetime | None = None
    gone: bool = False


def course(answer: Answer) -> Course:
    if answer.refused:
        return "refused"
    if answer.status is None:
        return "retry"
    return BY_STATUS.get(answer.status) or BY_HUNDRED.get(answer.status // 100, "refused")


def judge(answer: Answer, attempts: int, now: datetime, dice: float, most: int = len(DELAYS) + 1) -> Verdict:
    """`attempts` counts the one just made, of `most`; `dice` in [0, 1) spreads those that failed together."""
    took = course(answer)
    if took == "delivered":
        return Verdict("delivered")
    if took == "gone":
        return Verdict("failed", gone=True)
    if answer.hopeless or attempts >= min(TRIES[took], most):
        return Verdict("failed")
    delay = DELAYS[min(attempts, len(DELAYS)) - 1] * (1 - JITTER + 2 * JITTER * dice)
    return Verdict("pending", now + max(delay, asked_wait(answer.after, now)))


def asked_wait(after: str | None, now: datetime) -> timedelta:
    """`Retry-After` (RFC 9110, 10.2.3) in seconds or as a date; zero when absent or unreadable, a day at most."""
    if after is None:
        return timedelta(0)
    try:
        wait = timedelta(seconds=int(after)) if after.strip().isdecimal() else parsedate_to_datetime(after) - now
    except (ValueError, TypeError, OverflowError):
        return timedelta(0)
    return min(max(wait, timedelta(0)), LONGEST)
