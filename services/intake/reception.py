"""Orders that arrive at the same moment are judged, stored and committed together: each costs its words, not a commit.

Nobody waits for company: an order that comes alone goes at once, and those that come while it is being committed go
together after it.
"""

import asyncio
from collections.abc import Sequence
from contextvars import Context
from dataclasses import dataclass, field, replace
from typing import Protocol

from services.fabric.snapshot import Fabric
from services.intake.domain.draft import Draft
from services.intake.learner import Learner
from services.intake.sealing import Sealer
from services.intake.usecases import receiving
from services.intake.usecases.receiving import Prepared, Received
from services.kit.clock import Clock
from services.kit.copies import Copy
from services.kit.db import Database, after_commit
from services.kit.faults import is_infrastructure
from services.kit.outbox import Outbox
from services.kit.problems import Problem
from services.kit.tracing import current_trace
from services.kit.worker import Worker

TOGETHER = 64


@dataclass(frozen=True, slots=True)
class Arrival:
    """A draft with the fingerprint of its body and the trace that it came in."""

    draft: Draft
    fingerprint: bytes
    trace: str | None = field(default_factory=current_trace)


@dataclass(frozen=True, slots=True)
class _Waiting:
    arrival: Arrival
    answer: "asyncio.Future[Received | Problem]"


class Agreements(Protocol):
    """What is agreed with the sources, as far as every door has to keep to it."""

    async def refused(self, source: str) -> Problem | None:
        """None for one order more; the sources are `ready` then."""
        ...

    def marked(self, draft: Draft) -> Draft:
        """The draft, marked where it comes from a sandbox."""
        ...


class Reception:
    """`judge` is woken for orders that came before any fabric."""

    def __init__(
        self,
        db: Database,
        outbox: Outbox,
        sealer: Sealer,
        clock: Clock,
        copy: Copy[Fabric],
        judge: Worker,
        sources: Agreements,
        learner: Learner,
    ) -> None:
        self._db = db
        self._outbox = outbox
        self._sealer = sealer
        self._clock = clock
        self._copy = copy
        self._judge = judge
        self._sources = sources
        self._learner = learner
        self._waiting: list[_Waiting] = []
        # Only one: two groups at once would be half as large and wait for each other's ground in the database.
        self._hand: asyncio.Task[None] | None = None

    async def take(self, arrival: Arrival) -> Received | Problem:
        """Committed when it returns. Raises what the database raises."""
        if (refusal := await self._sources.refused(arrival.draft.source)) is not None:
            return refusal
        waiting = _Waiting(arrival, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        if self._hand is None:
            # A context of its own: the orders of a group belong to as many traces.
            self._hand = asyncio.create_task(self._work(), context=Context())
        return await waiting.answer

    async def take_keyed(self, arrival: Arrival, key: str) -> Received | Problem:
        """With an Idempotency-Key: a transaction of its own, for a key used otherwise undoes it."""
        if (refusal := await self._sources.refused(arrival.draft.source)) is not None:
            return refusal
        return (await self.store(self.prepare([arrival]), key))[0]

    def prepare(self, arrivals: Sequence[Arrival]) -> list[Prepared]:
        """Nothing but the processor: may run in a thread. The sources must be `ready`."""
        drafts = [(self._sources.marked(arrival.draft), arrival.fingerprint) for arrival in arrivals]
        prepared = receiving.prepare(self._copy.current, drafts, self._sealer, self._clock.now(), self._learner.current)
        return [_traced(one, arrival.trace) for one, arrival in zip(prepared, arrivals, strict=True)]

    async def store(self, prepared: Sequence[Prepared], key: str | None = None) -> list[Received | Problem]:
        async with self._db.transaction() as tx:
            answers = await receiving.receive(tx, self._outbox, prepared, self._clock.now(), key)
            if any(one.claim.order.status == "received" for one in prepared):
                # The fabric may have come between the judging and this commit.
                after_commit(tx, self._judge.wake)
        receiving.count(answers)
        return answers

    async def _work(self) -> None:
        try:
            while self._waiting:
                group, self._waiting = self._waiting[:TOGETHER], self._waiting[TOGETHER:]
                await self._serve(group)
        finally:
            # In the same step that saw nobody wait: whoever comes next finds no hand and makes one.
            self._hand = None

    async def _serve(self, group: Sequence[_Waiting]) -> None:
        try:
            answers = await self.store(self.prepare([one.arrival for one in group]))
        except Exception as error:  # handed to those who wait for it
            if len(group) > 1 and not is_infrastructure(error):
                for one in group:
                    await self._serve([one])
                return
            for one in group:
                if not one.answer.done():
                    one.answer.set_exception(error)
            return
        for one, answer in zip(group, answers, strict=True):
            if not one.answer.done():
                one.answer.set_result(answer)


def _traced(one: Prepared, trace: str | None) -> Prepared:
    if trace is None:
        return one
    return replace(one, events=tuple(replace(event, trace=trace) for event in one.events))
