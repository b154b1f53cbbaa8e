"""The short drill: every kind of process, the database and the broker killed while orders come in, on both engines."""

from datetime import timedelta
from pathlib import Path

import pytest

from tests.chaos.drill import Drill, Plan
from tests.chaos.town import split, whole
from tests.servers.kafka import KafkaServer

# One after the other: each keeps both cores busy.
pytestmark = [pytest.mark.xdist_group("drill"), pytest.mark.timeout(400)]

SERVICES = Plan(
    orders=500,
    posting=24,
    chaos=28,
    within=240,
    outages=(("kafka", 5), ("dispatch", 11), ("postgres", 15), ("intake", 22)),
)
EMBEDDED = Plan(
    orders=400,
    posting=16,
    chaos=26,
    within=240,
    outages=(("postgres", 6),),
    cases=20,
    advances=(timedelta(minutes=6), timedelta(minutes=30)),
)


async def test_the_services_on_kafka(kafka_server: KafkaServer, tmp_path: Path) -> None:
    seed = 20261123
    async with split(kafka_server, tmp_path, seed, kill_every=3.5) as town:
        print(await Drill(town, SERVICES, seed).run())


async def test_the_whole_in_one_process(tmp_path: Path) -> None:
    seed = 20261124
    async with whole(tmp_path, seed, kill_every=8) as town:
        print(await Drill(town, EMBEDDED, seed).run())
