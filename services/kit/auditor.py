"""What must always hold, looked at every few minutes: a table of rules, and a gauge for each that dies when it is broken.

A rule's look says what is wrong at this very moment. What is still wrong after the rule's leeway, in real time, is a
finding: whatever a moved business clock makes due at once has as long as anything else to be done.
"""

import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import text

from services.kit.clock import Clock, real_now
from services.kit.db import Database, Tx
from services.kit.faults import is_infrastructure
from services.kit.metrics import AUDIT_HOLDS, AUDIT_ROUND
from services.kit.worker import Worker

log = structlog.get_logger()
MOST = 100
"""Findings of a rule that are kept; one is enough to look into it."""
EVERY = timedelta(minutes=2)
_PATIENCE = text("SET LOCAL statement_timeout = '20s'")
_SNAPSHOT = text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")


@dataclass(frozen=True, slots=True)
class Finding:
    """`about`: the id of what is wrong, the same in every round; `said`: one Chinese sentence."""

    about: str
    said: str


Look = Callable[[Tx, datetime], Awaitable[Sequence[Finding]]]
"""What is wrong now, by business time; at most MOST, the oldest first."""


@dataclass(frozen=True, slots=True)
class Rule:
    """`sentence` is what must hold."""

    name: str
    sentence: str
    look: Look
    leeway: timedelta


@dataclass(frozen=True, slots=True)
class Held:
    """A rule after its last round; `found` have lasted longer than its leeway."""

    rule: Rule
    looked_at: datetime | None = None
    found: tuple[tuple[Finding, datetime], ...] = ()

    @property
    def holds(self) -> bool:
        return not self.found


class Auditor(Worker):
    """Each process audits for itself. A look that fails of its own fault counts as broken: nobody knows then."""

    stuck_after = 900.0

    def __init__(
        self, service: str, db: Database, clock: Clock, rules: Sequence[Rule], every: timedelta = EVERY
    ) -> None:
        super().__init__(f"{service}.auditor", min(every, timedelta(seconds=5)))
        self._service, self._db, self._clock = service, db, clock
        self._pause = every.total_seconds()
        self._at = time.monotonic() + self._pause
        self._suspects: dict[str, dict[str, tuple[float, datetime]]] = {}
        self.held: dict[str, Held] = {rule.name: Held(rule) for rule in rules}
        for name in self.held:
            AUDIT_HOLDS.labels(service, name).set(1)

    async def turn(self) -> bool:
        if time.monotonic() >= self._at:
            await self.round(time.monotonic())
            self._at = time.monotonic() + self._pause
        return False

    async def round(self, at: float) -> None:
        """`at`: seconds of a clock that only goes forward."""
        for held in list(self.held.values()):
            await self._look(held.rule, at)
        AUDIT_ROUND.labels(self._service).set(real_now().timestamp())

    async def _look(self, rule: Rule, at: float) -> None:
        try:
            async with self._db.reading() as tx:
                await tx.execute(_SNAPSHOT)
                await tx.execute(_PATIENCE)
                seen = list(await rule.look(tx, self._clock.now()))[:MOST]
        except Exception as error:
            if is_infrastructure(error):
                raise
            log.exception("auditor.look_failed", auditor=self.name, rule=rule.name)
            seen = [Finding(rule.name, f"没有查成（{type(error).__name__}），请看日志")]
        suspects = self._suspects.get(rule.name, {})
        now = real_now()
        suspects = {one.about: suspects.get(one.about, (at, now)) for one in seen}
        self._suspects[rule.name] = suspects
        leeway = rule.leeway.total_seconds()
        found = tuple((one, suspects[one.about][1]) for one in seen if at - suspects[one.about][0] >= leeway)
        was = self.held[rule.name].holds
        self.held[rule.name] = Held(rule, now, found)
        AUDIT_HOLDS.labels(self._service, rule.name).set(0 if found else 1)
        if found and was:
            log.warning("auditor.broken", auditor=self.name, rule=rule.name, about=[one.about for one, _ in found[:10]])


_OUTBOX = text(
    """SELECT seq, array_to_string(coalesce(remaining, topics), '、') AS topics, key FROM outbox
       WHERE published_at IS NULL ORDER BY seq LIMIT :most"""
)
_TIMERS = text(
    """SELECT id, kind, key, due_at FROM timer WHERE state = 'pending' AND due_at <= :now
       ORDER BY due_at, id LIMIT :most"""
)
_TIMERS_PARKED = text("SELECT id, kind, key FROM timer WHERE state = 'parked' ORDER BY due_at LIMIT :most")
_PARKED = text(
    """SELECT consumer, topic, key, count(*) AS waiting FROM parked
       GROUP BY consumer, topic, key ORDER BY min(id) LIMIT :most"""
)


async def _outbox_young(tx: Tx, now: datetime) -> list[Finding]:
    rows = await tx.execute(_OUTBOX, {"most": MOST})
    return [Finding(str(row.seq), f"{row.topics} 的 {row.key} 还没有发出去") for row in rows.all()]


async def _timers_fired(tx: Tx, now: datetime) -> list[Finding]:
    rows = await tx.execute(_TIMERS, {"now": now, "most": MOST})
    return [Finding(str(row.id), f"{row.key} 的 {row.kind} 到期没有触发") for row in rows.all()]


async def _timers_going(tx: Tx, now: datetime) -> list[Finding]:
    rows = await tx.execute(_TIMERS_PARKED, {"most": MOST})
    return [Finding(str(row.id), f"{row.key} 的 {row.kind} 反复失败，停下了") for row in rows.all()]


async def _few_parked(tx: Tx, now: datetime) -> list[Finding]:
    rows = await tx.execute(_PARKED, {"most": MOST})
    return [
        Finding(f"{row.topic}/{row.key}", f"{row.topic} 的 {row.key} 停放着 {row.waiting} 个事件") for row in rows.all()
    ]


RULES: tuple[Rule, ...] = (
    Rule("outbox_young", "写下的事件一分钟内发出去", _outbox_young, timedelta(minutes=1)),
    Rule("timers_fired", "到期的时限一分钟内触发", _timers_fired, timedelta(minutes=1)),
    Rule("timers_going", "没有反复失败而停下的时限", _timers_going, timedelta(0)),
    Rule("none_parked", "没有停放五分钟以上的事件", _few_parked, timedelta(minutes=5)),
)
"""What holds for every service by the kernel's own tables."""
