"""Deadlines as rows: set in the transaction that opens them, fired once when due, cancelled by compare-and-set."""

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import text

from services.kit import failpoints
from services.kit.clock import Clock
from services.kit.db import Database, Tx
from services.kit.faults import is_deadlock, is_infrastructure, is_lock_timeout
from services.kit.ids import uuid7
from services.kit.metrics import SWEEP_LAG, SWEPT, TIMERS_PARKED
from services.kit.worker import Worker

log = structlog.get_logger()
LIMIT = 500
ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class Timer:
    """`key` is the aggregate that is locked before the timer may fire; `payload` is what firing needs to know."""

    kind: str
    key: str
    due_at: datetime
    payload: Mapping[str, Any] = field(default_factory=dict)
    id: UUID = field(default_factory=uuid7)


_SET = text(
    """INSERT INTO timer (id, kind, key, due_at, payload)
       SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:kinds AS text[]), CAST(:keys AS text[]),
                            CAST(:dues AS timestamptz[]), CAST(:payloads AS jsonb[]))
       ON CONFLICT (id) DO NOTHING"""
)
_CANCEL = text(
    """UPDATE timer SET state = 'cancelled'
       WHERE key = ANY(CAST(:keys AS text[])) AND state = 'pending'
         AND (CAST(:kinds AS text[]) IS NULL OR kind = ANY(CAST(:kinds AS text[])))"""
)
_DUE = text("SELECT id, key FROM timer WHERE state = 'pending' AND due_at <= :now ORDER BY due_at, id LIMIT :limit")
_FIRE = text(
    """UPDATE timer SET state = 'fired', fired_at = :now
       WHERE id = ANY(CAST(:ids AS uuid[])) AND state = 'pending' AND due_at <= :now
       RETURNING id, kind, key, due_at, payload"""
)
_FAILED = text(
    """UPDATE timer SET attempts = attempts + 1, state = CASE WHEN attempts + 1 >= :most THEN 'parked' ELSE state END
       WHERE id = :id AND state = 'pending' RETURNING state"""
)
_COUNT_PARKED = text("SELECT count(*) FROM timer WHERE state = 'parked'")
_UNPARK = text(
    """UPDATE timer SET state = 'pending', attempts = 0
       WHERE state = 'parked' AND (CAST(:key AS text) IS NULL OR key = :key)"""
)
_PATIENCE = text("SELECT set_config('lock_timeout', :patience, true)")
_NEXT = text("SELECT min(due_at) FROM timer WHERE state = 'pending'")


async def set_timers(tx: Tx, timers: Sequence[Timer]) -> None:
    if timers:
        await tx.execute(
            _SET,
            {
                "ids": [timer.id for timer in timers],
                "kinds": [timer.kind for timer in timers],
                "keys": [timer.key for timer in timers],
                "dues": [timer.due_at for timer in timers],
                "payloads": [json.dumps(dict(timer.payload), ensure_ascii=False) for timer in timers],
            },
        )


async def cancel(tx: Tx, keys: Sequence[str], kinds: Sequence[str] | None = None) -> None:
    """The aggregate must be locked: then a timer is either still pending here or has already taken effect."""
    await tx.execute(_CANCEL, {"keys": list(keys), "kinds": None if kinds is None else list(kinds)})


async def next_due(tx: Tx) -> datetime | None:
    found: datetime | None = (await tx.execute(_NEXT)).scalar_one()
    return found


async def unpark(tx: Tx, key: str | None = None) -> int:
    """Gives parked timers (of one aggregate, or all) their attempts again; returns how many."""
    return (await tx.execute(_UNPARK, {"key": key})).rowcount


Lock = Callable[[Tx, Sequence[str]], Awaitable[object]]
Fire = Callable[[Tx, list[Timer], datetime], Awaitable[None]]


def by_kind(fires: Mapping[str, Fire]) -> Fire:
    """Timers to whoever knows their kind, one batch a kind, the kinds in the order of their most overdue timer."""

    async def fire(tx: Tx, timers: list[Timer], now: datetime) -> None:
        batches: dict[str, list[Timer]] = {}
        for timer in timers:
            batches.setdefault(timer.kind, []).append(timer)
        for kind, batch in batches.items():
            await fires[kind](tx, batch, now)

    return fire


