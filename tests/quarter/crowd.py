"""The people of a street: whoever's turn it is acts, many at once, through the same use cases as the API does."""

import asyncio
import heapq
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, TypeVar

import httpx
from sqlalchemy import text

from services.dispatch.domain import standing
from services.dispatch.domain.actors import Actor
from services.dispatch.domain.whistle.rights import Who
from services.dispatch.domain.whistle.rules import Action
from services.dispatch.models import Case
from services.dispatch.repository import cases as repository
from services.dispatch.schemas.cases import Asked
from services.dispatch.schemas.follow_up import MeetingIn
from services.dispatch.usecases import meeting, precedents
from services.dispatch.usecases.acting import Command, perform
from services.dispatch.usecases.actions.asked import Act
from services.dispatch.usecases.recording import Record
from services.dispatch.usecases.whistles.acting import Step, take
from services.dispatch.usecases.whistles.telling import Telling
from services.dispatch.usecases.work import Work
from services.fabric.snapshot import Fabric
from services.intake.usecases import reporting
from services.intake.usecases.commands import Command as Saying
from services.kit.keys import Caller
from services.kit.outbox import Outbox
from services.kit.problems import Problem
from services.kit.secrets import derive
from tests.harness.single import SECRET
from tests.harness.whole import System
from tests.quarter.customs import HOUR, ROOT, Doing, Meeting, Next, Verdict, Whistle, next_of

T = TypeVar("T")
R = TypeVar("R")
AT_ONCE, WHISTLES_AT_ONCE = 400, 50
# Transactions of people side by side: while the database works for one, another is thought about.
LANES = 3
SOURCE = Caller("crowd", "sh12345", "source", source="sh12345")
DESK = Caller("crowd", "派单员", "duty_desk", "ZR-OPS")
OF_DESK = Who(DESK.role, DESK.unit)
DISTRICT = Caller("crowd", "区督办员", "supervisor", ROOT)
_OPENED = text("SELECT case_id FROM cases WHERE opened_at >= :since ORDER BY case_id")
# Of a hundred orders so many are withdrawn, urged, or told more of.
_WORDS = (("withdraw", 6, {"reason": "已经解决"}), ("urge", 40, {"note": "怎么还没来"}), ("supplement", 3, {"content": "在后门"}))  # fmt: skip


