"""Who uses the town while things die: a source that repeats itself, a desk that works on cases, one who whistles."""

import asyncio
import itertools
import random
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from duoge.demo.day import NOISY_SHOP, a_day
from services.kit.clock import SHANGHAI
from tests.chaos.asking import Asker

HANDS = 8  # requests of the source at a time
SOON = (2.0, 9.0)  # seconds to a `source_due` that falls due during the drill
CALLED = ("ZR-POLICE", "ZR-MARKET", "ZR-CITYLOOK")
RENAMED = "ZR-LAW"
SHOP = {"lon": 121.407887, "lat": 31.242573, "address": NOISY_SHOP}
WORK: tuple[dict[str, Any], ...] = (
    {"action": "sign"},
    {"action": "contact", "note": "已电话联系"},
    {"action": "progress", "note": "已到现场"},
    {
        "action": "resolve",
        "measures": "已到现场处置并说明情况",
        "evidence": ["photo_before", "photo_after", "visit_note"],
    },
)


def made_orders(count: int, today: datetime) -> list[dict[str, Any]]:
    """Of as many made-up days, up to yesterday, as it takes."""
    midnight = today.astimezone(SHANGHAI).replace(hour=0, minute=0, second=0, microsecond=0)
    days = (a_day(midnight - timedelta(days=back)) for back in itertools.count(1))
    return [made.order for made in itertools.islice(itertools.chain.from_iterable(days), count)]


@dataclass
class Source:
    """Posts `orders`, single and in batches, spread over `seconds`. `answered`: external id → order id. Every eighth
    order is due within seconds, so that clocks run out during the drill."""

    asker: Asker
    key: str
    orders: list[dict[str, Any]]
    seconds: float
    dice: random.Random
    now: Callable[[], datetime]
    answered: dict[str, str] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    last_due: datetime | None = None

    async def post_all(self) -> None:
        waiting = deque(self._in_parts())
        pause = self.seconds / len(waiting)
        started = time.monotonic()

        async def work() -> None:
            while waiting:
                place = total - len(waiting)
                part = waiting.popleft()
                await asyncio.sleep(max(0.0, started + place * pause - time.monotonic()))
                await self._post(part)

        total = len(waiting)
        async with asyncio.TaskGroup() as group:
            for _ in range(HANDS):
                group.create_task(work())

    async def post_again(self) -> None:
        """Everything a second time, as after a loss of all answers: nothing new may come of it."""
        for first in range(0, len(self.orders), 500):
            part = self.orders[first : first + 500]
            answer = await self.asker.ask("POST", "/intake/v1/orders/batch", self.key, json=part)
            for order, item in zip(part, answer.json()["items"], strict=True):
                if item["status_code"] != 200:
                    self.wrong.append(f"{order['external_id']} posted again: {item}")
                else:
                    self._note(order, item["order_id"])

    def _in_parts(self) -> list[list[dict[str, Any]]]:
        left, parts = list(self.orders), []
        while left:
            size = 1 if self.dice.random() < 0.7 else self.dice.randint(2, 40)
            parts.append(left[:size])
            del left[:size]
        return parts

    async def _post(self, part: list[dict[str, Any]]) -> None:
        for order in part:
            if self.dice.random() < 1 / 8:
                due = self.now() + timedelta(seconds=self.dice.uniform(*SOON))
                self.last_due = max(due, self.last_due or due)
                order["source_due"] = due.isoformat()
        if len(part) > 1:
            answer = await self.asker.ask("POST", "/intake/v1/orders/batch", self.key, json=part)
            items = answer.json().get("items", [{"problem": answer.text}])
        else:
            answer = await self.asker.ask("POST", "/intake/v1/orders", self.key, json=part[0])
            items = [{"status_code": answer.status_code} | answer.json()]
        for order, item in zip(part, items, strict=True):
            if item.get("status_code") not in (200, 201):
                self.wrong.append(f"{order['external_id']}: {item}")
            else:
                self._note(order, item["order_id"])

    def _note(self, order: dict[str, Any], order_id: str) -> None:
        before = self.answered.setdefault(order["external_id"], order_id)
        if before != order_id:
            self.wrong.append(f"{order['external_id']} was answered as {before} and as {order_id}")


