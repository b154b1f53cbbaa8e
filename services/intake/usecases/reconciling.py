"""A source's list compared with ours, and the lists that are made every night."""

import hashlib
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from uuid import NAMESPACE_URL, uuid5

from services.fabric.calendar import SHANGHAI
from services.intake import metrics
from services.intake.domain.reconciling import Theirs, compare, span_of
from services.intake.repository import reconciling as repository
from services.intake.repository.reconciling import Reconciliation
from services.kit.db import Tx
from services.kit.timers import Timer, set_timers

KIND = "night"
KEPT = timedelta(days=90)
_AT = time(2)


async def reconcile(
    tx: Tx, source: str, day: date, theirs: Sequence[Theirs], now: datetime, by: str
) -> tuple[Reconciliation, bool]:
    """What differs now, and whether it is the day's first comparison. The same list again says what is left of it."""
    of_day = await repository.of_day(tx, source, *span_of(day))
    ours = {one.external_id: one for one in of_day}
    others = sorted({row.external_id for row in theirs} - ours.keys())
    named = {one.external_id: one for one in await repository.named(tx, source, others)} if others else {}
    differences = compare(ours | named, ours, theirs)
    fresh = await repository.keep(tx, source, day, of_day, _digest(theirs), len(theirs), differences, now, by)
    for difference in differences:
        metrics.DIFFERENCES.labels(difference.kind).inc()
    kept = await repository.one(tx, source, day)
    assert kept is not None
    return kept, fresh


async def make_lists(tx: Tx, due: datetime, now: datetime) -> None:
    """Of the day before `due`, for every source; older ones that nobody compared are raised, the oldest forgotten."""
    day = due.astimezone(SHANGHAI).date() - timedelta(days=1)
    await repository.make_lists(tx, day, *span_of(day), now)
    metrics.UNRECONCILED.set(await repository.raise_unanswered(tx, day))
    await repository.forget(tx, day - KEPT)
    await set_timers(tx, [night_after(due)])


def night_after(at: datetime) -> Timer:
    """The next two o'clock in the morning, as a timer that is the same whoever sets it."""
    local = at.astimezone(SHANGHAI)
    due = datetime.combine(local.date(), _AT, SHANGHAI)
    due = due if due > local else due + timedelta(days=1)
    key = f"night/{due.date().isoformat()}"
    return Timer(KIND, key, due, id=uuid5(NAMESPACE_URL, f"duoge:intake:{key}"))


def _digest(theirs: Sequence[Theirs]) -> bytes:
    told = hashlib.sha256()
    for row in theirs:
        told.update(repr((row.external_id, row.status, row.satisfaction)).encode())
    return told.digest()