@dataclass
class Crowd:
    """`done`: action → how often; `refused`: action and code of the system's answer → how often."""

    town: System
    dice: random.Random
    done: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    _looks: list[tuple[datetime, str]] = field(default_factory=list)
    _whistles: list[tuple[datetime, str]] = field(default_factory=list)
    _words: list[tuple[datetime, str, str, dict[str, str]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        services = {service.name: service for service in self.town.whole.services}
        self._dispatch, self._intake = services["dispatch"], services["intake"]
        self._outbox = Outbox(self._dispatch.relays()[0].wake)
        self._secret = derive(SECRET, "rechecks")

    @property
    def now(self) -> datetime:
        return self.town.clock.now()

    @property
    def fabric(self) -> Fabric:
        assert self._dispatch.copy is not None
        fabric: Fabric | None = self._dispatch.copy.current
        assert fabric is not None
        return fabric

    @property
    def waiting(self) -> int:
        """Cases that somebody will look at again."""
        return len(self._looks)

    async def post(self, orders: Iterable[dict[str, Any]]) -> int:
        """In batches, as a source does. How many there were."""
        source = await self.town.visitor("source", source="sh12345")
        waiting, posted = iter(orders), 0
        while part := list(islice(waiting, 1000)):
            items = _ok(await source.post("/intake/v1/orders/batch", json=part))["items"]
            assert {item["status_code"] for item in items} == {201}, items
            posted += len(part)
            for item in items:
                for word, hours, body in _WORDS:
                    if self.dice.random() < 0.01:
                        heapq.heappush(self._words, (self.now + hours * HOUR, item["order_id"], word, body))
        return posted

    async def meet(self, since: datetime) -> None:
        """The cases that were opened since then."""
        async with self._dispatch.db.reading() as tx:
            for row in (await tx.execute(_OPENED, {"since": since})).all():
                self._look_again(row.case_id, timedelta(0))

    async def act(self) -> None:
        """Everybody whose time has come, once."""
        due = sorted(set(_due(self._looks, self.now)))
        verdicts: list[Verdict] = []
        blown: list[tuple[str, Whistle]] = []
        for others in await _side_by_side(due, self._act_together):
            for case_id, following in others:
                if isinstance(following, Verdict):
                    verdicts.append(following)
                elif isinstance(following, Whistle):
                    blown.append((case_id, following))
        await self._judge(verdicts)
        for case_id, whistle in blown:
            await self._blow(case_id, whistle.kind)
        await self._come(list(_due(self._whistles, self.now)))
        await self._say()

    async def triage(self) -> None:
        """The desk finds out where and what; one in ten it can't."""
        desk = await self.town.visitor("duty_desk", "ZR-OPS")
        for order in _ok(await desk.get("/intake/v1/orders", params={"status": "triage", "limit": 500}))["items"]:
            if self.dice.random() > 0.1:
                spot = {"lon": self.dice.uniform(121.392, 121.412), "lat": self.dice.uniform(31.243, 31.257)}
                concern = self.dice.choice(("CS-02", "FW-02", "GL-03", "CS-03"))
                where = f"/intake/v1/orders/{order['order_id']}/triage"
                self._count("triage", await desk.post(where, json={"location": spot, "concern": concern}))

    async def _act_together(self, ids: list[str]) -> list[tuple[str, Next]]:
        now = self.now
        others: list[tuple[str, Next]] = []
        ruled: list[tuple[Act, Case]] = []
        async with self._dispatch.db.transaction() as tx:
            cases = await repository.locked(tx, ids)
            work = Work(Record(now), self.fabric, now, self._secret)
            work.have(await repository.links_of(tx, ids))
            for case in cases:
                following = next_of(case, work.reporters(case), now)
                if isinstance(following, Doing):
                    done = self._do(work, case, following)
                    if done is not None and following.action == "rule":
                        ruled.append((done, case))
                    self._look_again(case.case_id, following.after)
                elif isinstance(following, Meeting):
                    self._meet(work, case)
                    self._look_again(case.case_id, HOUR)
                elif following is not None:
                    others.append((case.case_id, following))
                    self._look_again(case.case_id, 2 * HOUR)
            after = await work.record.write(tx, self._outbox)
            for done, before in ruled:
                await precedents.remember(tx, done, before, after[before.case_id])
        return others

    def _do(self, work: Work, case: Case, doing: Doing) -> Act | None:
        if doing.action is None:
            return None
        caller = {"desk": DESK, "district": DISTRICT}.get(doing.by) or _of_lead(case)
        asked = Asked.model_validate({"action": doing.action, "by": caller.name} | dict(doing.body))
        reach = standing.reach_of(work.fabric, caller.role, caller.unit, work.now)
        try:
            done = perform(work, case, Command(case.case_id, asked, caller, work.now), reach)
        except Problem as problem:
            self.refused[f"{doing.action} in {case.state}: {problem.code}"] += 1
            return None
        self.done[doing.action] += 1
        return done

    def _meet(self, work: Work, case: Case) -> None:
        units = [unit for unit in (case.lead, *case.assists) if unit]
        asked = MeetingIn(held_at=work.now, units=units, decision="由主办牵头，一周内办结", due=work.now + 168 * HOUR)
        meeting.hold(work, work.record.known(case), asked, Actor(DESK.name, DESK.role, "城运中心"), DESK.unit)
        self.done["meeting"] += 1

    async def _judge(self, verdicts: list[Verdict]) -> None:
        await _side_by_side(sorted(verdicts, key=lambda verdict: verdict.order_id), self._judge_together)

    async def _judge_together(self, verdicts: list[Verdict]) -> None:
        office = self._intake.app.state.office
        async with self._intake.db.transaction() as tx:
            for verdict in verdicts:
                said = verdict.satisfaction
                saying = Saying(verdict.order_id, SOURCE, self.now)
                try:
                    await reporting.feedback(
                        tx, office.outbox, office.sealer, saying, said != "dissatisfied", said, ""  # type: ignore[arg-type]
                    )  # fmt: skip
                    self.done["feedback"] += 1
                except Problem as problem:
                    self.refused[f"feedback: {problem.code}"] += 1

    async def _blow(self, case_id: str, kind: str) -> None:
        desk = await self.town.visitor("duty_desk", "ZR-OPS")
        body = {"case_id": case_id, "kind": kind, "need": "请到场联合处置"}
        answer = await desk.post("/dispatch/v1/whistles", json=body)
        if self._count("blow", answer):
            heapq.heappush(self._whistles, (self.now + HOUR, answer.json()["whistle_id"]))

    async def _come(self, ids: list[str]) -> None:
        """To these whistles; many in one transaction, each step as the API would take it."""
        for first in range(0, len(ids), WHISTLES_AT_ONCE):
            async with self._dispatch.db.transaction() as tx:
                telling = await Telling.begin(tx, self.fabric, self.now, whistles=ids[first : first + WHISTLES_AT_ONCE])
                for whistle_id in sorted(telling.whistles):
                    if not self._attend(telling, whistle_id):
                        heapq.heappush(self._whistles, (self.now + 4 * HOUR, whistle_id))
                await telling.write(tx, self._outbox)

    def _attend(self, telling: Telling, whistle_id: str) -> bool:
        """Six in seven come when they are called; the others later, some not before it has climbed. Whether it is over."""
        whistle = telling.whistles[whistle_id]
        if whistle.state in ("released", "cancelled"):
            return True
        meet = (whistle.meet.lon, whistle.meet.lat)
        for call in whistle.calls:
            if call.state in ("called", "accepted", "missing", "declined") and self.dice.random() < 0.85:
                self._step(telling, whistle_id, "report-in", call.unit, meet)
        whistle = telling.whistles[whistle_id]
        if whistle.owed:
            return False
        for call in whistle.calls:
            if call.state == "reported_in":
                self._step(telling, whistle_id, "done", call.unit)
        return self._step(telling, whistle_id, "release")

    def _step(
        self,
        telling: Telling,
        whistle_id: str,
        action: Action,
        unit: str | None = None,
        position: tuple[float, float] | None = None,
    ) -> bool:
        actor = Actor(DESK.name, DESK.role, "城运中心")
        try:
            take(telling, Step(whistle_id, action, OF_DESK, actor, self.now, unit, position=position))
        except Problem as problem:
            self.refused[f"{action}: {problem.code}"] += 1
            return False
        self.done[action] += 1
        return True

    async def _say(self) -> None:
        source = await self.town.visitor("source", source="sh12345")
        while self._words and self._words[0][0] <= self.now:
            _, order_id, word, body = heapq.heappop(self._words)
            self._count(word, await source.post(f"/intake/v1/orders/{order_id}/{word}", json=body))

    def _count(self, action: str, answer: httpx.Response) -> bool:
        if answer.status_code < 300:
            self.done[action] += 1
            return True
        assert answer.status_code in (403, 409, 422), answer.text
        self.refused[f"{action}: {answer.json()['code']}"] += 1
        return False

    def _look_again(self, case_id: str, after: timedelta) -> None:
        heapq.heappush(self._looks, (self.now + after, case_id))


async def _side_by_side(sorted_by_id: list[T], do: Callable[[list[T]], Awaitable[R]]) -> list[R]:
    """In parts of AT_ONCE at most, LANES of them at a time; what came of each, in their order."""
    size = max(1, min(AT_ONCE, -(-len(sorted_by_id) // LANES)))
    parts = [sorted_by_id[first : first + size] for first in range(0, len(sorted_by_id), size)]
    lane = asyncio.Semaphore(LANES)

    async def one(part: list[T]) -> R:
        async with lane:
            return await do(part)

    return list(await asyncio.gather(*(one(part) for part in parts)))


def _of_lead(case: Case) -> Caller:
    return Caller("crowd", "经办人", "department", case.lead)


def _due(heap: list[tuple[datetime, str]], now: datetime) -> Iterator[str]:
    """Those whose time had come when it was asked, also if more are put in meanwhile."""
    ready: list[str] = []
    while heap and heap[0][0] <= now:
        ready.append(heapq.heappop(heap)[1])
    yield from ready


def _ok(answer: httpx.Response) -> Any:
    assert answer.status_code < 300, answer.text
    return answer.json()
