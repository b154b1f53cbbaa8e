"""People's actions on cases beside a bare pipeline, in turns: the same HTTP from the same client to processes of their own
on one PostgreSQL and one Kafka, as many messages of the same size, a durable commit each, no logic.

Twice: with the whole house behind it, through to the units' topics; then dispatch alone, through to its own topic.
"""

import asyncio
import itertools
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import aiohttp
import asyncpg

from services.kit.contracts.topics import CASES
from tests.bench import load
from tests.bench.bare import shape as bare
from tests.bench.flow import create
from tests.bench.pipelines import Target, start_bare, start_ours
from tests.bench.scratch import servers
from tests.harness.single import ADMIN

MATTERS, WARM, ACTIONS, CLIENTS, TURNS = 400, 1000, 2000, 32, 3
_BODY = {"action": "progress", "note": "已到现场，正在处理"}
_WRITTEN = "SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint"


@dataclass(frozen=True)
class Turn:
    """`through`: actions a second to the last message; `cpu`: milliseconds an action of each process; `commits`: an
    action's share of transactions that wrote anything; `answer`: mean bytes."""

    answered: float
    through: float
    cpu: dict[str, float]
    commits: float
    answer: int
    messages: dict[str, tuple[float, int]]


@dataclass
class Side:
    """`watchers`: name → who reads those topics. `postgres`: the server's process."""

    target: Target
    places: Sequence[str]
    postgres: int
    watchers: dict[str, load.Watcher]
    turns: list[Turn] = field(default_factory=list)

    async def turn(self, count: int) -> Turn:
        for watcher in self.watchers.values():
            watcher.messages = watcher.bytes = 0
        before, written = self._cpu(), await self._written()
        began, seconds, size = time.monotonic(), *await _acted(self.target, self.places, count)
        for watcher in self.watchers.values():
            await watcher.quiet(seconds=1.5)
        spent = {name: round((used - before[name]) * 1000 / count, 3) for name, used in self._cpu().items()}
        last = max(watcher.last for watcher in self.watchers.values())
        return Turn(
            answered=count / seconds,
            through=count / (last - began),
            cpu=spent | {"all": round(sum(spent.values()), 3)},
            commits=(await self._written() - written) / count,
            answer=size // count,
            messages={
                name: (watcher.messages / count, watcher.bytes // max(1, watcher.messages))
                for name, watcher in self.watchers.items()
            },
        )

    async def only(self, process: str, watcher: str) -> None:
        """Without what stands behind."""
        self.target.processes.stop(process)
        await asyncio.gather(*(reads.stop() for name, reads in self.watchers.items() if name != watcher))
        self.watchers = {watcher: self.watchers[watcher]}
        self.turns = []

    def middle(self, figure: Callable[[Turn], float]) -> float:
        return median(map(figure, self.turns))

    def _cpu(self) -> dict[str, float]:
        return self.target.processes.cpu() | {"postgres": _family(self.postgres)}

    async def _written(self) -> int:
        connection = await asyncpg.connect(self.target.database)
        try:
            return int(await connection.fetchval(_WRITTEN))
        finally:
            await connection.close()


def run() -> Iterator[dict[str, Any]]:
    with servers() as (postgres, kafka):
        pid = postgres.pid()
        assert pid is not None
        yield from asyncio.run(_run(postgres.url, kafka.bootstrap, pid))


async def _run(database: str, bootstrap: str, postgres: int) -> list[dict[str, Any]]:
    ours_url, bare_url = f"{database}_ours", f"{database}_bare"
    for url in (ours_url, bare_url):
        await create(database, url.rsplit("/", 1)[1])
    ours = await start_ours(ours_url, bootstrap)
    sides = []
    try:
        mine = Side(ours, await _opened(ours), postgres, await _watching(bootstrap, CASES.name, ours.topics))
        sides.append(mine)
        weight = _weight(await mine.turn(WARM), len(ours.topics))
        theirs = await start_bare(bare_url, bootstrap, weight)
        places = [theirs.acting.format(f"case_{number}") for number in range(MATTERS)]
        sides.append(Side(theirs, places, postgres, await _watching(bootstrap, bare.CASES, theirs.topics)))
        await sides[1].turn(WARM)
        lines = [await _beside(sides[0], sides[1], "through to the units")]
        for side, process in zip(sides, ("dispatch", "api"), strict=True):
            await side.only(process, "cases")
        lines.append(await _beside(sides[0], sides[1], "dispatch alone"))
    finally:
        ours.processes.stop()
        for side in sides:
            side.target.processes.stop()
            await asyncio.gather(*(watcher.stop() for watcher in side.watchers.values()))
    return lines


async def _beside(mine: Side, theirs: Side, how: str) -> dict[str, Any]:
    for _ in range(TURNS):
        for side in (theirs, mine):
            await side.target.settle()
            side.turns.append(await side.turn(ACTIONS))
    told: dict[str, Any] = {"bench": "actions", "how": how, "clients": CLIENTS}
    for name, side in (("ours", mine), ("bare", theirs)):
        told[name] = {
            "answered_a_second": round(side.middle(lambda turn: turn.answered)),
            "through_a_second": round(side.middle(lambda turn: turn.through)),
            "commits": round(side.middle(lambda turn: turn.commits), 2),
            "messages": side.turns[-1].messages,
            "answer_bytes": side.turns[-1].answer,
            "cpu_ms": side.turns[-1].cpu,
        }
    ratios: dict[str, Callable[[Turn], float]] = {
        "answered": lambda turn: turn.answered,
        "through": lambda turn: turn.through,
        "cpu": lambda turn: 1 / turn.cpu["all"],
    }
    return told | {"ratio": {name: round(mine.middle(of) / theirs.middle(of), 2) for name, of in ratios.items()}}


async def _opened(ours: Target) -> list[str]:
    """Where cases are acted on that are all signed."""
    await load.closed(ours, load.bodies(MATTERS), 8)
    ours.headers["Authorization"] = f"Bearer {ADMIN}"
    listing = ours.acting.removesuffix("/{}/actions")
    async with load.session(ours, 8) as http:
        found: list[str] = []
        async with asyncio.timeout(60):
            while len(found) < MATTERS:
                async with http.get(listing, params={"limit": 1000, "state": "dispatched"}) as answer:
                    found = [item["case_id"] for item in (await answer.json())["items"]]
        places = [ours.acting.format(case) for case in found[:MATTERS]]
        for place in places:
            async with http.post(place, json={"action": "sign"}) as answer:
                assert answer.status == 200, await answer.text()
    return places


async def _acted(target: Target, places: Sequence[str], count: int) -> tuple[float, int]:
    """(seconds, bytes of answers), by CLIENTS that each send the next as soon as they are answered."""
    waiting = iter(itertools.islice(itertools.cycle(places), count))
    size = 0

    async def client(http: aiohttp.ClientSession) -> None:
        nonlocal size
        for place in waiting:
            async with http.post(place, json=_BODY) as answer:
                size += len(await answer.read())
                assert answer.status == 200, await answer.text()

    async with load.session(target, CLIENTS) as http:
        began = time.monotonic()
        await asyncio.gather(*(client(http) for _ in range(CLIENTS)))
        return time.monotonic() - began, size


async def _watching(bootstrap: str, cases: str, units: list[str]) -> dict[str, load.Watcher]:
    made = {"cases": load.Watcher(bootstrap, [cases], 6), "units": load.Watcher(bootstrap, units)}
    for watcher in made.values():
        await watcher.start()
    return made


def _weight(turn: Turn, unit_topics: int) -> bare.Shape:
    (cases, cases_bytes), (units, units_bytes) = turn.messages["cases"], turn.messages["units"]
    return bare.Shape(
        cases=round(cases), cases_bytes=cases_bytes, units=round(units), units_bytes=units_bytes,
        unit_topics=unit_topics, answer_bytes=turn.answer,
    )  # fmt: skip


def _family(pid: int) -> float:
    """Processor seconds of a process, of its children and of those that have ended."""
    used = 0.0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it has ended meanwhile, and its parent has it
            fields = stat.read_text().rpartition(")")[2].split()
            if stat.parent.name == str(pid):
                used += sum(map(int, fields[11:15]))
            elif fields[1] == str(pid):
                used += sum(map(int, fields[11:13]))
    return used / os.sysconf("SC_CLK_TCK")
