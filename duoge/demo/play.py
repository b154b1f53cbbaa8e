"""The demonstration: a fast clock, the Zhenru data, and people who act. Everything goes through the public API."""

import asyncio
import json
import os
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import httpx

from duoge.demo.actors import Actors
from duoge.demo.day import Made, a_day
from duoge.demo.load import load_zhenru, make_keys
from duoge.demo.staff import load_staff
from services.fabric.calendar import WorkingCalendar
from services.kit.clock import SHANGHAI, Clock, PacedClock, real_now

RATE = 144.0  # a day in ten minutes
STARTS_AT = 6


def demo_clock(folder: Path, wanted: datetime | None = None) -> PacedClock:
    """A working day from six in the morning, or from when is `wanted`, 144 times as fast; after a restart it goes on where
    it was, or later."""
    file = folder / "demo-clock.json"
    if file.exists():
        kept = json.loads(file.read_text())
        start, now = datetime.fromisoformat(kept["start"]), datetime.fromisoformat(kept["now"])
        now = max(now, wanted or now)
    else:
        start = now = wanted or _last_working_day(real_now() - timedelta(days=1)).replace(
            hour=STARTS_AT, minute=0, second=0, microsecond=0
        )
    _write(file, start, now)
    return PacedClock(now, RATE, until=max(start + timedelta(days=1), now))


def keep_demo_clock(folder: Path, now: datetime) -> None:
    """Where it stands, for the next start."""
    file = folder / "demo-clock.json"
    _write(file, datetime.fromisoformat(json.loads(file.read_text())["start"]), now)


def demo_stood(folder: Path) -> datetime | None:
    """Where the demonstration's clock was last; None where there was none."""
    file = folder / "demo-clock.json"
    return datetime.fromisoformat(json.loads(file.read_text())["now"]) if file.exists() else None


class Demo:
    def __init__(self, address: str, admin: str, clock: Clock, folder: Path, say: Callable[[str], None]) -> None:
        self._clock = clock
        self._file = folder / "demo-clock.json"
        self._keys_file = folder / "demo-keys.json"
        self._say = say
        self._address = address
        self._http = httpx.AsyncClient(
            base_url=address, timeout=120, headers={"Authorization": f"Bearer {admin}"}, trust_env=False
        )
        self._start = datetime.fromisoformat(json.loads(self._file.read_text())["start"])
        self._day = a_day(self._start)

    async def prepare(self) -> None:
        """Loads what is missing; a second start finds everything there."""
        await load_zhenru(self._http, self._say)
        await load_staff(self._http, self._say)
        if not self._keys_file.exists():
            keys = await make_keys(self._http)
            with os.fdopen(os.open(self._keys_file, os.O_WRONLY | os.O_CREAT, 0o600), "w") as out:
                json.dump(keys, out, ensure_ascii=False, indent=1)
        self._say(f"演示：{self._start:%Y-%m-%d} 的一天，十分钟走完（144 倍速），{len(self._day)} 张工单（均为虚构）")
        self._say(f"控制台 {self._address}/  用下面任一把密钥登录：")
        for title, key in json.loads(self._keys_file.read_text()).items():
            self._say(f"  {title}  {key}")

    async def play(self) -> None:
        """Posts each order at its time and lets people act, until the day is over and everything is told."""
        source = json.loads(self._keys_file.read_text())["12345 热线（来源系统）"]
        actors = Actors(self._http, source, self._clock, self._start)
        waiting = list(self._day)
        said: set[str] = set()
        while True:
            now = self._clock.now()
            try:
                waiting = await self._post(waiting, source, now)
                for line in await actors.act():
                    if line not in said:
                        said.add(line)
                        self._say(f"  {now.astimezone(SHANGHAI):%H:%M} {line}")
            except httpx.HTTPError as error:
                await asyncio.sleep(2)  # Ctrl-C ends the demonstration here, and nobody wants to read of it
                self._say(f"  演示暂停：{error!r}，稍后继续")
            _write(self._file, self._start, self._clock.now())
            await asyncio.sleep(0.5)

    async def _post(self, waiting: list[Made], source: str, now: datetime) -> list[Made]:
        due = [made for made in waiting if made.at <= now]
        for first in range(0, len(due), 100):
            answer = await self._http.post(
                "/intake/v1/orders/batch",
                json=[made.order for made in due[first : first + 100]],
                headers={"Authorization": f"Bearer {source}"},
            )
            answer.raise_for_status()
        return waiting[len(due) :]


def _last_working_day(now: datetime) -> datetime:
    day, calendar = now.astimezone(SHANGHAI), WorkingCalendar()
    while not calendar.is_working_day(day.date()):
        day -= timedelta(days=1)
    return day


def _write(file: Path, start: datetime, now: datetime) -> None:
    fresh = file.with_suffix(".new")
    fresh.write_text(json.dumps({"start": start.isoformat(), "now": now.isoformat()}))
    fresh.replace(file)
