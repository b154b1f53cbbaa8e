"""notify by itself, with a real time that the tests move."""

import functools
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest_asyncio

from services.kit import failpoints
from services.kit.clock import real_now
from services.kit.contracts.envelope import Event
from services.notify.delivery.engine import Engine
from services.notify.main import build
from services.notify.settings import NotifySettings
from services.notify.workers.bell import Bell
from tests.harness.single import Single, single
from tests.integration.notify.receiving import Receiver, receiving


class RealTime:
    """The machine's time, pushed forward by hand."""

    def __init__(self) -> None:
        self.pushed = timedelta(0)

    def __call__(self) -> datetime:
        return real_now() + self.pushed


@dataclass
class Notify:
    one: Single
    real: RealTime
    admin: httpx.AsyncClient

    @property
    def engine(self) -> Engine:
        return next(worker for worker in self.one.service.workers if isinstance(worker, Engine))

    @property
    def bell(self) -> Bell:
        return next(worker for worker in self.one.service.workers if isinstance(worker, Bell))

    async def publish(self, *events: Event) -> None:
        await self.one.publish(*events)

    async def later(self, by: timedelta) -> None:
        """Deliveries that are due by then go out; see Receiver.until for their arrival."""
        self.real.pushed += by
        self.engine.wake()

    async def feed(self, unit: str, **parameters: Any) -> list[dict[str, Any]]:
        answer = await self.admin.get(f"/notify/v1/units/{unit}/events", params=parameters)
        assert answer.status_code == 200, answer.text
        items: list[dict[str, Any]] = answer.json()["items"]
        return items

    async def subscribe(self, unit: str, target: str, **more: Any) -> dict[str, Any]:
        body = {"unit": unit, "kind": "webhook", "target": target, **more}
        answer = await self.admin.post("/notify/v1/subscriptions", json=body)
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    async def deliveries(self, **parameters: Any) -> list[dict[str, Any]]:
        """The oldest first."""
        answer = await self.admin.get("/notify/v1/deliveries", params=parameters)
        assert answer.status_code == 200, answer.text
        items: list[dict[str, Any]] = answer.json()["items"]
        return items[::-1]

    async def settled(self, count: int, **parameters: Any) -> list[dict[str, Any]]:
        """Once so many deliveries are as asked: their results are on disk."""
        while len(found := await self.deliveries(**parameters)) < count:
            self.engine.wake()
        return found


@pytest_asyncio.fixture
async def notify(database_url: str) -> AsyncIterator[Notify]:
    real = RealTime()
    async with single(functools.partial(build, real=real), NotifySettings, database_url) as one:
        yield Notify(one, real, await one.visitor("admin"))
    failpoints.disarm()


@pytest_asyncio.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as made:
        yield made
