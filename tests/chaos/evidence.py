"""What is on disk once all is quiet: read from the database and the topics themselves, past every service."""

import asyncio
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

import asyncpg

from services.kit.bus.port import Bus, Record
from services.kit.contracts.envelope import Event, from_record
from services.kit.contracts.topics import CASES, DEAD_LETTERS, GRIDS, ORDERS, unit_topic

SCHEMAS = ("intake", "grids", "dispatch", "notify", "console")
# Service → the topics that it takes in.
HEARS = {
    "intake": (CASES.name,),
    "dispatch": (ORDERS.name,),
    "notify": (CASES.name, ORDERS.name),
    "console": (CASES.name, ORDERS.name),
}
AT_ONCE = 6  # topics read side by side

_PUBLISHED = "SELECT max(version) FROM grids.publication"
_HOLD_AN_OLD_MAP = f"""SELECT count(*) FROM kit.holder
    WHERE seen_at > clock_timestamp() - interval '10 seconds' AND fabric_version < ({_PUBLISHED})"""
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Evidence:
    """`at`: business time. `received`: unit → what its webhook was sent, doubles too. `entries`, `lines`: subject → (sequence, type, text) in their order. `feeds`, `unit_topics`:
    unit → events; topics with every record that is there, doubles too. `published`: the map's last version."""

    at: datetime
    received: Mapping[str, list[dict[str, Any]]]
    orders: Mapping[str, Row]
    cases: Mapping[str, Row]
    links: Sequence[Row]
    clocks: Sequence[Row]
    timers: Sequence[Row]
    whistles: Mapping[str, Row]
    entries: Mapping[str, list[tuple[int, str, str]]]
    lines: Mapping[tuple[str, str], list[tuple[int, str, str]]]
    console_cases: Mapping[str, Row]
    inbox: Mapping[tuple[str, str], Mapping[str, int]]
    feeds: Mapping[str, list[dict[str, Any]]]
    left_over: Mapping[str, int]
    order_events: list[Event]
    case_events: list[Event]
    unit_topics: Mapping[str, list[Event]]
    dead_letters: list[Record]
    published: int
    map_entries: Mapping[str, bytes]

    @cached_property
    def of_orders(self) -> dict[str, list[Event]]:
        return firsts(self.order_events)

    @cached_property
    def of_cases(self) -> dict[str, list[Event]]:
        return firsts(self.case_events)

    @cached_property
    def waiting(self) -> dict[str, datetime]:
        """key → when the first of its timers is due."""
        found: dict[str, datetime] = {}
        for timer in self.timers:
            if timer["state"] == "pending":
                found[timer["key"]] = min(timer["due_at"], found.get(timer["key"], timer["due_at"]))
        return found


def firsts(events: Iterable[Event]) -> dict[str, list[Event]]:
    """subject → its events without doubles, in the order in which each came first."""
    seen: set[str] = set()
    found: dict[str, list[Event]] = {}
    for event in events:
        if event.id not in seen:
            seen.add(event.id)
            found.setdefault(event.subject, []).append(event)
    return found


async def unsettled(connection: asyncpg.Connection, bus: Bus, now: datetime) -> str | None:
    """What is still on its way, as a sentence; None when nothing is."""
    for what, count in (await _left_over(connection)).items():
        if count:
            return f"{what}: {count}"
    due = await connection.fetchval("SELECT count(*) FROM dispatch.timer WHERE state = 'pending' AND due_at <= $1", now)
    if due:
        return f"timers due: {due}"
    behind = await connection.fetchval(_HOLD_AN_OLD_MAP)
    if behind:
        return f"processes with an old map: {behind}"
    for service, topics in HEARS.items():
        rows = await connection.fetch(f"SELECT topic, partition, next_offset FROM {service}.inbox_offset")
        held = {(row["topic"], row["partition"]): row["next_offset"] for row in rows}
        for topic in topics:
            ends = await bus.end_offsets(topic)
            behind = sum(end - held.get((topic, number), 0) for number, end in ends.items())
            if behind:
                return f"{service} behind on {topic} by {behind}"
    return None


