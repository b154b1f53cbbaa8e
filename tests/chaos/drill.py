"""The kill drill: people use the town, everything in it dies again and again, and afterwards all is as if nothing had."""

import asyncio
import random
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import timedelta

import asyncpg
import httpx

from duoge.demo.load import load_zhenru
from services.kit.bus.port import Bus
from tests.chaos.asking import Asker
from tests.chaos.checks import Promised, judge
from tests.chaos.evidence import Evidence, gather, unsettled
from tests.chaos.people import RENAMED, Desk, Mapmaker, Source, Whistler, made_orders
from tests.chaos.spoiling import unnoticed
from tests.chaos.supervisor import Broke
from tests.chaos.town import ADMIN, Town
from tests.integration.notify.receiving import Receiver, receiving

LOOK_EVERY = 0.5  # seconds between two looks whether all has settled
KEYS = {
    "source": {"name": "演练·12345", "role": "source", "source": "drill-12345"},
    "desk": {"name": "演练·城运中心", "role": "duty_desk", "unit": "ZR-OPS"},
}


@dataclass(frozen=True)
class Plan:
    """`posting`: seconds over which the orders are spread; `chaos`: for how long things die; `within`: seconds until all
    must have settled; `outages`: what else breaks (see `Town.outage_of`) and when; `advances`: how the clock is moved,
    in the midst of it, where it can be; `subscribers`: units with a webhook (a sender that dies keeps its lease for a
    minute, so they are for long drills)."""

    orders: int
    posting: float
    chaos: float
    within: float
    outages: tuple[tuple[str, float], ...]
    cases: int = 30
    whistles: int = 2
    maps: int = 4
    wait: float = 20.0
    advances: tuple[timedelta, ...] = ()
    subscribers: tuple[str, ...] = ()


