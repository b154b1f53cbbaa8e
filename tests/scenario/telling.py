"""A matter in the town, from the order that brings it to its end: what people do to it, and the timeline it tells."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from inspect import cleandoc
from typing import Any

import httpx

from duoge.embedded.postgres import EmbeddedPostgres
from services.kit.clock import SHANGHAI
from tests.harness.whole import System, system
from tests.servers.databases import Databases

PROOF = ["photo:before", "photo:after", "note:visit"]


def at(month: int, day: int, hour: int, minute: int = 0, year: int = 2026) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=SHANGHAI)


def moment(told: str) -> datetime:
    return datetime.fromisoformat(told).astimezone(SHANGHAI)


def ok(answer: httpx.Response) -> Any:
    assert answer.status_code < 300, f"{answer.request.method} {answer.request.url}: {answer.text}"
    return answer.json()


@asynccontextmanager
async def town_of(databases: Databases, postgres: EmbeddedPostgres, start: datetime) -> AsyncIterator[System]:
    """One system for the stories of a module, which happen one after the other."""
    name = await databases.take()
    async with system(postgres.url.rsplit("/", 1)[0] + f"/{name}", at=start) as town:
        yield town
    await databases.give_back(name)


def tells(case: Mapping[str, Any], story: str) -> None:
    """The case's timeline, a sentence a line, is this; without the list of duties, which is printed on a dispatch."""
    told = [
        f"{moment(entry['at']):%m-%d %H:%M} {entry['text'].partition('。职责清单')[0]}" for entry in case["timeline"]
    ]
    assert told == cleandoc(story).splitlines(), "\n" + "\n".join(told)


@dataclass
class Story:
    """`order_id` and `case_id` are those of the order last reported."""

    town: System
    order_id: str = ""
    case_id: str = ""

    async def until(self, then: datetime) -> None:
        """Through everything that falls due on the way."""
        assert then >= self.town.clock.now(), "the story is past that"
        await self.town.advance(then - self.town.clock.now())

    async def later(self, **span: float) -> None:
        await self.town.advance(timedelta(**span))

    async def slept_until(self, then: datetime) -> None:
        """In one leap, where nothing of the story falls due on the way."""
        self.town.clock.move_to(then)
        await self.town.drain()

    async def desk(self) -> httpx.AsyncClient:
        return await self.town.visitor("duty_desk", "ZR-OPS")

    async def district(self) -> httpx.AsyncClient:
        return await self.town.visitor("supervisor", "QP")

    async def unit(self, code: str) -> httpx.AsyncClient:
        return await self.town.visitor("department", code)

    async def lead(self) -> httpx.AsyncClient:
        return await self.unit((await self.case())["lead"])

    async def report(self, content: str, place: tuple[float, float], address: str, **more: Any) -> dict[str, Any]:
        """By the 12345 unless said otherwise; the case as it is after."""
        source = await self.town.visitor("source", source="sh12345")
        body = {
            "external_id": f"{self.town.clock.now():%Y%m%d%H%M}-{address}",
            "channel": "hotline_12345",
            "content": content,
            "reported_at": self.town.clock.now().isoformat(),
            "location": {"lon": place[0], "lat": place[1]},
            "address": address,
        } | more
        self.order_id = ok(await source.post("/intake/v1/orders", json=body))["order_id"]
        await self.town.drain()
        self.case_id = ok(await source.get(f"/intake/v1/orders/{self.order_id}"))["case_id"]
        return await self.case()

    async def case(self) -> dict[str, Any]:
        return dict(ok(await (await self.desk()).get(f"/dispatch/v1/cases/{self.case_id}")))

    async def act(self, who: httpx.AsyncClient, action: str, **more: Any) -> dict[str, Any]:
        told = ok(await who.post(f"/dispatch/v1/cases/{self.case_id}/actions", json={"action": action} | more))
        await self.town.drain()
        return dict(told)

    async def refused(self, who: httpx.AsyncClient, action: str, **more: Any) -> str:
        """The sentence that says why."""
        answer = await who.post(f"/dispatch/v1/cases/{self.case_id}/actions", json={"action": action} | more)
        assert answer.status_code in (403, 409, 422), answer.text
        told = answer.json()
        return "；".join([told["detail"], *(error["detail"] for error in told.get("errors", ()))])

    async def judged(self, satisfaction: str, comment: str = "") -> None:
        """The 12345 has called the citizen back."""
        source = await self.town.visitor("source", source="sh12345")
        body = {"resolved": satisfaction != "dissatisfied", "satisfaction": satisfaction, "comment": comment}
        ok(await source.post(f"/intake/v1/orders/{self.order_id}/feedback", json=body))
        await self.town.drain()

    async def blow(self, who: httpx.AsyncClient, kind: str, need: str, **more: Any) -> dict[str, Any]:
        body = {"case_id": self.case_id, "kind": kind, "need": need} | more
        told = ok(await who.post("/dispatch/v1/whistles", json=body))
        await self.town.drain()
        return dict(told)

    async def whistle(self, whistle: dict[str, Any], step: str, unit: str | None = None, **more: Any) -> dict[str, Any]:
        """A step of a called unit at the meeting point, or of the desk that blew."""
        who = await self.desk() if unit is None else await self.unit(unit)
        if step == "report-in":
            more = {"lon": whistle["meet"]["lon"], "lat": whistle["meet"]["lat"]} | more
        body = more if unit is None else {"unit": unit} | more
        told = ok(await who.post(f"/dispatch/v1/whistles/{whistle['whistle_id']}/{step}", json=body))
        await self.town.drain()
        return dict(told)

    async def meet(self, who: httpx.AsyncClient, units: list[str], decision: str, due: datetime, **more: Any) -> None:
        """会商 that was held just now."""
        body = {"held_at": self.town.clock.now().isoformat(), "units": units, "decision": decision} | more
        where = f"/dispatch/v1/cases/{self.case_id}/meeting"
        ok(await who.post(where, json=body | {"due": due.isoformat()}))
        await self.town.drain()

    async def slip(self, who: httpx.AsyncClient, step: str, **more: Any) -> None:
        """A step of the case's last 督办单."""
        number = (await self.case())["slips"][-1]["number"]
        ok(await who.post(f"/dispatch/v1/slips/{number}/{step}", json=more))
        await self.town.drain()

    async def clock(self, kind: str) -> dict[str, Any]:
        return next(clock for clock in (await self.case())["clocks"] if clock["kind"] == kind)

    async def tells(self, story: str) -> None:
        """As `tells`, of the case as it is now."""
        tells(await self.case(), story)