async def gather(
    connection: asyncpg.Connection, bus: Bus, at: datetime, received: Mapping[str, list[dict[str, Any]]]
) -> Evidence:
    async def by(column: str, query: str) -> dict[str, Row]:
        return {row[column]: row for row in await connection.fetch(query)}

    feeds: dict[str, list[dict[str, Any]]] = {}
    for row in await connection.fetch(
        "SELECT unit, event FROM notify.feed JOIN notify.told ON told.id = feed.told ORDER BY unit, position"
    ):
        feeds.setdefault(row["unit"], []).append(json.loads(row["event"]))
    inbox: dict[tuple[str, str], dict[str, int]] = {}
    for service, topics in HEARS.items():
        inbox |= {(service, topic): {} for topic in topics}
        for row in await connection.fetch(f"SELECT topic, key, sequence FROM {service}.inbox_key"):
            inbox[service, row["topic"]][row["key"]] = row["sequence"]
    entries: dict[str, list[tuple[int, str, str]]] = {}
    for row in await connection.fetch("SELECT * FROM dispatch.entry ORDER BY subject, sequence"):
        entries.setdefault(row["subject"], []).append((row["sequence"], row["type"], row["text"]))
    lines: dict[tuple[str, str], list[tuple[int, str, str]]] = {}
    for row in await connection.fetch("SELECT * FROM console.timeline ORDER BY stream, subject, sequence"):
        found = lines.setdefault((row["stream"], row["subject"]), [])
        found.append((row["sequence"], row["type"], row["text"]))
    return Evidence(
        at=at,
        received=received,
        orders=await by("order_id", "SELECT * FROM intake.orders"),
        cases=await by("case_id", "SELECT * FROM dispatch.cases"),
        links=await connection.fetch("SELECT order_id, case_id, live FROM dispatch.case_order"),
        clocks=await connection.fetch("SELECT * FROM dispatch.clock"),
        timers=await connection.fetch("SELECT kind, key, due_at, state FROM dispatch.timer"),
        whistles=await by("whistle_id", "SELECT * FROM dispatch.whistles"),
        entries=entries,
        lines=lines,
        console_cases=await by("case_id", "SELECT case_id, sequence, state FROM console.cases"),
        inbox=inbox,
        feeds=feeds,
        left_over=await _left_over(connection),
        order_events=[from_record(record) for record in await read(bus, ORDERS.name)],
        case_events=[from_record(record) for record in await read(bus, CASES.name)],
        unit_topics=await _unit_topics(bus, sorted(feeds)),
        dead_letters=await read(bus, DEAD_LETTERS.name),
        published=await connection.fetchval(_PUBLISHED),
        map_entries=_newest(await read(bus, GRIDS.name)),
    )


async def read(bus: Bus, topic: str) -> list[Record]:
    """Everything on it, in order per partition."""
    reader = await bus.read_all(topic)
    found: list[Record] = []
    try:
        while not await reader.caught_up():
            found += await reader.poll(1)
    finally:
        await reader.stop()
    return found


async def _unit_topics(bus: Bus, units: Sequence[str]) -> dict[str, list[Event]]:
    room = asyncio.Semaphore(AT_ONCE)

    async def one(unit: str) -> list[Event]:
        async with room:
            return [from_record(record) for record in await read(bus, unit_topic(unit).name)]

    return dict(zip(units, await asyncio.gather(*(one(unit) for unit in units)), strict=True))


def _newest(records: Sequence[Record]) -> dict[str, bytes]:
    """key → its value with the highest number: an older one may come after it."""
    held: dict[str, tuple[int, bytes]] = {}
    for record in records:
        number = int(record.headers["ce_sequence"])
        if number > held.get(record.key, (0, b""))[0]:
            held[record.key] = (number, record.value or b"")
    return {key: value for key, (_, value) in held.items() if value}


async def _left_over(connection: asyncpg.Connection) -> dict[str, int]:
    counts = {
        **{f"{schema}.outbox": f"{schema}.outbox WHERE published_at IS NULL" for schema in SCHEMAS},
        **{f"{schema}.parked": f"{schema}.parked" for schema in SCHEMAS},
        "orders not judged": "intake.orders WHERE status = 'received'",
        "timers parked": "dispatch.timer WHERE state = 'parked'",
        "deliveries": "notify.delivery WHERE state IN ('pending', 'sending')",
    }
    return {what: await connection.fetchval(f"SELECT count(*) FROM {source}") for what, source in counts.items()}
