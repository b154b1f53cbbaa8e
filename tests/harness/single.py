"""One service by itself: its neighbours are played by publishing what they would publish."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import httpx

from duoge.running.devclock import DevClock
from duoge.running.parts import make_copy
from services.kit.bus.pglog import PgLogBus
from services.kit.bus.port import Bus, Message
from services.kit.clock import FrozenClock
from services.kit.contracts.envelope import Event, from_record, to_message
from services.kit.contracts.registry import BY_CE_TYPE
from services.kit.contracts.topics import GRIDS, HOUSE
from services.kit.db import Database
from services.kit.keys import Keys
from services.kit.service import Service
from services.kit.settings import KitSettings, load
from tests.harness.forgetting import forget_apps
from tests.harness.zhenru import AT, zhenru_entries

SECRET = "only-for-tests-" + "x" * 32
ADMIN = "admin-key-only-for-tests"
# A thousand tests each wait for the last round of each worker.
PATIENCE = 0.05


class Visitors:
    """Makes keys as an operator would, and clients that use them."""

    def __init__(self, keys: Keys, db: Database, app: Any, stack: AsyncExitStack) -> None:
        self._keys, self._db, self._app, self._stack = keys, db, app, stack
        self._made: dict[tuple[str, str | None, str | None], httpx.AsyncClient] = {}

    async def __call__(self, role: str, unit: str | None = None, source: str | None = None) -> httpx.AsyncClient:
        """The same client for the same three. `admin` uses the environment's key."""
        known = self._made.get((role, unit, source))
        if known is not None:
            return known
        token = ADMIN
        if role != "admin":
            async with self._db.transaction() as tx:
                name = f"{role}-{unit or source or 'x'}"
                _, token = await self._keys.create(tx, name=name, role=role, unit=unit, source=source, now=AT)
        made = self.anonymous(token)
        self._made[role, unit, source] = await self._stack.enter_async_context(made)
        return made

    def anonymous(self, token: str | None = None) -> httpx.AsyncClient:
        """Not closed by itself."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        # What a handler raises must come back as an answer, as it would through a real server.
        transport = httpx.ASGITransport(self._app, raise_app_exceptions=False)
        return httpx.AsyncClient(transport=transport, base_url="http://duoge", headers=headers, timeout=60)


@dataclass
class Single:
    service: Service
    clock: FrozenClock
    bus: Bus
    visitor: Visitors
    dev: DevClock

    async def drain(self) -> None:
        """Until the service has nothing left to relay, to consume or to sweep."""
        await self.dev.drain(60)

    async def advance(self, by: timedelta) -> datetime:
        """Through every due moment in order."""
        return await self.dev.advance(by)

    async def publish(self, *events: Event) -> None:
        """As the neighbour that owns the type would, then drained."""
        results = await self.bus.publish([to_message(event, BY_CE_TYPE[event.type].topic) for event in events])
        assert results == [None] * len(events)
        await self.drain()

    async def events(self, topic: str) -> list[Event]:
        """Everything on a topic of the service's own, from the beginning; the end of an entry is told without an event."""
        await self.drain()
        reader = await self.bus.read_all(topic)
        found: list[Event] = []
        while True:
            found += [from_record(record) for record in await reader.poll(0) if record.value is not None]
            if await reader.caught_up():
                await reader.stop()
                return found


@asynccontextmanager
async def single(
    build: Callable[..., Service],
    settings: type[KitSettings],
    url: str,
    *,
    at: datetime = AT,
    fabric: bool = True,
    bus: Bus | None = None,
    more: dict[str, object] | None = None,
) -> AsyncIterator[Single]:
    """Started on `url` with the time standing at `at`; `fabric`: with the Zhenru fabric on the bus, version 1."""
    async with AsyncExitStack() as stack:
        stack.callback(forget_apps)
        bus = bus or PgLogBus(url, lease=2.0)
        clock = FrozenClock(at)
        given: dict[str, object] = {
            "database_url": url,
            "secret": SECRET,
            "admin_key": ADMIN,
            "dev": True,
            "database_pool": 6,
        }
        service = build(load(settings, **given | (more or {})), clock, bus, make_copy("test", bus, clock), alone=True)
        for each in service.consumers():
            each.patience = PATIENCE
        if service.copy is not None:
            service.copy.patience = PATIENCE
        await bus.ensure_topics(HOUSE)
        if fabric:
            await publish_fabric(bus, zhenru_entries())
        stack.push_async_callback(service.stop)
        await service.start()
        keys = Keys(service.db, SECRET, ADMIN)
        one = Single(service, clock, bus, Visitors(keys, service.db, service.app, stack), _dev(clock, [service]))
        if fabric:
            assert service.copy is not None
            assert await service.copy.wait_for(1, 30)
        await one.drain()
        yield one


async def publish_fabric(bus: Bus, entries: dict[str, bytes]) -> None:
    """As grids does: the entries first, the manifest last."""
    sent = [Message(GRIDS.name, key, value, {}) for key, value in entries.items()]
    assert await bus.publish(sent) == [None] * len(sent)


def _dev(clock: FrozenClock, services: Sequence[Service]) -> DevClock:
    return DevClock(clock, services, lambda: None)
