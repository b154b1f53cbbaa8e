"""What is agreed with every source, in memory: the hot path asks no database.

Other processes hear of a change within EVERY; the process that made it knows at once. Quotas are counted here and
added up in the database as often, so several processes together let through at most what came in within EVERY more.
"""

from collections import Counter
from dataclasses import replace
from datetime import timedelta

from services.intake.domain.draft import Draft
from services.intake.domain.sources import LENGTH, SAID, SPANS, Source, Span, began
from services.intake.repository import sources as repository
from services.intake.repository.sources import Used
from services.kit.clock import Clock
from services.kit.db import Database
from services.kit.problems import TooMany
from services.kit.worker import Worker

EVERY = timedelta(seconds=2)
KEPT = timedelta(days=3)


class SourceBook(Worker):
    """Must be `ready` before the first order is read: an order of a sandbox must never be taken for a real one."""

    def __init__(self, db: Database, clock: Clock) -> None:
        super().__init__("intake.sources", EVERY)
        self._db = db
        self._clock = clock
        self._known: dict[str, Source] | None = None
        self._elsewhere: dict[Used, int] = {}
        self._here: Counter[Used] = Counter()
        self._told: Counter[Used] = Counter()

    async def ready(self) -> None:
        if self._known is None:
            await self.refresh()

    def of(self, source: str) -> Source:
        """One with whom nothing is agreed has neither quota nor map."""
        assert self._known is not None
        return self._known.get(source) or Source(source)

    def marked(self, draft: Draft) -> Draft:
        return replace(draft, sandbox=True) if self.of(draft.source).sandbox else draft

    async def refresh(self) -> None:
        now = self._clock.now()
        async with self._db.reading() as tx:
            known = await repository.everyone(tx)
            used = await repository.used(tx, began("minute", now), began("day", now))
        # What this process has added itself is in the sum, and counted here already.
        self._elsewhere = {key: taken - self._told[key] for key, taken in used.items()}
        self._known = known

    async def refused(self, source: str) -> TooMany | None:
        """Counts one order, if the source may still send one."""
        await self.ready()
        agreed = self.of(source)
        return None if self.granted(agreed, 1) else self.refusal(agreed)

    def granted(self, source: Source, wanted: int) -> int:
        """How many of `wanted` orders the source may still send; they count as sent."""
        now = self._clock.now()
        spans = [span for span in SPANS if source.quota(span) is not None]
        granted = min([wanted, *(max(0, self._left(source, span)) for span in spans)])
        for span in spans:
            self._here[source.source, span, began(span, now)] += granted
        return granted

    def refusal(self, source: Source) -> TooMany:
        """For what was not granted: the span that is used up, and when the next begins."""
        now = self._clock.now()
        over = [span for span in SPANS if source.quota(span) is not None and self._left(source, span) <= 0]
        span = over[-1] if over else "minute"
        wait = max(1, round((began(span, now) + LENGTH[span] - now).total_seconds()))
        most = source.quota(span)
        return TooMany(
            f"来源 {source.source} {SAID[span]}最多 {most} 张工单，已经用完；请 {wait} 秒后再发，或请管理员调高配额",
            headers={"Retry-After": str(wait)},
        )

    def _left(self, source: Source, span: Span) -> int:
        key = (source.source, span, began(span, self._clock.now()))
        return (source.quota(span) or 0) - self._here[key] - self._elsewhere.get(key, 0)

    async def open(self) -> None:
        await self.refresh()

    async def turn(self) -> bool:
        await self._tell()
        await self.refresh()
        return False

    async def close(self) -> None:
        await self._tell()

    async def _tell(self) -> None:
        """Adds to the database what was granted here since the last time."""
        new = {key: taken - self._told[key] for key, taken in self._here.items() if taken > self._told[key]}
        if not new:
            return
        now = self._clock.now()
        async with self._db.transaction() as tx:
            await repository.take(tx, new)
            await repository.forget(tx, now - KEPT)
        self._told.update(new)
        old = [key for key in self._here if key[2] < now - KEPT]
        for key in old:
            del self._here[key], self._told[key]
