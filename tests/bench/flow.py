"""From HTTP to the units' topics: ours beside the bare pipeline, in turns, on the same PostgreSQL and Kafka."""

import asyncio
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import asyncpg
from aiokafka import AIOKafkaConsumer, TopicPartition

from tests.bench import load
from tests.bench.bare.shape import Shape
from tests.bench.pipelines import Target, start_bare, start_ours

WARM, SINGLE, BATCHED, BATCH, CLIENTS, PACED_SECONDS = 1500, 4000, 10_000, 200, 32, 12.0


@dataclass
class Figures:
    """Rates in orders a second: to the answer, and to the last message on the units' topics. Latencies in ms."""

    single_answered: float
    single_through: float
    batched_answered: float
    batched_through: float
    half_load_rate: float
    answer_p50: float
    answer_p99: float
    arrival_p50: float
    arrival_p99: float
    messages_per_order: float
    bytes_per_message: float
    cpu_single: dict[str, float]
    cpu_batched: dict[str, float]
    memory: dict[str, float]


async def run(database: str, bootstrap: str) -> Iterator[dict[str, Any]]:
    """`database` is an URL up to the name; two databases are made beside it."""
    ours_url, bare_url = f"{database}_ours", f"{database}_bare"
    for url in (ours_url, bare_url):
        await create(database, url.rsplit("/", 1)[1])
    ours = await start_ours(ours_url, bootstrap)
    try:
        mine = await measure(ours, bootstrap)
        weight = await _weight(bootstrap, mine, len(ours.topics))
    finally:
        ours.processes.stop()
    bare = await start_bare(bare_url, bootstrap, weight)
    try:
        theirs = await measure(bare, bootstrap, at_rate=mine.half_load_rate)
    finally:
        bare.processes.stop()
    return _lines(mine, theirs)


async def measure(target: Target, bootstrap: str, at_rate: float | None = None) -> Figures:
    """`at_rate`: orders a second for the latencies, where it is not half of what goes through here."""
    watcher = load.Watcher(bootstrap, target.topics)
    await watcher.start()
    try:
        await load.closed(target, load.bodies(WARM), CLIENTS)
        await watcher.quiet()
        await target.settle()
        watcher.messages = watcher.bytes = 0
        _say("single")
        before = target.processes.cpu()
        single, single_through = await _through(target, watcher, SINGLE, CLIENTS, 1)
        per_order = watcher.messages / SINGLE
        size = watcher.bytes / max(1, watcher.messages)
        cpu_single = _cpu(target, before, SINGLE)
        before = target.processes.cpu()
        _say(f"single {single:.0f}/s, through {single_through:.0f}/s, {per_order:.1f} messages an order; batches")
        batched, batched_through = await _through(target, watcher, BATCHED, 4, BATCH)
        cpu_batched = _cpu(target, before, BATCHED)
        # Half of what goes through, not of what is accepted: a backlog would only measure itself.
        rate = at_rate or min(single, single_through) / 2
        _say(f"batched {batched:.0f}/s, through {batched_through:.0f}/s; paced {rate:.0f}/s")
        paced = await load.paced(target, load.bodies(int(rate * PACED_SECONDS)), rate)
        await watcher.quiet()
        answers = [(end - sent) * 1000 for sent, end in paced.answered.values()]
        arrivals = [
            (watcher.arrived[order] - sent) * 1000
            for order, (sent, _) in paced.answered.items()
            if order in watcher.arrived
        ]
        return Figures(
            single, single_through, batched, batched_through, rate,
            load.percentile(answers, 0.5), load.percentile(answers, 0.99),
            load.percentile(arrivals, 0.5), load.percentile(arrivals, 0.99),
            per_order, size, cpu_single, cpu_batched, target.processes.memory(),
        )  # fmt: skip
    finally:
        await watcher.stop()


