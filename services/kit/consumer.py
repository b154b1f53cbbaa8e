"""Bus to handler in batches: one transaction a batch, poison parked, trouble of the infrastructure waited out."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta

import structlog

from services.kit import failpoints
from services.kit.bus.port import Bus, Message, Record, Subscription, TopicPartition
from services.kit.contracts.envelope import Event, from_record
from services.kit.contracts.registry import BY_CE_TYPE
from services.kit.contracts.topics import DEAD_LETTERS, HOUSE
from services.kit.db import Database, Tx
from services.kit.faults import is_deadlock, is_infrastructure
from services.kit.inbox import Inbox, storable
from services.kit.metrics import CONSUMED, GAPS, LAG, PARKED
from services.kit.outbox import Outbox
from services.kit.worker import Worker

log = structlog.get_logger()
Handle = Callable[[Tx, list[Event]], Awaitable[None]]
Seen = Mapping[tuple[str, str], int]
"""(topic, key) → the last sequence seen."""
BATCH = 500
PACE = 0.04  # seconds
TRIES = 3
MEASURE_EVERY = 2.0  # seconds
# Ours is the offset in the inbox; the bus is told for those who watch it from outside, and a broker's work for each
# round would be as much as for its records.
TELL_EVERY = 1.0  # seconds


class Consumer(Worker):
    """Hands each event to `handle` once, in order per subject, in the transaction that also remembers it.

    `handle` gets all new events of a batch in their order; see `in_waves` for working on many subjects at once. What
    it raises decides: infrastructure (see faults.py) is waited out with readiness red; anything else is the event's
    own fault, found by halving the batch, tried TRIES times, then parked with everything later of its key.
    """

    pace = PACE
    # How many seconds a round waits for something to come, and a stop for the round at most.
    patience = 0.5

    def __init__(
        self, service: str, db: Database, bus: Bus, outbox: Outbox, topics: Sequence[str], handle: Handle
    ) -> None:
        super().__init__(f"{service}.consumer", timedelta(milliseconds=10))
        self.inbox = Inbox(service)
        self._db = db
        self._bus = bus
        self._outbox = outbox
        self._topics = list(topics)
        self._handle = handle
        self._subscription: Subscription | None = None
        self._measured = 0.0
        self._done: dict[TopicPartition, int] = {}
        self._told = 0.0

    async def open(self) -> None:
        await self._bus.ensure_topics(HOUSE)
        self._subscription = self._bus.subscribe(f"duoge.{self.inbox.consumer}", self._topics)
        await self._subscription.start(self._assigned, self._revoked)

    async def close(self) -> None:
        subscription, self._subscription, self._done = self._subscription, None, {}
        if subscription is not None:
            await subscription.stop()

    async def turn(self) -> bool:
        assert self._subscription is not None
        polled = await self._subscription.poll(BATCH, timeout=self.patience)
        records = [record for partition in polled.values() for record in partition]
        if records:
            failpoints.reach("consumer.polled")
            await self._process(records)
            self._done |= {tp: rows[-1].offset + 1 for tp, rows in polled.items() if rows}
            failpoints.reach("consumer.handled")
        if self._done and (not records or time.monotonic() - self._told > TELL_EVERY):
            await self._subscription.commit(self._done)
            self._done, self._told = {}, time.monotonic()
            failpoints.reach("consumer.committed")
        await self._measure(self._subscription)
        return True

    async def idle(self) -> bool:
        """True when every event on the topics has been handled, judged by our own offsets."""
        async with self._db.reading() as tx:
            for topic in self._topics:
                ends = await self._bus.end_offsets(topic)
                partitions = [TopicPartition(topic, number) for number, end in ends.items() if end]
                ours = await self.inbox.offsets(tx, partitions, lock=False) if partitions else {}
                if any(ours.get(tp, 0) < ends[tp.partition] for tp in partitions):
                    return False
        return True

    async def count_parked(self) -> None:
        """The gauge from the table: it tells the truth after a restart too."""
        async with self._db.reading() as tx:
            PARKED.labels(self.name).set(await self.inbox.count_parked(tx))

    async def handle_records(self, tx: Tx, records: Sequence[Record]) -> None:
        """The way of parked events that are tried again: the partition is held by the caller."""
        last, _ = await self.inbox.known(tx, _subjects(records))
        await self.inbox.keep(tx, {}, await self.handle_new(tx, records, last))

    async def _assigned(self, partitions: list[TopicPartition]) -> Mapping[TopicPartition, int]:
        ends = {topic: await self._bus.end_offsets(topic) for topic in sorted({tp.topic for tp in partitions})}
        async with self._db.transaction() as tx:
            ours = await self.inbox.offsets(tx, partitions, lock=False)
            beyond = sorted(tp for tp, offset in ours.items() if offset > ends[tp.topic].get(tp.partition, 0))
            if beyond:
                # Restored or set up anew: by our offsets we would pass over all that is new in it.
                log.error("consumer.log_is_shorter", consumer=self.name, partitions=[f"{t}/{p}" for t, p in beyond])
                await self.inbox.restart(tx, beyond)
        return {tp: 0 if tp in beyond else ours.get(tp, 0) for tp in partitions}

    async def _revoked(self, partitions: list[TopicPartition]) -> None:
        # Nothing to hand over: what is in hand commits with its offsets under the row lock, or rolls back.
        log.info("consumer.revoked", consumer=self.name, partitions=len(partitions))

    async def _measure(self, subscription: Subscription) -> None:
        if time.monotonic() - self._measured > MEASURE_EVERY:
            LAG.labels(self.name).set(await subscription.lag())
            await self.count_parked()
            self._measured = time.monotonic()

    async def _process(self, records: list[Record]) -> None:
        try:
            await self._once(records)
        except Exception as error:
            if is_infrastructure(error):
                raise
            if len(records) > 1:
                middle = len(records) // 2
                await self._process(records[:middle])
                await self._process(records[middle:])
            else:
                await self._retry_or_park(records[0], error)

    async def _once(self, records: list[Record]) -> None:
        """A deadlock is resolved by going again; the rest comes out."""
        for attempt in range(1, TRIES + 1):
            try:
                async with self._db.transaction() as tx:
                    await self._within(tx, records)
                    failpoints.reach("consumer.before_commit")
                return
            except Exception as error:
                if attempt == TRIES or not is_deadlock(error):
                    raise

    async def _retry_or_park(self, record: Record, error: Exception) -> None:
        for attempt in range(1, TRIES):
            await asyncio.sleep(0.05 * attempt)
            try:
                await self._once([record])
                return
            except Exception as again:
                if is_infrastructure(again):
                    raise
                error = again
        tp = TopicPartition(record.topic, record.partition)
        kept = storable(record)
        async with self._db.transaction() as tx:
            known = await self.inbox.offsets(tx, [tp], lock=True)
            if known[tp] > record.offset:
                return  # another member has dealt with it while we tried
            await self.inbox.park(tx, [kept], repr(error)[:2000])
            await self._outbox.append_messages(tx, [_dead_letter(kept, self.name, error)])
            await self.inbox.keep(tx, {tp: record.offset + 1})
        log.error("consumer.parked", consumer=self.name, topic=kept.topic, key=kept.key, error=repr(error))
        CONSUMED.labels(self.name, "parked").inc()
        self._measured = 0.0

    async def _within(self, tx: Tx, records: list[Record]) -> None:
        last = {TopicPartition(record.topic, record.partition): record.offset + 1 for record in records}
        known = await self.inbox.offsets(tx, sorted(last), lock=True)
        fresh = [r for r in records if r.offset >= known[TopicPartition(r.topic, r.partition)]]
        if fresh:
            sequences, waiting = await self.inbox.known(tx, _subjects(fresh))
            await self.inbox.park(tx, [r for r in fresh if (r.topic, r.key) in waiting], None)
            live = [r for r in fresh if (r.topic, r.key) not in waiting]
            seen = await self.handle_new(tx, live, sequences)
            await self.inbox.keep(tx, {tp: max(offset, known[tp]) for tp, offset in last.items()}, seen)

    async def handle_new(self, tx: Tx, records: Sequence[Record], last: Seen) -> dict[tuple[str, str], int]:
        """Decode, drop doubles by `sequence`, handle; the last sequence of each (topic, key), to be remembered."""
        fresh: list[Event] = []
        seen: dict[tuple[str, str], int] = {}
        # Those of a topic together, in their order.
        for record in sorted(records, key=lambda record: record.topic):
            event = from_record(record)
            subject = (record.topic, event.subject)
            before = seen.get(subject, last.get(subject, 0))
            if event.sequence <= before:
                CONSUMED.labels(self.name, "double").inc()
                continue
            if event.sequence > before + 1:
                GAPS.labels(self.name).inc()
                log.warning("consumer.gap", consumer=self.name, subject=event.subject, after=before, got=event.sequence)
            seen[subject] = event.sequence
            fresh.append(event)
        # A newer neighbour's types are counted in the sequence, so that they are no gap, and passed over.
        known = [event for event in fresh if event.type in BY_CE_TYPE]
        if len(known) < len(fresh):
            CONSUMED.labels(self.name, "unknown_type").inc(len(fresh) - len(known))
        if known:
            await self._handle(tx, known)
            CONSUMED.labels(self.name, "handled").inc(len(known))
        return seen


def _subjects(records: Sequence[Record]) -> list[tuple[str, str]]:
    """(topic, key) of each, and by its subject too, should a stranger have named it otherwise."""
    named = {(record.topic, record.key) for record in records}
    return sorted(named | {(record.topic, record.headers.get("ce_subject", record.key)) for record in records})


def in_waves(events: Sequence[Event]) -> list[list[Event]]:
    """The first event of every subject, then the second of every subject, …: each wave may be handled as one batch."""
    waves: list[list[Event]] = []
    depth: dict[str, int] = {}
    for event in events:
        level = depth.get(event.subject, 0)
        depth[event.subject] = level + 1
        if level == len(waves):
            waves.append([])
        waves[level].append(event)
    return waves


def _dead_letter(record: Record, consumer: str, error: Exception) -> Message:
    headers = dict(record.headers) | {
        "x-topic": record.topic,
        "x-partition": str(record.partition),
        "x-offset": str(record.offset),
        "x-from": consumer,
        "x-error": repr(error)[:500],
    }
    return Message(DEAD_LETTERS.name, record.key, record.value, headers)
