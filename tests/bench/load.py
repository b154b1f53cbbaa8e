"""Orders sent, answers timed, and each order's first arrival on a unit's topic timed."""

import asyncio
import itertools
import json
import random
import re
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import aiohttp
from aiokafka import AIOKafkaConsumer, TopicPartition

from duoge.demo.day import a_day
from tests.bench.pipelines import Target

_ORDER = re.compile(rb"ord_[0-9a-f]{32}")
_numbers = itertools.count()


def bodies(count: int) -> list[bytes]:
    """Orders of the demo's day under new numbers, each of another house, so that each is a matter of its own."""
    day = [made.order for made in a_day(datetime(2026, 11, 23, tzinfo=UTC))]
    run = f"{random.getrandbits(40):x}"
    return [_body(order, run, next(_numbers)) for order in itertools.islice(itertools.cycle(day), count)]


def _body(order: dict[str, Any], run: str, number: int) -> bytes:
    content = f"{order['content']}（{number % 10_000}号楼）"
    return json.dumps(order | {"external_id": f"B-{run}-{number}", "content": content}, ensure_ascii=False).encode()


@dataclass
class Watcher:
    """Reads all final topics, of as many `partitions` each; `arrived` is order id → when its first message came
    (monotonic seconds)."""

    bootstrap: str
    topics: list[str]
    partitions: int = 1
    arrived: dict[bytes, float] = field(default_factory=dict)
    messages: int = 0
    bytes: int = 0
    last: float = 0.0

    async def start(self) -> None:
        self._consumer = AIOKafkaConsumer(bootstrap_servers=self.bootstrap, enable_auto_commit=False)
        await self._consumer.start()
        partitions = [TopicPartition(topic, number) for topic in self.topics for number in range(self.partitions)]
        self._consumer.assign(partitions)
        await self._consumer.seek_to_end()
        for tp in partitions:
            await self._consumer.position(tp)
        self._task = asyncio.create_task(self._read())

    async def stop(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        await self._consumer.stop()

    async def _read(self) -> None:
        while True:
            found = await self._consumer.getmany(timeout_ms=200)
            at = time.monotonic()
            for records in found.values():
                for record in records:
                    self.messages += 1
                    self.bytes += len(record.value or b"") + sum(len(v) + len(k) for k, v in record.headers)
                    self.last = at
                    for order in _ORDER.findall(record.value or b"") or [record.key]:
                        self.arrived.setdefault(order, at)

    async def quiet(self, seconds: float = 3.0, most: float = 180.0) -> None:
        """Until nothing has arrived for a while."""
        began = time.monotonic()
        while time.monotonic() - began < most and time.monotonic() - max(self.last, began) < seconds:  # noqa: ASYNC110 - a topic tells nobody that it is quiet
            await asyncio.sleep(0.1)


@dataclass
class Outcome:
    """`answered`: order id → (sent, answered); `seconds` from the first sent to the last answered."""

    answered: dict[bytes, tuple[float, float]]
    seconds: float

    @property
    def rate(self) -> float:
        return len(self.answered) / self.seconds


async def closed(target: Target, orders: list[bytes], clients: int, batch: int = 1) -> Outcome:
    """`clients` that each send the next as soon as they are answered."""
    packs = [orders[at : at + batch] for at in range(0, len(orders), batch)]
    answered: dict[bytes, tuple[float, float]] = {}
    waiting = iter(packs)

    async def client(http: aiohttp.ClientSession) -> None:
        for pack in waiting:
            await _send(http, target, pack, batch > 1, answered)

    started = time.monotonic()
    async with session(target, clients) as http:
        await asyncio.gather(*(client(http) for _ in range(clients)))
    return Outcome(answered, time.monotonic() - started)


async def paced(target: Target, orders: list[bytes], rate: float) -> Outcome:
    """One order each 1/rate seconds, whether earlier ones are answered or not; latency counts from the planned time."""
    answered: dict[bytes, tuple[float, float]] = {}
    started = time.monotonic()
    async with session(target, 400) as http:
        tasks = []
        for number, order in enumerate(orders):
            planned = started + number / rate
            await asyncio.sleep(max(0.0, planned - time.monotonic()))
            tasks.append(asyncio.create_task(_send(http, target, [order], False, answered, planned)))
        await asyncio.gather(*tasks)
    return Outcome(answered, time.monotonic() - started)


def session(target: Target, connections: int) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=connections), headers=target.headers)


async def _send(
    http: aiohttp.ClientSession,
    target: Target,
    pack: list[bytes],
    many: bool,
    answered: dict[bytes, tuple[float, float]],
    planned: float | None = None,
) -> None:
    sent = planned or time.monotonic()
    body = b"[" + b",".join(pack) + b"]" if many else pack[0]
    async with http.post(target.many if many else target.one, data=body) as answer:
        said = await answer.json()
        assert answer.status in (200, 201), (answer.status, said)
    at = time.monotonic()
    for item in said["items"] if many else [said]:
        assert "order_id" in item, item
        answered[item["order_id"].encode()] = (sent, at)


def percentile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]
