"""The long drill (`make chaos`): two thousand orders and more, several seeds, everything killed several times."""

import random
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from duoge.embedded.ports import free_port
from duoge.embedded.postgres import EmbeddedPostgres
from tests.chaos.asking import Asker
from tests.chaos.drill import Drill, Plan
from tests.chaos.supervisor import Program, Supervisor, duoge
from tests.chaos.town import own_folder, split, whole
from tests.servers.kafka import KafkaServer

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(1500)]

ORDERS, CHAOS = 2_000, 150.0
SUBSCRIBERS = ("ZR-CITYLOOK", "ZR-MARKET", "ZR-HOUSING")


def plan_for(seed: int, breaks: tuple[str, ...], advances: tuple[timedelta, ...] = ()) -> Plan:
    """Each of `breaks` three times, at moments that follow from the seed."""
    dice = random.Random(seed)
    outages = tuple((name, dice.uniform(5 + 45 * turn, 45 + 45 * turn)) for name in breaks for turn in range(3))
    return Plan(
        orders=ORDERS,
        posting=CHAOS - 30,
        chaos=CHAOS,
        within=900,
        outages=outages,
        cases=120,
        whistles=8,
        maps=15,
        advances=advances,
        subscribers=SUBSCRIBERS,
    )


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_the_services_on_kafka(kafka_server: KafkaServer, tmp_path: Path, seed: int) -> None:
    async with split(kafka_server, tmp_path, seed, kill_every=4) as town:
        print(await Drill(town, plan_for(seed, ("kafka", "postgres", "dispatch", "intake")), seed).run())


@pytest.mark.parametrize("seed", [4, 5, 6])
async def test_the_whole_in_one_process(tmp_path: Path, seed: int) -> None:
    advances = (timedelta(minutes=6), timedelta(minutes=30), timedelta(hours=3))
    async with whole(tmp_path, seed, kill_every=11) as town:
        print(await Drill(town, plan_for(seed, ("postgres",), advances), seed).run())


@pytest.mark.parametrize("seed", [7, 8, 9])
async def test_a_system_killed_while_it_is_being_born(tmp_path: Path, seed: int) -> None:
    """From an empty folder: keys, database and tables are whole or not there, and it gets up in the end."""
    with own_folder() as place:
        port = free_port()
        up = Program("up", duoge("up", "--data", str(place), "--port", str(port)))
        supervisor = Supervisor([up], tmp_path, seed, kill_every=2.5)
        async with httpx.AsyncClient(trust_env=False) as http:
            asker = Asker({"/": [f"http://127.0.0.1:{port}"]}, http)

            async def done() -> bool:
                await asker.ready()
                key = (place / "admin.key").read_text()
                return (await asker.ask("GET", "/grids/v1/units", key)).status_code == 200

            try:
                await supervisor.run(done, chaos=40, within=200)
                await supervisor.stop()
            finally:
                await supervisor.end()
                postgres = EmbeddedPostgres(place)
                if postgres.pid() is not None:
                    postgres.stop()
        print(supervisor.account())
