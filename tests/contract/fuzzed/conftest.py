"""One town to be asked the oddest things: none of it outlives these tests."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from duoge.embedded.postgres import EmbeddedPostgres
from tests.contract.fuzzed.asking import Crowd
from tests.contract.http.town import MONDAY, SHOP, Town, ok
from tests.harness.whole import system
from tests.servers.databases import Databases


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def town(
    postgres: EmbeddedPostgres, databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Town]:
    name = await databases.take()
    more: dict[str, object] = {"intake_store": tmp_path_factory.mktemp("attachments").as_uri()}
    async with system(postgres.url.rsplit("/", 1)[0] + f"/{name}", at=MONDAY, more=more) as running:
        yield Town(running)
    await databases.give_back(name)


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def crowd(town: Town) -> Crowd:
    case = await town.case()
    whistle = await town.blow(await town.desk(), case_id=case["case_id"])
    admin = await town.key("admin")
    subscribed = {"unit": case["lead"], "kind": "webhook", "target": "http://127.0.0.1:9/hook"}
    subscription = ok(await admin.post("/notify/v1/subscriptions", json=subscribed), 201)
    await town.running.drain()
    grids = ok(await admin.get("/grids/v1/resolve", params=SHOP))["overlays"]
    people = [
        admin,
        await town.source(),
        await town.desk(),
        await town.lead(case),
        await town.key("supervisor"),
        await town.key("auditor"),
        await town.key("volunteer"),
        town.running.visitor.anonymous(),
    ]
    real = {
        "order_id": case["orders"],
        "case_id": [case["case_id"]],
        "whistle_id": [whistle["whistle_id"]],
        "subscription_id": [subscription["subscription_id"]],
        "unit": [case["lead"], "ZR-OPS"],
        "overlay": ["police", "duty"],
        "code": [case["lead"], "ZR-OPS", grids["police"]["grid"]],
        "source": ["sh12345"],
        "form": ["json", "xml"],
        "service_code": ["GL-03"],
        "service_request_id": case["orders"],
    }
    return Crowd(asyncio.get_running_loop(), people, real)
