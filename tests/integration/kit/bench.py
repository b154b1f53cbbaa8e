"""The kernel's parts on a bench: a service of two tables, with which each part is put to work alone."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeVar

import asyncpg
from sqlalchemy import text

from duoge.embedded.postgres import EmbeddedPostgres
from services.kit.bus.pglog_ddl import create_schema_sql
from services.kit.bus.port import Bus, Record
from services.kit.clock import FrozenClock
from services.kit.consumer import Consumer, Handle
from services.kit.contracts.envelope import Event, from_record
from services.kit.contracts.registry import TYPES
from services.kit.contracts.topics import HOUSE, ORDERS
from services.kit.db import Database, Tx
from services.kit.ddl import many_topics, tables_v1
from services.kit.outbox import Outbox
from services.kit.relay import Relay
from services.kit.worker import Worker

W = TypeVar("W", bound=Worker)
AT = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
SCHEMA = "stage"
SECOND = "count"  # a second service's, for what goes from one to another
ORDER = TYPES["order.received"].ce_type
CASE = TYPES["case.opened"].ce_type
# `last` is the sequence that a writer gave out; `effect` what a consumer did, in the order in which it did it.
_OWN = (
    "CREATE TABLE {schema}.subject (id text PRIMARY KEY, last bigint NOT NULL DEFAULT 0)",
    """CREATE TABLE {schema}.effect (
        n bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, subject text NOT NULL, sequence bigint NOT NULL)""",
    "CREATE TABLE {schema}.note (subject text NOT NULL, weight int NOT NULL, extra jsonb NOT NULL)",
)
_KEYS = (
    """CREATE TABLE kit.api_key (
        id text PRIMARY KEY, name text NOT NULL, role text NOT NULL, unit text, source text,
        digest bytea NOT NULL UNIQUE, created_at timestamptz NOT NULL, revoked_at timestamptz)""",
    """CREATE TABLE kit.holder (
        service text NOT NULL, process text NOT NULL, ready boolean NOT NULL, detail text NOT NULL,
        fabric_version bigint NOT NULL, seen_at timestamptz NOT NULL, PRIMARY KEY (service, process))""",
)


def dsn(url: str) -> str:
    return url.replace("postgresql+asyncpg://", "postgresql://", 1)


async def lay_tables(url: str) -> None:
    connection = await asyncpg.connect(dsn(url))
    try:
        for statement in ("CREATE SCHEMA kit", *_KEYS, *create_schema_sql()):
            await connection.execute(statement)
        for schema in (SCHEMA, SECOND):
            await connection.execute(f"CREATE SCHEMA {schema}")
            for statement in (*tables_v1(schema), *many_topics(schema), *(own.format(schema=schema) for own in _OWN)):
                await connection.execute(statement)
    finally:
        await connection.close()


@dataclass
class Server:
    """A PostgreSQL that may be killed, and a database on it."""

    postgres: EmbeddedPostgres
    url: str

    def raise_again(self) -> None:
        if self.postgres._child is not None:  # may have given up its folder and still be on its way out
            self.postgres._child.wait(timeout=20)
        self.postgres.release()
        self.postgres.start()


@dataclass
class Bench:
    """Parts on one database and one bus; `close` ends all that was made here."""

    url: str
    bus: Bus
    clock: FrozenClock = field(default_factory=lambda: FrozenClock(AT))
    _stack: AsyncExitStack = field(default_factory=AsyncExitStack)
    _opened: list[Worker] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.db = self.database()
        self.outbox = Outbox(lambda: None)

    async def close(self) -> None:
        for worker in self._opened:
            await worker.close()
        await self._stack.aclose()
        await self.bus.stop()

    def database(self, pool: int = 5) -> Database:
        db = Database(self.url, SCHEMA, pool=pool)
        self._stack.push_async_callback(db.stop)
        return db

    async def opened(self, worker: W) -> W:
        """Opened as its own loop would, but turned by the test."""
        await worker.open()
        self._opened.append(worker)
        return worker

    async def abandon(self) -> None:
        """As after a process's end: its connections are gone, and with them its locks and its place in the group."""
        for worker in self._opened:
            await worker.close()
        self._opened.clear()
        await self.db.stop()
        self.db = self.database()

    async def relay(self, db: Database | None = None, bus: Bus | None = None) -> Relay:
        return await self.opened(Relay(SCHEMA, db or self.db, bus or self.bus))

    async def consumer(self, handle: Handle | None = None, topics: Sequence[str] = (ORDERS.name,)) -> Consumer:
        made = Consumer(SCHEMA, self.db, self.bus, self.outbox, topics, handle or record_effects)
        return await self.opened(made)

    async def append(self, *events: Event) -> None:
        async with self.db.transaction() as tx:
            await self.outbox.append(tx, events)

    async def relayed(self) -> None:
        """Everything in the outbox is on the bus."""
        relay = await self.relay()
        while await relay.turn():
            pass
        await relay.close()

    async def consumed(self, consumer: Consumer, seconds: float = 20) -> None:
        async with asyncio.timeout(seconds):
            while not await consumer.idle():
                await consumer.turn()

    async def effects(self) -> dict[str, list[int]]:
        """subject → sequences in the order of their effects."""
        async with self.db.reading() as tx:
            return await effects(tx)

    async def on(self, topic: str) -> list[Record]:
        await self.bus.ensure_topics(HOUSE)
        reader = await self.bus.read_all(topic)
        found: list[Record] = []
        while not await reader.caught_up():
            found += await reader.poll(1)
        await reader.stop()
        return found

    async def scalar(self, statement: str, **arguments: object) -> object:
        async with self.db.reading() as tx:
            return (await tx.execute(text(statement), arguments)).scalar_one()

    async def run(self, statement: str, **arguments: object) -> None:
        async with self.db.transaction() as tx:
            await tx.execute(text(statement), arguments)