class Sweeper(Worker):
    """Fires what is due, most overdue first: aggregates locked in sorted order, then timers compared-and-set, then `fire`.

    A timer that fails is found by halving, tried ATTEMPTS rounds and then parked with an alarm; the rest go on. One
    whose aggregate is held by somebody else for long is found in the same way and left for a later round.
    """

    # Shorter than elsewhere: one aggregate that somebody holds must not keep the other timers waiting.
    patience = timedelta(seconds=3)

    def __init__(
        self,
        service: str,
        db: Database,
        clock: Clock,
        lock: Lock,
        fire: Fire,
        every: timedelta = timedelta(milliseconds=500),
    ) -> None:
        super().__init__(f"{service}.sweeper", every)
        self._db = db
        self._clock = clock
        self._lock = lock
        self._fire = fire

    async def open(self) -> None:
        async with self._db.reading() as tx:
            TIMERS_PARKED.labels(self.name).set((await tx.execute(_COUNT_PARKED)).scalar_one())

    async def turn(self) -> bool:
        now = self._clock.now()
        async with self._db.reading() as tx:
            due = [(row.id, row.key) for row in (await tx.execute(_DUE, {"now": now, "limit": LIMIT})).all()]
        if not due:
            SWEEP_LAG.labels(self.name).set(0)
            return False
        fired = await self._sweep(due, now)
        # A whole batch of which nothing fired is no reason to hurry.
        return fired > 0 and len(due) == LIMIT

    async def idle(self) -> bool:
        async with self._db.reading() as tx:
            return not (await tx.execute(_DUE, {"now": self._clock.now(), "limit": 1})).all()

    async def next_due(self) -> datetime | None:
        async with self._db.reading() as tx:
            return await next_due(tx)

    async def _sweep(self, due: list[tuple[UUID, str]], now: datetime) -> int:
        """How many fired."""
        try:
            timers = await self._fire_together(due, now)
        except Exception as error:
            held = is_lock_timeout(error)
            if is_infrastructure(error) and not held and not is_deadlock(error):
                raise
            if len(due) > 1:
                middle = len(due) // 2
                return await self._sweep(due[:middle], now) + await self._sweep(due[middle:], now)
            if held:
                log.info("sweeper.aggregate_held", sweeper=self.name, timer=str(due[0][0]))
            elif not is_deadlock(error):
                await self._failed(due[0][0], error)
            return 0
        if timers:
            SWEEP_LAG.labels(self.name).set((now - timers[0].due_at).total_seconds())
            for timer in timers:
                SWEPT.labels(self.name, timer.kind).inc()
        failpoints.reach("sweeper.fired")
        return len(timers)

    async def _fire_together(self, due: list[tuple[UUID, str]], now: datetime) -> list[Timer]:
        async with self._db.transaction() as tx:
            await tx.execute(_PATIENCE, {"patience": f"{self.patience / timedelta(milliseconds=1):.0f}ms"})
            await self._lock(tx, sorted({key for _, key in due}))
            failpoints.reach("sweeper.locked")
            timers = await self._claim(tx, [identifier for identifier, _ in due], now)
            if timers:
                await self._fire(tx, timers, now)
            failpoints.reach("sweeper.before_commit")
        return timers

    async def _claim(self, tx: Tx, ids: list[UUID], now: datetime) -> list[Timer]:
        rows = (await tx.execute(_FIRE, {"ids": ids, "now": now})).all()
        fired = [Timer(row.kind, row.key, row.due_at, row.payload, row.id) for row in rows]
        return sorted(fired, key=lambda timer: (timer.due_at, timer.id))

    async def _failed(self, identifier: UUID, error: Exception) -> None:
        log.error("sweeper.failed", sweeper=self.name, timer=str(identifier), error=repr(error))
        async with self._db.transaction() as tx:
            row = (await tx.execute(_FAILED, {"id": identifier, "most": ATTEMPTS})).one_or_none()
        if row is not None and row.state == "parked":
            TIMERS_PARKED.labels(self.name).inc()
