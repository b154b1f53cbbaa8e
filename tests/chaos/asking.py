"""Somebody who asks again until there is an answer, at whichever process has the road."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

AGAIN_AFTER = 0.2  # seconds
PATIENCE = 120.0
NOT_NOW = frozenset({429, 502, 503, 504})


class Unanswered(AssertionError):
    """Nobody answered for longer than anybody would wait."""


@dataclass
class Asker:
    """`broken`: answers that nobody may ever get, such as a 500; `tries`: requests sent, `asked`: answers wanted."""

    roads: Mapping[str, Sequence[str]]
    http: httpx.AsyncClient
    broken: list[str] = field(default_factory=list)
    asked: int = 0
    tries: int = 0

    async def ask(self, method: str, path: str, key: str, **arguments: Any) -> httpx.Response:
        """The first answer that is one: no silence, no `not now`. The same request every time."""
        addresses = self._addresses(path)
        headers = {"Authorization": f"Bearer {key}"} | arguments.pop("headers", {})
        self.asked += 1
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            self.tries += 1
            address = addresses[self.tries % len(addresses)]
            try:
                answer = await self.http.request(method, address + path, headers=headers, **arguments)
            except httpx.TransportError:
                await asyncio.sleep(AGAIN_AFTER)
                continue
            if answer.status_code < 500 and answer.status_code not in NOT_NOW:
                return answer
            if answer.status_code not in NOT_NOW:
                self.broken.append(f"{method} {path}: {answer.status_code} {answer.text[:300]}")
            await asyncio.sleep(AGAIN_AFTER)
        raise Unanswered(f"{method} {path}: nobody answered in {PATIENCE:.0f} s")

    async def ready(self, path: str | None = None, seconds: float = 120.0) -> None:
        """Every process says that it is; of all services, or of the one behind `path`."""
        roads = self.roads if path is None else {path: self._addresses(path)}
        async with asyncio.timeout(seconds):
            for prefix, addresses in roads.items():
                for address in addresses:
                    url = f"{address}{prefix.rstrip('/')}/readyz"
                    while not await self._is_ready(url):  # noqa: ASYNC110 - nobody else tells
                        await asyncio.sleep(AGAIN_AFTER)

    async def _is_ready(self, url: str) -> bool:
        try:
            return (await self.http.get(url)).status_code == 200
        except httpx.TransportError:
            return False

    def address_of(self, path: str) -> str:
        return self._addresses(path)[0]

    def _addresses(self, path: str) -> Sequence[str]:
        return self.roads.get("/" + path.split("/", 2)[1]) or self.roads["/"]
