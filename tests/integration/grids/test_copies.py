"""The copy of a process under what a broker may do to it."""

import asyncio

import httpx
import pytest

from duoge.running.parts import make_copy
from services.fabric.snapshot import Fabric
from services.grids.main import build
from services.grids.settings import GridsSettings
from services.kit import migrate
from services.kit.bus.kafka import KafkaBus, KafkaOptions
from services.kit.bus.port import Message
from services.kit.ids import uuid7
from tests.harness.single import Single, single
from tests.harness.zhenru import SHOP
from tests.integration.grids.steps import collection, feature, get, load_zhenru, put, square, topic

WEST = square(121.40, 31.24)


def held(one: Single) -> Fabric:
    assert one.service.copy is not None
    fabric: Fabric | None = one.service.copy.current
    assert fabric is not None
    return fabric


async def test_what_comes_late_loses(one: Single, admin: httpx.AsyncClient) -> None:
    """A relay that lost its lock without knowing sends the first publication again, after the second."""
    await put(admin, "units", [{"code": "U", "name": "甲", "level": "street"}])
    await one.drain()
    first = await topic(one.bus)
    await put(admin, "units", [{"code": "U", "name": "乙", "level": "street"}])
    await one.drain()
    again = [Message(record.topic, record.key, record.value, record.headers) for record in first]
    assert await one.bus.publish(again) == [None] * len(again)
    follower = make_copy("follower", one.bus, one.clock)
    follower.start()
    try:
        assert await follower.wait_for(2, 20)
        assert follower.current is not None
        assert follower.current.units["U"].name == "乙"
    finally:
        await follower.stop()
    await put(admin, "units", [{"code": "V", "name": "丙", "level": "street"}])
    assert {code: unit.name for code, unit in held(one).units.items()} == {"U": "乙", "V": "丙"}


async def test_reading_own_writes_while_the_topic_lags(one: Single, admin: httpx.AsyncClient) -> None:
    for turn in range(15):
        body = collection(feature("A", WEST, unit=f"U{turn}"))
        version = (await put(admin, "overlays/police", body))["version"]
        here = await get(admin, "resolve", lon=121.405, lat=31.245)
        assert (here["version"], here["overlays"]["police"]["unit"]) == (version, f"U{turn}")


@pytest.mark.kafka
async def test_on_a_real_broker(database_url: str, kafka_bootstrap: str) -> None:
    """The largest values pass the broker's limits, and a follower gets the same fabric."""
    options = KafkaOptions(kafka_bootstrap, prefix=f"t{uuid7().hex[-8:]}.")
    async with single(build, GridsSettings, database_url, fabric=False, bus=KafkaBus(options)) as one:
        admin = await one.visitor("admin")
        await load_zhenru(admin)
        ring = [[121.4 + n * 1e-7, 31.24 + (n % 2) * 1e-8] for n in range(40_000)]
        ring += [[121.5, 31.3], ring[0]]
        await put(
            admin, "overlays/fire", collection(feature("BIG", {"type": "Polygon", "coordinates": [ring]})), mend=True
        )
        await put(admin, "overlays/fire", collection(feature("SMALL", WEST)))
        await one.drain()
        other = KafkaBus(options)
        await other.start()
        follower = make_copy("follower", other, one.clock)
        follower.start()
        try:
            assert await follower.wait_for(held(one).version, 30)
            assert follower.current is not None
            assert follower.current.hashes == held(one).hashes
        finally:
            await follower.stop()
            await other.stop()
        assert (await get(admin, "resolve", lon=SHOP[0], lat=SHOP[1]))["overlays"]["police"]["how"] == "inside"


async def test_down_and_up_again(one: Single, admin: httpx.AsyncClient, database_url: str) -> None:

    await put(admin, "overlays/police", collection(feature("A", WEST)))
    await one.service.stop()
    await asyncio.to_thread(migrate.downgrade, database_url, "grids", "base")
    await asyncio.to_thread(migrate.upgrade, database_url, "grids")
