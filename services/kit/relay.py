"""Outbox to bus: one leader a service, rows in order, marked only after the bus has them on disk."""

from datetime import timedelta

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from services.kit import failpoints, outbox
from services.kit.bus.port import Bus, BusUnavailable, Message, MessageTooLarge, UnknownTopic
from services.kit.clock import real_now
from services.kit.contracts.topics import DEAD_LETTERS, HOUSE, spec_of
from services.kit.db import Database, Tx, driver_of
from services.kit.metrics import OUTBOX_AGE, RELAYED
from services.kit.worker import Worker

log = structlog.get_logger()
BATCH = 2000
PACE = 0.02  # seconds
_LEAD = "SELECT pg_try_advisory_lock(hashtextextended($1, 0))"


class Relay(Worker):
    """A row that can never be sent goes to dead-letters; a row that can't be sent now stops its partition.

    A second instance of the service waits for the advisory lock. Should a leader that lost its lock without knowing
    still send, readers drop the old event by its `sequence`.
    """

    pace = PACE

    def __init__(self, service: str, db: Database, bus: Bus, every: timedelta = timedelta(milliseconds=200)) -> None:
        super().__init__(f"{service}.relay", every)
        self._service = service
        self._db = db
        self._bus = bus
        self._leading: AsyncConnection | None = None
        self._own: Tx | None = None
        self.leads = False

    async def open(self) -> None:
        # A topic that nobody has made yet would send its first events to dead-letters.
        await self._bus.ensure_topics(HOUSE)
        # Outside the pool, in autocommit: the lock is the connection's, and an open transaction would hold back vacuum.
        self._leading = await self._db.apart()
        self._own = Tx(await driver_of(self._leading))
        # A mark that a crash of the server takes back is made again, after a second sending that readers drop.
        await self._own.driver.execute("SET synchronous_commit = off")

    async def close(self) -> None:
        leading, self._leading, self._own, self.leads = self._leading, None, None, False
        if leading is not None:
            await leading.invalidate()
            await leading.close()

    async def turn(self) -> bool:
        """Asks and marks on the leader's own connection: if that died this raises, and with it the lock is gone."""
        if not await self._lead():
            return False
        assert self._own is not None
        rows = await outbox.unpublished(self._own, BATCH)
        OUTBOX_AGE.labels(self._service).set((real_now() - rows[0].created_at).total_seconds() if rows else 0)
        if not rows:
            return False
        failpoints.reach("relay.read")
        failures = await self._send([message for row in rows for message in row.messages])
        failpoints.reach("relay.published")
        outcomes = iter(failures)
        left = [[each.topic for each in row.messages if next(outcomes) is not None] for row in rows]
        sent = [row for row, topics in zip(rows, left, strict=True) if not topics]
        if sent:
            await outbox.mark_published(self._own, sent)
        some = [(row, topics) for row, topics in zip(rows, left, strict=True) if 0 < len(topics) < len(row.messages)]
        if some:
            await outbox.mark_partly(self._own, some)
        RELAYED.labels(self._service).inc(failures.count(None))
        failpoints.reach("relay.marked")
        waiting = next((failure for failure in failures if failure is not None), None)
        if waiting is not None:
            raise waiting
        return True

    async def idle(self) -> bool:
        async with self._db.reading() as tx:
            return (await outbox.backlog(tx))[0] == 0

    async def _lead(self) -> bool:
        """Whether this process holds the lock."""
        assert self._own is not None
        if not self.leads:
            self.leads = bool(await self._own.driver.fetchval(_LEAD, self.name))
            if self.leads:
                log.info("relay.leads", relay=self.name)
        return self.leads

    async def _send(self, messages: list[Message]) -> list[Exception | None]:
        failures = await self._bus.publish(messages)
        for place, failure in enumerate(failures):
            if isinstance(failure, MessageTooLarge):
                failures[place] = await self._bury(messages[place], failure)
            elif isinstance(failure, UnknownTopic):
                failures[place] = await self._make_or_bury(messages[place], failure)
        return failures

    async def _make_or_bury(self, message: Message, failure: UnknownTopic) -> Exception | None:
        """A topic of ours that is missing is made and the row waits for the next turn; only a foreign name is final."""
        spec = spec_of(message.topic)
        if spec is None:
            return await self._bury(message, failure)
        try:
            await self._bus.ensure_topics([spec])
        except BusUnavailable as error:
            return error
        return BusUnavailable(f"{message.topic} 刚建好，这一条下一轮再发")

    async def _bury(self, message: Message, failure: Exception) -> Exception | None:
        log.error("relay.dead_letter", topic=message.topic, key=message.key, error=str(failure))
        headers = dict(message.headers) | {
            "x-topic": message.topic,
            "x-error": str(failure)[:500],
            "x-from": self.name,
            "x-bytes": str(len(message.value or b"")),
        }
        value = message.value if isinstance(failure, UnknownTopic) else (message.value or b"")[:1000]
        return (await self._bus.publish([Message(DEAD_LETTERS.name, message.key, value, headers)]))[0]
