"""A case from its order to its end, over HTTP and the bus."""

from datetime import timedelta

from services.dispatch.main import build
from services.dispatch.settings import DispatchSettings
from tests.harness.single import single
from tests.integration.dispatch.story import Order


async def test_smoke(database_url: str) -> None:
    async with single(build, DispatchSettings, database_url) as one:
        order = Order("ord_1")
        await one.publish(order.accepted())
        admin = await one.visitor("admin")
        answer = await admin.get("/dispatch/v1/cases")
        print(answer.json())
        [case] = answer.json()["items"]
        print([(e.name, e.sequence, e.data["text"]) for e in await one.events("duoge.cases")])
        await one.advance(timedelta(hours=3))
        print([(e.name, e.sequence, e.data["text"]) for e in await one.events("duoge.cases")])
        answer = await admin.get("/dispatch/v1/rates?by=unit")
        print(answer.json())