@dataclass
class Drill:
    town: Town
    plan: Plan
    seed: int
    why: str = "nothing was looked at yet"
    figures: dict[str, object] = field(default_factory=dict)
    _receivers: dict[str, Receiver] = field(default_factory=dict)
    _looked: float = 0.0
    _quiet: int = 0

    async def run(self) -> dict[str, object]:
        """The figures; AssertionError with all that is wrong, and the seed."""
        supervisor, plan = self.town.supervisor, self.plan
        async with AsyncExitStack() as stack:
            http = await stack.enter_async_context(httpx.AsyncClient(timeout=30, trust_env=False))
            asker = Asker(self.town.roads, http)
            began = time.monotonic()
            keys = await self._prepare(asker)
            self._people(asker, keys)
            for unit in plan.subscribers:
                self._receivers[unit] = await stack.enter_async_context(receiving())
                await self._subscribe(asker, unit, self._receivers[unit].url)
            prepared = time.monotonic()
            use = asyncio.create_task(self._use(asker))
            stack.callback(use.cancel)
            outages = [self.town.outage_of[name](at) for name, at in plan.outages]
            await supervisor.run(lambda: self._done(use), chaos=plan.chaos, within=plan.within, outages=outages)
            settled = time.monotonic()
            await supervisor.stop()
            await asyncio.to_thread(self.town.reopen)
            evidence = await self._gather()
        people = (self._source, self._desk, self._whistler, self._mapmaker)
        wrong = [*asker.broken, *(sentence for each in people for sentence in each.wrong)]
        wrong += judge(evidence, self._promised()) + self._said()
        blind = [] if wrong else unnoticed(evidence, self._promised())
        self.figures = _figures(evidence, asker) | {
            "kills": supervisor.kills,
            "by failpoint": {name: count for name, count in supervisor.deaths.items() if count},
            "seconds to prepare": round(prepared - began, 1),
            "seconds to settle": round(settled - prepared, 1),
        }
        assert not wrong, f"{supervisor.account()}\n" + "\n".join(wrong)
        assert not blind, f"{blind} would not have noticed"
        return self.figures

    async def _prepare(self, asker: Asker) -> dict[str, str]:
        """Everything up, the map drawn; the keys. The others come to a finished map: each draws it only once."""
        supervisor = self.town.supervisor
        try:
            await supervisor.start(self.town.first)
            await asker.ready("/grids")
            keys = await self._settle_in(asker.address_of("/grids"))
            await supervisor.start()
            await asker.ready()
        except TimeoutError:
            raise Broke(f"not ready\n{supervisor.tails()}") from None
        return keys

    async def _settle_in(self, address: str) -> dict[str, str]:
        headers = {"Authorization": f"Bearer {ADMIN}"}
        async with httpx.AsyncClient(base_url=address, headers=headers, timeout=120, trust_env=False) as http:
            await load_zhenru(http, lambda _: None, last_waits=False)
            made = {who: await http.post("/grids/v1/keys", json=body) for who, body in KEYS.items()}
            return {who: answer.raise_for_status().json()["key"] for who, answer in made.items()}

    async def _subscribe(self, asker: Asker, unit: str, target: str) -> None:
        body = {"unit": unit, "kind": "webhook", "target": target}
        answer = await asker.ask("POST", "/notify/v1/subscriptions", ADMIN, json=body)
        answer.raise_for_status()

    def _people(self, asker: Asker, keys: dict[str, str]) -> None:
        plan, now = self.plan, self.town.now
        dice = random.Random(self.seed)
        self._source = Source(asker, keys["source"], made_orders(plan.orders, now()), plan.posting, dice, now)
        self._desk = Desk(asker, keys["desk"], plan.cases)
        self._whistler = Whistler(asker, keys["desk"], plan.whistles, plan.wait, now)
        self._mapmaker = Mapmaker(asker, ADMIN, plan.maps, plan.posting)

    async def _use(self, asker: Asker) -> None:
        async with asyncio.TaskGroup() as group:
            for work in (self._source.post_all, self._desk.work, self._whistler.work, self._mapmaker.work):
                group.create_task(work())
        for step in self.plan.advances if self.town.movable else ():
            seconds = step.total_seconds()
            answer = await asker.ask("POST", "/dev/clock", ADMIN, json={"advance": seconds}, timeout=150)
            answer.raise_for_status()
        await self._source.post_again()

    async def _done(self, use: "asyncio.Task[None]") -> bool:
        """Everybody has had their answers, the last deadline has passed, and twice in a row nothing is on its way."""
        if not use.done():
            self.why = "people still wait for answers"
            return False
        use.result()
        if time.monotonic() - self._looked < LOOK_EVERY:
            return False
        now = self.town.now()
        dues = [due for due in (self._source.last_due, self._whistler.last_due) if due is not None]
        if dues and max(dues) > now:
            self.why = "the last deadline is still to come"
            return False
        try:
            connection, bus = await self._open()
            try:
                why = await unsettled(connection, bus, now)
            finally:
                await connection.close()
                await bus.stop()
        except Exception as error:  # the database or the broker is being brought back
            why = repr(error)
        self.why = why or ""
        self._looked = time.monotonic()
        self._quiet = 0 if why else self._quiet + 1
        return self._quiet >= 2

    async def _gather(self) -> Evidence:
        connection, bus = await self._open()
        try:
            received = {unit: [call.event for call in one.calls] for unit, one in self._receivers.items()}
            return await gather(connection, bus, self.town.now(), received)
        finally:
            await connection.close()
            await bus.stop()

    async def _open(self) -> tuple[asyncpg.Connection, Bus]:
        url = self.town.database_url().replace("postgresql+asyncpg://", "postgresql://", 1)
        return await asyncpg.connect(url, timeout=5), self.town.bus()

    def _promised(self) -> Promised:
        named = {RENAMED: self._mapmaker.name}
        return Promised(self._source.answered, self._desk.done, self._whistler.blown, named)

    def _said(self) -> list[str]:
        """Alarms in the logs of the processes: whatever dies, none of its heirs may be at a loss."""
        return [
            f"{log.stem} said: {line[:600]}"
            for log in sorted(self.town.supervisor.folder.glob("*.log"))
            for line in log.read_text(errors="replace").splitlines()
            if '"level": "error"' in line or "[error" in line or line.startswith("Traceback")
        ][:10]


def _figures(evidence: Evidence, asker: Asker) -> dict[str, object]:
    told = [event.name for events in evidence.of_cases.values() for event in events]
    to_units = sum(len(events) for events in evidence.feeds.values())
    records = sum(map(len, (evidence.order_events, evidence.case_events, *evidence.unit_topics.values())))
    events = len(told) + to_units + sum(len(events) for events in evidence.of_orders.values())
    return {
        "orders": len(evidence.orders),
        "cases": len(evidence.cases),
        "case events": len(told),
        "clocks fired": told.count("case.warned") + told.count("case.overdue"),
        "whistles escalated": told.count("whistle.escalated"),
        "events to units": to_units,
        "doubles on the bus": records - events,
        "webhook calls": sum(len(calls) for calls in evidence.received.values()),
        "requests": asker.asked,
        "of them asked again": asker.tries - asker.asked,
    }
