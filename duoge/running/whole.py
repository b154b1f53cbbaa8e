"""The whole system in one process: five services, one bus, one copy of the fabric, one clock."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from fastapi import Depends, FastAPI
from pydantic import BaseModel, ConfigDict

from duoge.running.devclock import DevClock
from duoge.running.gateway import Gateway
from duoge.running.parts import make_bus, make_copy
from duoge.running.services import SERVICES
from services.kit import migrate
from services.kit.bus.port import Bus
from services.kit.clock import Clock, PacedClock, ShiftedClock
from services.kit.http import answers
from services.kit.http.auth import Gate, allow
from services.kit.keys import Caller
from services.kit.problems import Invalid
from services.kit.service import Service
from services.kit.settings import KitSettings, load

# What a timer adds to now must still be a date.
LAST = datetime(2100, 12, 31, tzinfo=UTC)


class Advance(BaseModel):
    """`{"advance": "PT15M"}`: an ISO 8601 duration, or seconds; forward only."""

    model_config = ConfigDict(extra="forbid")
    advance: timedelta


@dataclass
class Whole:
    """Started, it serves `app`; `services` are in the order in which they were started."""

    services: Sequence[Service]
    bus: Bus
    app: Gateway
    clock: Clock
    dev: DevClock | None

    async def start(self) -> None:
        await self.bus.start()
        for service in self.services:
            await service.start()

    async def stop(self) -> None:
        for service in reversed(self.services):
            await service.stop()
        await self.bus.stop()

    async def ready(self, timeout: float = 60.0) -> Mapping[str, str]:
        """Waits for all; returns what is still wrong when the time is over (empty: all well)."""
        wrong: dict[str, str] = {}
        try:
            async with asyncio.timeout(timeout):
                while True:
                    wrong = {
                        f"{service.name}.{name}": why
                        for service in self.services
                        for name, why in (await service.readiness()).problems.items()
                    }
                    if not wrong:
                        return {}
                    await asyncio.sleep(0.05)
        except TimeoutError:
            return wrong


async def migrate_all(url: str) -> None:
    for history in migrate.HISTORIES:
        await asyncio.to_thread(migrate.upgrade, url, history)


def check(settings: Mapping[str, object]) -> None:
    """WrongSetting names what is wrong for whichever service, before anything is started."""
    for kind in SERVICES.values():
        load(kind.settings, **settings)


def build(settings: Mapping[str, object], clock: Clock, moved: Callable[[], None] | None = None) -> Whole:
    """`settings` are given to every service's own model; what is missing comes from the environment.

    `moved` writes down where a moved clock stands; without it (or without `dev`) there is no `/dev/clock`.
    """
    kit = load(KitSettings, **settings)
    bus = make_bus(kit)
    copy = make_copy("house", bus, clock)
    services = [
        kind.build(load(kind.settings, **settings), clock, bus, copy, alone=False) for kind in SERVICES.values()
    ]
    services[0].copy, services[0].owns_copy = copy, True
    apps: dict[str, FastAPI] = {
        path: service.app for service, kind in zip(services, SERVICES.values(), strict=True) for path in kind.paths
    }
    dev = None
    if kit.dev and moved is not None and isinstance(clock, ShiftedClock | PacedClock):
        dev = DevClock(clock, services, moved)
        apps["/dev"] = _dev_app(dev, services[0].app.state.gate)
    return Whole(services, bus, Gateway(apps, apps["/"]), clock, dev)


def _dev_app(dev: DevClock, gate: Gate) -> FastAPI:
    app = FastAPI(title="多格合一 · 开发时钟", docs_url=None, redoc_url=None, strict_content_type=False)
    app.state.gate = gate
    answers.install(app, "dev")

    @app.post("/dev/clock")
    async def advance(body: Advance, caller: Caller = Depends(allow("admin"))) -> dict[str, str]:
        if not timedelta(0) <= body.advance <= LAST - dev.now():
            why = "请往前拨，不早于现在、不晚于 2100 年"
            raise Invalid(why, errors=[{"pointer": "/advance", "detail": why}])
        return {"now": (await dev.advance(body.advance)).isoformat()}

    return app