@dataclass
class Desk:
    """Works on `most` cases to their result, each step with its Idempotency-Key. `done`: (case, action)."""

    asker: Asker
    key: str
    most: int
    done: list[tuple[str, str]] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    _taken: set[str] = field(default_factory=set)

    async def work(self) -> None:
        while len(self._taken) < self.most:
            answer = await self.asker.ask("GET", "/dispatch/v1/cases?state=dispatched&limit=50", self.key)
            fresh = [case["case_id"] for case in answer.json()["items"] if case["case_id"] not in self._taken]
            if not fresh:
                await asyncio.sleep(0.2)
            for case_id in fresh[:5]:
                self._taken.add(case_id)
                for step in WORK:
                    await self._do(case_id, step)

    async def _do(self, case_id: str, step: dict[str, Any]) -> None:
        path, key = f"/dispatch/v1/cases/{case_id}/actions", f"{case_id}/{step['action']}"
        answer = await self.asker.ask("POST", path, self.key, json=step, headers={"Idempotency-Key": key})
        if answer.status_code == 200:
            self.done.append((case_id, step["action"]))
        else:
            self.wrong.append(f"{key}: {answer.status_code} {answer.text[:300]}")


@dataclass
class Whistler:
    """Blows `most` whistles, by turns for a place and for a case, `wait` seconds to report in; one unit comes, the
    others stay away."""

    asker: Asker
    key: str
    most: int
    wait: float
    now: Callable[[], datetime]
    blown: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    last_due: datetime | None = None

    async def work(self) -> None:
        for number in range(self.most):
            about = {"place": SHOP} if number % 2 == 0 else {"case_id": await self._case()}
            whistle_id = await self._blow(number, about)
            if whistle_id is not None:
                self.blown.append(whistle_id)
                came = {"unit": CALLED[number % len(CALLED)], "person": "带队干部"}
                answer = await self.asker.ask("POST", f"/dispatch/v1/whistles/{whistle_id}/vouch", self.key, json=came)
                if answer.status_code != 200:
                    self.wrong.append(f"vouch {number}: {answer.status_code} {answer.text[:300]}")

    async def _blow(self, number: int, about: dict[str, Any]) -> str | None:
        """Anew with a later deadline, should nobody have heard before the first had passed."""
        for attempt in itertools.count():
            due = self.last_due = self.now() + timedelta(seconds=self.wait * 2**attempt)
            body = about | {
                "kind": "emergency",
                "units": list(CALLED),
                "need": f"演练 {number}",
                "report_in_by": due.isoformat(),
            }
            headers = {"Idempotency-Key": f"whistle-{number}-{attempt}"}
            answer = await self.asker.ask("POST", "/dispatch/v1/whistles", self.key, json=body, headers=headers)
            if answer.status_code in (200, 201):
                return str(answer.json()["whistle_id"])
            if answer.status_code != 422 or "/report_in_by" not in answer.text:
                self.wrong.append(f"whistle {number}: {answer.status_code} {answer.text[:300]}")
                return None
        return None

    async def _case(self) -> str:
        while True:
            answer = await self.asker.ask("GET", "/dispatch/v1/cases?state=dispatched&limit=1", self.key)
            for case in answer.json()["items"]:
                return str(case["case_id"])
            await asyncio.sleep(0.2)


@dataclass
class Mapmaker:
    """Renames a unit `most` times over `seconds`: every process has to draw each new version of the map."""

    asker: Asker
    key: str
    most: int
    seconds: float
    name: str = ""
    wrong: list[str] = field(default_factory=list)

    async def work(self) -> None:
        told = (await self.asker.ask("GET", f"/grids/v1/units/{RENAMED}", self.key)).json()
        body = {name: told[name] for name in ("level", "parent", "kind")}
        for number in range(self.most):
            await asyncio.sleep(self.seconds / self.most)
            self.name = f"{told['name']}（第{number + 1}次改名）"
            wanted = body | {"name": self.name}
            answer = await self.asker.ask("PUT", f"/grids/v1/units/{RENAMED}", self.key, json=wanted)
            if answer.status_code != 200:
                self.wrong.append(f"{self.name}: {answer.status_code} {answer.text[:300]}")
