"""Short ways to do what people outside do, each through the API with a key of its own."""

import itertools
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx

from services.kit.bus.port import Record
from services.kit.clock import SHANGHAI
from tests.harness.whole import System

MONDAY = datetime(2026, 11, 23, 10, 0, tzinfo=SHANGHAI)
SHOP = {"lon": 121.407887, "lat": 31.242573}
CASES, WHISTLES = "/dispatch/v1/cases", "/dispatch/v1/whistles"
NAME, PHONE = "王晓芳", "13800001234"
MATTERS: dict[str, dict[str, Any]] = {
    "key": {"title": "夜间噪声", "content": "生鲜店每晚十一点后卸货，噪声很大"},
    "easy": {"title": "流动设摊", "content": "路边流动摊贩占道经营摆摊卖水果", "concern": "CS-02"},
    "hard": {"title": "违法搭建", "content": "有人在天井里违法搭建阳光房", "concern": "GL-02"},
    "emergency": {"title": "着火", "content": "店里着火了，正在冒浓烟", "concern": "AQ-02.burning", "kind": "hazard"},
    "elderly": {"title": "独居老人", "content": "独居老人需要助餐送餐上门服务", "concern": "FW-03", "kind": "help"},
}
Json = dict[str, Any]


def _spots() -> Iterator[dict[str, float]]:
    """Far enough from each other that two orders are never one matter."""
    for row, column in itertools.product(range(7), range(9)):
        yield {"lon": round(121.3880 + 0.003 * column, 4), "lat": round(31.2385 + 0.003 * row, 4)}


def ok(answer: httpx.Response, status: int = 200) -> Any:
    assert answer.status_code == status, f"{answer.request.method} {answer.request.url}: {answer.text}"
    return answer.json()


class Town:
    def __init__(self, running: System) -> None:
        self.running = running
        self._spots = itertools.cycle(_spots())

    @property
    def now(self) -> datetime:
        return self.running.clock.now()

    async def key(self, role: str, unit: str | None = None, source: str | None = None) -> httpx.AsyncClient:
        return await self.running.visitor(role, unit=unit, source=source)

    async def desk(self) -> httpx.AsyncClient:
        return await self.key("duty_desk", "ZR-OPS")

    async def source(self) -> httpx.AsyncClient:
        return await self.key("source", source="sh12345")

    async def pass_by(self, **by: float) -> None:
        await self.running.advance(timedelta(**by))

    async def order(self, matter: str = "key", **more: Any) -> Json:
        """Posted and followed until it stands somewhere; at a spot of its own."""
        body = {
            "external_id": uuid4().hex,
            "channel": "hotline_12345",
            "reported_at": self.now.isoformat(),
            "location": next(self._spots),
            "reporter": {"name": NAME, "phone": PHONE},
            "kind": "complaint",
            **MATTERS[matter],
            **more,
        }
        source = await self.source()
        made = ok(await source.post("/intake/v1/orders", json=body), 201)
        await self.running.drain()
        return dict(ok(await source.get(f"/intake/v1/orders/{made['order_id']}")))

    async def case(self, matter: str = "key", **more: Any) -> Json:
        """A new one, with one order, led by somebody of the street."""
        for _ in range(63):
            order = await self.order(matter, **more)
            if order["status"] == "declined":
                continue
            case = await self.read(order["case_id"])
            if len(case["orders"]) == 1 and case["lead"].startswith("ZR-"):
                return case
        raise AssertionError("nowhere in the district")

    async def read(self, case_id: str) -> Json:
        return dict(ok(await (await self.desk()).get(f"{CASES}/{case_id}")))

    async def lead(self, case: Json) -> httpx.AsyncClient:
        return await self.key("department", case["lead"])

    async def try_to(self, who: httpx.AsyncClient, case: Json, action: str, **more: Any) -> httpx.Response:
        headers = more.pop("headers", {})
        body = {"action": action} | more
        return await who.post(f"{CASES}/{case['case_id']}/actions", json=body, headers=headers)

    async def do(self, who: httpx.AsyncClient, case: Json, *actions: str, **more: Any) -> Json:
        after: Json = case
        for action in actions:
            after = ok(await self.try_to(who, case, action, **more))
        return after

    async def feedback(self, case: Json, satisfaction: str, comment: str = "") -> Json:
        body = {"resolved": satisfaction != "dissatisfied", "satisfaction": satisfaction, "comment": comment}
        ok(await (await self.source()).post(f"/intake/v1/orders/{case['orders'][0]}/feedback", json=body))
        await self.running.drain()
        return await self.read(case["case_id"])

    async def blow(self, who: httpx.AsyncClient, *units: str, **more: Any) -> Json:
        body: Json = {"kind": "joint_enforcement", "need": "联合检查", "meet": SHOP} | more
        if "case_id" not in body:
            body.setdefault("place", SHOP)
        if units:
            body["units"] = list(units)
        return dict(ok(await who.post(WHISTLES, json=body), 201))

    async def step(self, who: httpx.AsyncClient, whistle: Json, action: str, **more: Any) -> httpx.Response:
        return await who.post(f"{WHISTLES}/{whistle['whistle_id']}/{action}", json=more)

    async def whistle(self, whistle: Json) -> Json:
        return dict(ok(await (await self.desk()).get(f"{WHISTLES}/{whistle['whistle_id']}")))

    async def feed(self, unit: str, subject: str | None = None) -> list[Json]:
        await self.running.drain()
        found: list[Json] = []
        after: str | None = None
        while True:
            parameters = {"limit": 1000} | ({"after": after} if after else {})
            page = ok(await (await self.desk()).get(f"/notify/v1/units/{unit}/events", params=parameters))
            if not page["items"]:
                return [event for event in found if subject in (None, event["subject"])]
            found += page["items"]
            after = page["next"]

    async def topic(self, name: str) -> list[Record]:
        """All of it, from the beginning."""
        await self.running.drain()
        reader = await self.running.whole.bus.read_all(name)
        found: list[Record] = []
        while True:
            found += await reader.poll(0)
            if await reader.caught_up():
                await reader.stop()
                return found


def types(case: Json) -> list[str]:
    return [entry["type"] for entry in case["timeline"]]


def clock(case: Json, kind: str) -> Json:
    [found] = [one for one in case["clocks"] if one["kind"] == kind]
    return dict(found)


def call(whistle: Json, unit: str) -> Json:
    [found] = [one for one in whistle["calls"] if one["unit"] == unit]
    return dict(found)
