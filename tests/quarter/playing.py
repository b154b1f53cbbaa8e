"""Day after day: the clock moves by the hour, orders come, people act, and all that follows drains."""

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from services.fabric.calendar import SHANGHAI
from tests.harness.whole import System
from tests.quarter.crowd import Crowd
from tests.quarter.machine import empty_passed_on, memory_mb, processor_seconds
from tests.quarter.orders import made_orders
from tests.quarter.proof import Proof
from tests.quarter.settling import settle
from tests.quarter.statements import Statements

START = datetime(2026, 9, 28, tzinfo=SHANGHAI)
DAYS, ORDERS = 92, 200_000
# Hour → share of the day's orders. What falls due between two hours fires at the later one, as after a short outage.
HOURS = {0: 1, 3: 1, 6: 4, 8: 14, 9: 18, 10: 20, 11: 16, 12: 10, 13: 10, 14: 14, 15: 14, 16: 12, 17: 10, 18: 10, 20: 12, 22: 8}  # fmt: skip
WORKING_FROM = 8
# Days, and rounds of the auditors after each.
WEEK, A_WEEK = 7, 60


@dataclass
class Playing:
    """`spent`: what took how many seconds. `say` is told every midnight how far it is."""

    town: System
    days: int
    orders: int
    start: datetime = START
    seed: int = 1
    say: Callable[[str], None] = lambda _: None
    posted: int = 0
    watch: Statements | None = None
    passed: int = 0
    spent: dict[str, float] = field(
        default_factory=lambda: dict.fromkeys(("orders", "following", "people", "proof"), 0.0)
    )

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)
        self.crowd = Crowd(self.town, self.dice)
        self.proof = Proof(self.town)
        self._ending = False
        self._began = self._midnight = time.perf_counter()

    def end(self) -> None:
        """After the day that is being played."""
        self._ending = True

    async def play(self) -> dict[str, Any]:
        """The figures."""
        for at, count in self._moments():
            self.town.clock.move_to(at)
            with self._spending("orders"):
                self.posted += await self.crowd.post(made_orders(at, self.posted, count, self.dice))
            with self._spending("following"):
                await settle(self.town.whole.services)
            if at.hour == 0 and at > self.start:
                await self._day_over(at)
                if self._ending:
                    break
            with self._spending("people"):
                if at.hour == WORKING_FROM:
                    await self.crowd.triage()
                await self.crowd.meet(at)
                await self.crowd.act()
        with self._spending("following"):
            await settle(self.town.whole.services)
        seconds = time.perf_counter() - self._began
        return {
            "days": self.passed,
            "orders": self.posted,
            "actions": self.crowd.done.total(),
            "refused": self.crowd.refused.total(),
            "seconds": round(seconds, 1),
            "orders_a_second": round(self.posted / seconds, 1),
            "spent": {what: round(took, 1) for what, took in self.spent.items()},
        }

    async def _day_over(self, at: datetime) -> None:
        self.passed += 1
        if self.watch is not None:
            await self.watch.day()
        if self.passed % WEEK == 0:
            with self._spending("proof"):
                found = await self.proof.rounds(A_WEEK)
            if found:
                self.say(f"found: {found[:3]}")
            await empty_passed_on(self.town)
        now = time.perf_counter()
        took, self._midnight = now - self._midnight, now
        self.say(
            f"{at - timedelta(days=1):%m-%d} {took:.0f} s, {self.posted} orders, {self.crowd.waiting} cases to come back to, "
            f"{self.crowd.done.total()} actions, {memory_mb()} MB, processor {processor_seconds():.0f} s, "
            + ", ".join(f"{what} {spent:.0f} s" for what, spent in self.spent.items())
        )

    def _moments(self) -> Iterator[tuple[datetime, int]]:
        """When to look, and how many orders come then; the last day ends at midnight."""
        whole = sum(HOURS.values()) * self.days
        came, share = 0, 0
        for day in range(self.days):
            for hour, weight in HOURS.items():
                share += weight
                count = self.orders * share // whole - came
                came += count
                yield self.start + timedelta(days=day, hours=hour), count
        yield self.start + timedelta(days=self.days), 0

    def _spending(self, what: str) -> "_Spending":
        return _Spending(self.spent, what)


class _Spending:
    def __init__(self, spent: dict[str, float], what: str) -> None:
        self._spent, self._what = spent, what

    def __enter__(self) -> None:
        self._began = time.perf_counter()

    def __exit__(self, *_: object) -> None:
        self._spent[self._what] += time.perf_counter() - self._began
