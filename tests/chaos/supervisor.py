"""Starts processes, kills them at seeded random moments, starts them again, until a condition holds.

Knows nothing of what they do: `duoge serve intake`, `duoge up` or a small program of a test are all the same here.
"""

import asyncio
import json
import os
import random
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

ROOT = Path(__file__).parents[2]
TICK = 0.05  # seconds
STOP_SECONDS = 15.0


@dataclass(frozen=True)
class Program:
    """`failpoints` is DUOGE_FAILPOINTS while chaos reigns; in the calm that follows it starts without."""

    name: str
    arguments: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    failpoints: str = ""


@dataclass(frozen=True)
class Outage:
    """Something else that breaks and is mended, such as a database; both block and run in a thread."""

    name: str
    at: float  # seconds after the start of chaos
    kill: Callable[[], object]
    raise_again: Callable[[], object]


class Broke(AssertionError):
    """A process ended by itself, or the work was not done in time; says what it last wrote."""


@dataclass
class Supervisor:
    """`kill_every`: mean seconds between two kills from outside; every program has its turn before one has a second.
    Chaos goes on until each was killed `at_least` so often. All chance comes from `seed`.
    """

    programs: Sequence[Program]
    folder: Path
    seed: int
    kill_every: float = 1.5
    at_least: int = 0
    kills: dict[str, int] = field(default_factory=dict)
    deaths: dict[str, int] = field(default_factory=dict)
    _running: dict[str, "asyncio.subprocess.Process"] = field(default_factory=dict)
    _logs: dict[str, IO[bytes]] = field(default_factory=dict)
    _calm: bool = True
    _struck: set[str] = field(default_factory=set)
    _turns: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._dice = random.Random(self.seed)

    async def start(self, *names: str) -> None:
        """These (all, without a name) up and left in peace, for what has to be prepared before."""
        for program in self.programs:
            if program.name not in self._running and (not names or program.name in names):
                self._running[program.name] = await self._start(program)

    async def run(
        self, done: Callable[[], Awaitable[bool]], *, chaos: float, within: float, outages: Sequence[Outage] = ()
    ) -> None:
        """`chaos` seconds of killing, then calm until `done`; Broke after `within` seconds in all."""
        started = time.monotonic()
        self._calm = False
        breaking = [asyncio.create_task(self._break(outage)) for outage in outages]
        try:
            await self._reign(chaos)
            self._calm = True
            await asyncio.gather(*breaking)
            while not await done():
                if time.monotonic() - started > within:
                    raise Broke(f"not done after {within:.0f} s; {self.account()}\n{self.tails()}")
                await self._restart()
                await asyncio.sleep(TICK)
        finally:
            for task in breaking:
                task.cancel()
            await asyncio.gather(*breaking, return_exceptions=True)

    async def stop(self) -> None:
        """As an operator would; SIGKILL for those that don't hear. Broke when one ends in another way than asked."""
        for process in self._running.values():
            if process.returncode is None:
                process.send_signal(signal.SIGTERM)
        running, self._running = self._running, {}
        for name, process in running.items():
            try:
                async with asyncio.timeout(STOP_SECONDS):
                    await process.wait()
            except TimeoutError:
                process.kill()
                await process.wait()
                raise Broke(f"{name} did not stop when asked\n{self.tails()}") from None
        for log in self._logs.values():
            log.close()

    async def end(self) -> None:
        """Leaves nothing behind, whatever went wrong before."""
        running, self._running = self._running, {}
        for process in running.values():
            if process.returncode is None:
                process.kill()
            await process.wait()
        for log in self._logs.values():
            log.close()

    def kill(self, name: str) -> None:
        """SIGKILL to a program that runs; it is brought back as any other."""
        process = self._running[name]
        if process.returncode is None and name not in self._struck:
            process.kill()
            self._struck.add(name)
            self.kills[name] = self.kills.get(name, 0) + 1

    def last_to_say(self, words: str) -> str | None:
        """The running program that wrote a line with `words` (and a JSON `timestamp`) after all others."""
        last: dict[str, str] = {}
        for name, process in list(self._running.items()):
            lines = (self.folder / f"{name}.log").read_text(errors="replace").splitlines()
            said = [str(json.loads(line)["timestamp"]) for line in lines if words in line]
            if said and process.returncode is None:
                last[name] = max(said)
        return max(last, key=lambda name: last[name], default=None)

    def account(self) -> str:
        return f"seed {self.seed}, killed from outside {self.kills}, died by failpoint {self.deaths}"

    def tails(self) -> str:
        return "\n".join(
            f"--- {log.stem}\n{log.read_text(errors='replace')[-3000:]}" for log in sorted(self.folder.glob("*.log"))
        )

    async def _reign(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        next_kill = time.monotonic() + self._pause()
        while time.monotonic() < end or self._spared():
            await self._restart()
            if time.monotonic() >= next_kill:
                self._kill_one()
                next_kill = time.monotonic() + self._pause()
            await asyncio.sleep(TICK)

    async def _restart(self) -> None:
        """Brings back what is dead; whoever ended by itself, not by SIGKILL, has broken."""
        for program in self.programs:
            process = self._running.get(program.name)
            if process is not None and process.returncode is None:
                continue
            if process is not None and process.returncode != -signal.SIGKILL:
                raise Broke(f"{program.name} ended with {process.returncode}; {self.account()}\n{self.tails()}")
            if process is not None and program.name not in self._struck:
                self.deaths[program.name] = self.deaths.get(program.name, 0) + 1
            self._struck.discard(program.name)
            self._running[program.name] = await self._start(program)

    async def _start(self, program: Program) -> "asyncio.subprocess.Process":
        environment = os.environ | program.environment
        if program.failpoints and not self._calm:
            environment |= {
                "DUOGE_FAILPOINTS": program.failpoints,
                "DUOGE_FAILPOINTS_SEED": str(self._dice.randrange(1 << 30)),
            }
        if program.name not in self._logs:
            self._logs[program.name] = (self.folder / f"{program.name}.log").open("ab")
        out = self._logs[program.name]
        return await asyncio.create_subprocess_exec(
            *program.arguments, cwd=ROOT, env=environment, stdout=out, stderr=out, stdin=asyncio.subprocess.DEVNULL
        )

    def _kill_one(self) -> None:
        if not self._turns:
            self._turns = self._dice.sample(sorted(program.name for program in self.programs), len(self.programs))
        self.kill(self._turns.pop())

    def _spared(self) -> bool:
        return any(self.kills.get(program.name, 0) < self.at_least for program in self.programs)

    async def _break(self, outage: Outage) -> None:
        await asyncio.sleep(outage.at)
        await asyncio.to_thread(outage.kill)
        self.kills[outage.name] = self.kills.get(outage.name, 0) + 1
        await asyncio.to_thread(outage.raise_again)

    def _pause(self) -> float:
        return self._dice.expovariate(1 / self.kill_every)


def python(module: str, *arguments: str) -> list[str]:
    return [sys.executable, "-m", module, *arguments]


def duoge(*arguments: str) -> list[str]:
    """The operator's command, as installed beside this Python."""
    return [str(Path(sys.executable).parent / "duoge"), *arguments]