def _cpu(target: Target, before: dict[str, float], orders: int) -> dict[str, float]:
    """Milliseconds of processor time an order, of each process: what other work beside changes least."""
    after = target.processes.cpu()
    spent = {name: round((after[name] - before[name]) * 1000 / orders, 3) for name in before}
    return spent | {"all": round(sum(spent.values()), 3)}


def _say(line: str) -> None:
    print(f"  {line}", file=sys.stderr, flush=True)


async def _through(target: Target, watcher: load.Watcher, count: int, clients: int, batch: int) -> tuple[float, float]:
    """(answered a second, through to the end a second)."""
    outcome = await load.closed(target, load.bodies(count), clients, batch)
    start = min(sent for sent, _ in outcome.answered.values())
    await watcher.quiet()
    return outcome.rate, count / (watcher.last - start)


async def _weight(bootstrap: str, mine: Figures, unit_topics: int) -> Shape:
    orders, orders_bytes = await _mean(bootstrap, "duoge.orders")
    cases, cases_bytes = await _mean(bootstrap, "duoge.cases")
    sent = WARM + SINGLE + BATCHED + int(mine.half_load_rate * PACED_SECONDS)
    return Shape(
        orders=max(1, round(orders / sent)),
        orders_bytes=orders_bytes,
        cases=max(1, round(cases / sent)),
        cases_bytes=cases_bytes,
        units=max(1, round(mine.messages_per_order)),
        units_bytes=round(mine.bytes_per_message),
        unit_topics=unit_topics,
    )


async def _mean(bootstrap: str, topic: str) -> tuple[int, int]:
    """(messages on the topic, mean bytes of the last of them)."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False)
    await consumer.start()
    partitions = [TopicPartition(topic, number) for number in range(6)]
    ends = await consumer.end_offsets(partitions)
    consumer.assign(partitions)
    for tp, end in ends.items():
        consumer.seek(tp, max(0, end - 200))
    sizes: list[int] = []
    for _ in range(5):
        for rows in (await consumer.getmany(timeout_ms=500)).values():
            sizes += [len(r.value or b"") + sum(len(k) + len(v) for k, v in r.headers) for r in rows]
    await consumer.stop()
    return sum(ends.values()), round(sum(sizes) / max(1, len(sizes)))


async def create(url: str, name: str) -> None:
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    await connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    await connection.execute(f'CREATE DATABASE "{name}"')
    await connection.close()


def _lines(mine: Figures, bare: Figures) -> Iterator[dict[str, Any]]:
    for name, unit in (
        ("single_answered", "orders/s"),
        ("single_through", "orders/s"),
        ("batched_answered", "orders/s"),
        ("batched_through", "orders/s"),
        ("answer_p50", "ms"),
        ("answer_p99", "ms"),
        ("arrival_p50", "ms"),
        ("arrival_p99", "ms"),
    ):
        ours, theirs = getattr(mine, name), getattr(bare, name)
        yield {"figure": name, "unit": unit, "ours": round(ours, 1), "bare": round(theirs, 1), "ratio": round(ours / theirs, 3)}  # fmt: skip
    yield {"figure": "half_load_rate", "unit": "orders/s, both", "ours": round(mine.half_load_rate), "bare": round(bare.half_load_rate)}  # fmt: skip
    for name in ("cpu_single", "cpu_batched"):
        ours, theirs = getattr(mine, name), getattr(bare, name)
        yield {"figure": name, "unit": "ms an order", "ours": ours, "bare": theirs, "ratio": round(theirs["all"] / ours["all"], 3)}  # fmt: skip
    yield {"figure": "messages_per_order", "ours": round(mine.messages_per_order, 2), "bytes": round(mine.bytes_per_message)}  # fmt: skip
    yield {"figure": "memory", "unit": "MB", "ours": mine.memory, "bare": bare.memory}


def run_blocking(database: str, bootstrap: str) -> list[dict[str, Any]]:
    return list(asyncio.run(run(database, bootstrap)))