async def record_effects(tx: Tx, events: list[Event]) -> None:
    await tx.execute(
        text(
            """INSERT INTO effect (subject, sequence)
               SELECT s, q FROM unnest(CAST(:subjects AS text[]), CAST(:sequences AS bigint[])) WITH ORDINALITY AS r (s, q, o)
               ORDER BY o"""
        ),
        {"subjects": [e.subject for e in events], "sequences": [e.sequence for e in events]},
    )


async def effects(tx: Tx) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for row in (await tx.execute(text("SELECT subject, sequence FROM effect ORDER BY n"))).all():
        found.setdefault(row.subject, []).append(row.sequence)
    return found


async def write(tx: Tx, outbox: Outbox, subjects: Sequence[str], kind: str = ORDER) -> None:
    """As a use case does: aggregates locked in sorted order, their next numbers taken, the events appended."""
    await tx.execute(
        text("INSERT INTO subject (id) SELECT unnest(CAST(:ids AS text[])) ON CONFLICT DO NOTHING"),
        {"ids": sorted(set(subjects))},
    )
    rows = await tx.execute(
        text("SELECT id, last FROM subject WHERE id = ANY(CAST(:ids AS text[])) ORDER BY id FOR UPDATE"),
        {"ids": sorted(set(subjects))},
    )
    last = {row.id: row.last for row in rows.all()}
    made: list[Event] = []
    for subject in subjects:
        last[subject] += 1
        made.append(event(subject, last[subject], kind))
    await tx.execute(
        text(
            """UPDATE subject SET last = row.last FROM unnest(CAST(:ids AS text[]), CAST(:lasts AS bigint[])) AS row (id, last)
               WHERE subject.id = row.id"""
        ),
        {"ids": list(last), "lasts": list(last.values())},
    )
    await outbox.append(tx, made)


def event(subject: str, sequence: int, kind: str = ORDER, **data: object) -> Event:
    return Event(kind, subject, sequence, AT, "duoge/stage", json.dumps({"n": sequence, **data}).encode())


def events_of(records: Sequence[Record]) -> list[Event]:
    return [from_record(record) for record in records]


async def until(condition: Callable[[], bool | Awaitable[bool]], seconds: float = 20.0) -> None:
    """Looks again and again; for what runs by itself, with nothing to await."""
    async with asyncio.timeout(seconds):
        while True:
            found = condition()
            if found if isinstance(found, bool) else await found:
                return
            await asyncio.sleep(0.01)
