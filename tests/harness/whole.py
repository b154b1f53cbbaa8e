"""The whole system in this process, as `duoge up` runs it, under a clock that stands still until told."""

import csv
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

import httpx

from duoge.running import whole
from duoge.running.devclock import DevClock
from services.kit.clock import FrozenClock
from services.kit.keys import Keys
from tests.harness.forgetting import forget_apps
from tests.harness.single import ADMIN, SECRET, Visitors
from tests.harness.zhenru import AT, DATA


@dataclass
class System:
    whole: whole.Whole
    clock: FrozenClock
    visitor: Visitors
    dev: DevClock

    async def drain(self) -> None:
        await self.dev.drain(120)

    async def advance(self, by: timedelta) -> datetime:
        """Through every due moment in order, all that follows drained."""
        return await self.dev.advance(by)

    async def load_zhenru(self) -> None:
        """Through the API, as an operator would."""
        admin = await self.visitor("admin")
        await _ok(admin.put("/grids/v1/units", json=_rows("units.csv")))
        places = [row | {"lon": float(row["lon"]), "lat": float(row["lat"])} for row in _rows("gazetteer.csv")]
        await _ok(admin.put("/grids/v1/gazetteer", json=places))
        files = sorted(DATA.glob("*.geojson"))
        for file in files:
            wait = {"wait": "true"} if file == files[-1] else {}
            body = json.loads(file.read_text("utf-8"))
            await _ok(admin.put(f"/grids/v1/overlays/{file.stem}", json=body, params=wait))
        await self.drain()


@asynccontextmanager
async def system(
    url: str, *, at: datetime = AT, zhenru: bool = True, more: dict[str, object] | None = None
) -> AsyncIterator[System]:
    """`more`: settings beyond the usual, such as `kafka_bootstrap`."""
    async with AsyncExitStack() as stack:
        stack.callback(forget_apps)
        clock = FrozenClock(at)
        given: dict[str, object] = {
            "database_url": url,
            "secret": SECRET,
            "admin_key": ADMIN,
            "dev": True,
            "database_pool": 5,
        }
        built = whole.build(given | (more or {}), clock)
        stack.push_async_callback(built.stop)
        await built.start()
        first = built.services[0]
        running = System(
            built,
            clock,
            Visitors(Keys(first.db, SECRET, ADMIN), first.db, built.app, stack),
            DevClock(clock, built.services, lambda: None),
        )
        assert await built.ready() == {}
        if zhenru:
            await running.load_zhenru()
        yield running


def _rows(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8") as file:
        return [{key: value for key, value in row.items() if value} for row in csv.DictReader(file)]


async def _ok(answering: "object") -> httpx.Response:
    answer: httpx.Response = await answering  # type: ignore[misc]
    assert answer.status_code < 300, answer.text
    return answer
