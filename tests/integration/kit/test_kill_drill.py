"""Two services killed at seeded random moments, their database and broker too: every effect exactly once, in order."""

import os
from collections.abc import Mapping
from pathlib import Path

import pytest
from sqlalchemy import text

from services.kit.contracts.topics import CASES, ORDERS
from services.kit.db import Database
from tests.chaos.supervisor import Outage, Program, Supervisor, python
from tests.integration.kit.bench import SCHEMA, SECOND, Bench, Server, effects, events_of
from tests.integration.kit.drill import EACH, KEYS, make_bus
from tests.servers.kafka import KafkaServer

WRITER_POINTS = "outbox.appended=kill:0.01,db.before_commit=kill:0.01,db.committed=kill:0.01"
RELAY_POINTS = "relay.read=kill:0.05,relay.published=kill:0.05,relay.marked=kill:0.05"
COUNTER_POINTS = (
    "consumer.polled=kill:0.05,consumer.before_commit=kill:0.05,consumer.handled=kill:0.05,consumer.committed=kill:0.05"
)
_DONE = text(
    f"""SELECT (SELECT count(*) FROM {SECOND}.effect) >= :all
        AND NOT EXISTS (SELECT 1 FROM {SCHEMA}.outbox WHERE published_at IS NULL)
        AND NOT EXISTS (SELECT 1 FROM {SECOND}.outbox WHERE published_at IS NULL)"""
)
# More of them for a long run: DUOGE_TEST_SEEDS="1,2,3".
SEEDS = [int(seed) for seed in os.environ.get("DUOGE_TEST_SEEDS", "20261123").split(",")]
WANTED = {f"k{n:02}": list(range(1, EACH + 1)) for n in range(KEYS)}


def programs(environment: Mapping[str, str]) -> list[Program]:
    def one(name: str, points: str) -> Program:
        return Program(name, python("tests.integration.kit.drill", name), environment, f"{points},{RELAY_POINTS}")

    return [one("writer", WRITER_POINTS), one("counter", COUNTER_POINTS)]


async def drill(folder: Path, url: str, bootstrap: str | None, seed: int, *outages: Outage) -> None:
    bus = make_bus(url, bootstrap)
    bench = Bench(url, bus)
    await bench.run(
        "INSERT INTO subject (id) SELECT unnest(CAST(:ids AS text[]))",
        ids=list(WANTED),
    )
    environment = {"DUOGE_DATABASE_URL": url} | ({"DUOGE_KAFKA_BOOTSTRAP": bootstrap} if bootstrap else {})
    supervisor = Supervisor(programs(environment), folder, seed, kill_every=1.2)
    second = Database(url, SECOND, pool=2)

    async def done() -> bool:
        """Every key has its effects, and what they caused is on the bus."""
        try:
            async with second.reading() as tx:
                return bool((await tx.execute(_DONE, {"all": KEYS * EACH})).scalar_one())
        except Exception:  # the database is away at this moment: ask again
            return False

    try:
        await supervisor.run(done, chaos=9, within=58, outages=outages)
        await supervisor.stop()
        print(supervisor.account())
        await judge(Bench(url, bus), second, supervisor)
    finally:
        await supervisor.end()
        await second.stop()
        await bench.close()


async def judge(bench: Bench, second: Database, supervisor: Supervisor) -> None:
    async with second.reading() as tx:
        assert await effects(tx) == WANTED, supervisor.account()
    for topic in (ORDERS.name, CASES.name):
        seen: dict[str, list[int]] = {}
        doubles: set[tuple[str, int, str]] = set()
        for each in events_of(await bench.on(topic)):
            doubles.add((each.subject, each.sequence, each.id))
            if each.sequence not in seen.setdefault(each.subject, []):
                seen[each.subject].append(each.sequence)
        # First occurrences in order, and a double carries the same id.
        assert seen == WANTED, supervisor.account()
        assert len(doubles) == KEYS * EACH
    assert sum(supervisor.kills.values()) + sum(supervisor.deaths.values()) >= 5, supervisor.account()
    for schema in (SCHEMA, SECOND):
        assert await bench.scalar(f"SELECT count(*) FROM {schema}.outbox WHERE published_at IS NULL") == 0
        assert await bench.scalar(f"SELECT count(*) FROM {schema}.parked") == 0


def database_dies(server: Server, at: float) -> Outage:
    return Outage("postgres", at, server.postgres.kill, server.raise_again)


@pytest.mark.parametrize("seed", SEEDS)
async def test_the_drill_on_the_postgresql_log(own_server: Server, tmp_path: Path, seed: int) -> None:
    await drill(tmp_path, own_server.url, None, seed, database_dies(own_server, 4))


@pytest.mark.kafka
@pytest.mark.parametrize("seed", SEEDS)
async def test_the_drill_on_kafka(own_server: Server, kafka_server: KafkaServer, tmp_path: Path, seed: int) -> None:
    def start() -> None:
        kafka_server.start()

    broker = Outage("kafka", 5, kafka_server.kill, start)
    await drill(tmp_path, own_server.url, kafka_server.bootstrap, seed, database_dies(own_server, 2), broker)
