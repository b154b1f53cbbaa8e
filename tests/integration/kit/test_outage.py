"""The database dies under a whole service and comes back: told at once, nothing acknowledged lost, all goes on."""

import asyncio
import time
from collections.abc import AsyncIterator

import httpx
import pytest

from services.kit.bus.pglog import PgLogBus
from services.kit.bus.port import Bus
from services.kit.service import Service
from tests.integration.kit import stage
from tests.integration.kit.bench import SCHEMA, Bench, Server, until
from tests.integration.kit.stage import ADMIN

V1 = f"/{SCHEMA}/v1"


@pytest.fixture
async def service(own_server: Server) -> AsyncIterator[Service]:
    bus: Bus = PgLogBus(own_server.url, lease=1.0)
    made = stage.build(stage.settings_for(own_server.url), bus)
    await made.start()
    yield made
    await made.stop()


def client(service: Service) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(service.app, raise_app_exceptions=False)
    return httpx.AsyncClient(
        transport=transport, base_url="http://duoge", headers={"Authorization": f"Bearer {ADMIN}"}, timeout=30
    )


async def test_the_database_dies_and_comes_back(service: Service, own_server: Server) -> None:
    bench = Bench(own_server.url, service.bus)
    acknowledged: list[str] = []
    async with client(service) as asking:

        async def ready(wanted: int) -> bool:
            return (await asking.get(f"/{SCHEMA}/readyz")).status_code == wanted

        async def post(name: str) -> int:
            answer = await asking.post(f"{V1}/notes", json={"subject": name})
            if answer.status_code == 201:
                acknowledged.append(name)
            return answer.status_code

        await until(lambda: ready(200))
        assert [await post(f"before{n}") for n in range(20)] == [201] * 20
        writing = asyncio.gather(*(post(f"during{n}") for n in range(40)))
        await asyncio.to_thread(own_server.postgres.kill)
        assert set(await writing) <= {201, 503}
        answer = await asking.post(f"{V1}/notes", json={"subject": "x"})
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
        assert answer.json()["code"] == "unavailable"
        assert "重发" in answer.json()["detail"]
        assert (await asking.get(f"{V1}/notes/x")).status_code == 503
        since = time.monotonic()
        assert await ready(503)
        assert time.monotonic() - since < 6
        found = (await asking.get(f"/{SCHEMA}/readyz")).json()
        assert "database" in found["problems"]
        assert (await asking.get(f"/{SCHEMA}/healthz")).status_code == 200
        await until(lambda: not any(w.state().ok for w in [*service.relays(), *service.consumers()]), 40)

        await asyncio.to_thread(own_server.raise_again)
        await until(lambda: ready(200), 40)
        await until(service.idle, 40)
        assert await post("after") == 201
        await until(service.idle, 40)
        effects = await bench.effects()
        assert all(numbers == [1] for numbers in effects.values())
        assert set(acknowledged) <= set(effects)
        assert await bench.scalar("SELECT count(*) FROM parked") == 0
        assert await bench.scalar("SELECT count(*) FROM note") == len(effects)
    await bench.close()


async def test_it_starts_with_the_database_away_and_begins_when_it_comes(own_server: Server) -> None:
    await asyncio.to_thread(own_server.postgres.kill)
    bus = PgLogBus(own_server.url, lease=1.0)
    service = stage.build(stage.settings_for(own_server.url), bus)
    await service.start()
    async with client(service) as asking:
        await until(lambda: not service.relays()[0].state().ok)
        assert (await asking.get(f"/{SCHEMA}/readyz")).status_code == 503
        assert (await asking.post(f"{V1}/notes", json={"subject": "x"})).status_code == 503
        await asyncio.to_thread(own_server.raise_again)

        async def ready() -> bool:
            return (await asking.get(f"/{SCHEMA}/readyz")).status_code == 200

        await until(ready, 40)
        assert (await asking.post(f"{V1}/notes", json={"subject": "x"})).status_code == 201
        await until(service.idle)
    await service.stop()
