"""Lists of a district's history, each filter with its answers in milliseconds: `DUOGE_BENCH_CASES=5000000 make bench`.
With DUOGE_BENCH_FOLDER the filled database is kept there and used again."""

import asyncio
import os
import random
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import text

from duoge.embedded.postgres import EmbeddedPostgres
from duoge.running import heap
from services.dispatch.domain.standing import Reach
from services.dispatch.repository import lists
from services.dispatch.schemas.showing import case_json
from services.kit import migrate
from services.kit.db import Database
from tests.bench.history import NOW, filled
from tests.bench.load import percentile
from tests.bench.scratch import scratch

CASES = int(os.environ.get("DUOGE_BENCH_CASES", "1000000"))
ROUNDS, PAGE = 200, 100
_SERVER = {"shared_buffers": "512MB", "effective_cache_size": "2GB"}
EVERYTHING = Reach("dispatcher", everything=True)
Asked = tuple[str, dict[str, str | None], str | None, Reach]


def asked(dice: random.Random) -> Iterator[Asked]:
    """One of each; what is rare beside what is common, and what is common only together with something else."""
    unit, grid = f"U-{dice.randrange(400)}", f"C-{dice.randrange(60)}"
    small, large = f"U-{dice.randrange(350, 400)}", f"U-{dice.randrange(5)}"
    micro, concern = f"M-{dice.randrange(4000)}", dice.choice(("CS-01", "AQ-03", "GL-02"))
    mine = Reach("unit", False, units=frozenset({unit}), grids=frozenset({grid}))
    single = Reach("unit", False, units=frozenset({small}))
    street = Reach("unit", False, units=frozenset(f"U-{dice.randrange(200, 400)}" for _ in range(60)))
    nobody = Reach("unit", False, units=frozenset({"U-999"}), grids=frozenset({"C-99"}))
    for name, wanted, light, reach in (
        ("none", {}, None, EVERYTHING),
        ("state_open", {"state": "in_progress"}, None, EVERYTHING),
        ("state_closed", {"state": "closed"}, None, EVERYTHING),
        ("state_none", {"state": "shelved"}, None, EVERYTHING),
        ("unit", {"unit": unit}, None, EVERYTHING),
        ("unit_small", {"unit": small}, None, EVERYTHING),
        ("unit_none", {"unit": "U-999"}, None, EVERYTHING),
        ("grid", {"grid": f"comprehensive/{grid}"}, None, EVERYTHING),
        ("micro", {"grid": micro}, None, EVERYTHING),
        ("concern", {"concern": concern}, None, EVERYTHING),
        ("sub", {"concern": f"{concern}.plain"}, None, EVERYTHING),
        ("class", {"class": "emergency"}, None, EVERYTHING),
        ("red", {}, "red", EVERYTHING),
        ("yellow", {}, "yellow", EVERYTHING),
        ("green", {}, "green", EVERYTHING),
        ("unit_open", {"unit": unit, "state": "in_progress"}, None, EVERYTHING),
        ("unit_open_concern", {"unit": unit, "state": "in_progress", "concern": concern}, None, EVERYTHING),
        ("large_withdrawn", {"unit": large, "state": "withdrawn", "class": "hard"}, None, EVERYTHING),
        ("two_common", {"unit": large, "grid": "C-0", "concern": "AQ-03"}, None, EVERYTHING),
        ("unit_micro", {"unit": large, "grid": micro}, None, EVERYTHING),
        ("grid_red", {"grid": f"comprehensive/{grid}"}, "red", EVERYTHING),
        ("unit_yellow", {"unit": unit}, "yellow", EVERYTHING),
        ("unit_green_open", {"unit": unit, "state": "in_progress"}, "green", EVERYTHING),
        ("words_1_of_5000", {"q": "琉璃瓦脱落"}, None, EVERYTHING),
        ("words_1_of_1000", {"q": "路灯不亮"}, None, EVERYTHING),
        ("words_1_of_100", {"q": "窨井盖移位"}, None, EVERYTHING),
        ("words_common", {"q": "噪声扰民"}, None, EVERYTHING),
        ("words_years_ago", {"q": "台风刮倒"}, None, EVERYTHING),
        ("words_once", {"q": "3a7bd3e2"}, None, EVERYTHING),
        ("words_none", {"q": "没有这句话"}, None, EVERYTHING),
        ("words_apart", {"q": "噪声扰民\n兰溪路899弄"}, None, EVERYTHING),
        ("words_short", {"q": "琉璃"}, None, EVERYTHING),
        ("words_short_common", {"q": "扰民"}, None, EVERYTHING),
        ("words_short_none", {"q": "琥珀"}, None, EVERYTHING),
        ("words_of_unit", {"q": "油烟直排", "unit": unit}, None, EVERYTHING),
        ("words_of_large", {"q": "窨井盖移位", "unit": large, "class": "hard"}, None, EVERYTHING),
        ("words_common_of_small", {"q": "音量过大", "unit": small, "state": "in_progress"}, None, EVERYTHING),
        ("words_red", {"q": "电梯经常停运"}, "red", EVERYTHING),
        ("own", {}, None, mine),
        ("own_red", {}, "red", mine),
        ("own_words", {"q": "围墙有裂缝", "state": "in_progress"}, None, mine),
        ("own_small", {}, None, single),
        ("own_small_open", {"state": "in_progress"}, None, single),
        ("own_sixty_units", {}, None, street),
        ("own_sixty_units_open", {"state": "signed", "concern": concern}, None, street),
        ("own_none", {}, None, nobody),
    ):
        yield name, dict(wanted), light, reach


def run() -> Iterator[dict[str, Any]]:
    kept = os.environ.get("DUOGE_BENCH_FOLDER")
    with lasting(Path(kept)) if kept else scratch() as url:
        yield from asyncio.run(_run(url))


@contextmanager
def lasting(folder: Path) -> Iterator[str]:
    folder.mkdir(exist_ok=True)
    folder.chmod(0o755)
    server = EmbeddedPostgres(folder, settings=_SERVER)
    try:
        yield server.start()
    finally:
        server.stop()


async def _run(url: str) -> list[dict[str, Any]]:
    await asyncio.to_thread(migrate.upgrade, url, "dispatch")
    db = Database(url, "dispatch", pool=1)
    try:
        size = await filled(db, CASES)
        return [{"bench": "list_fill"} | size, *[line async for line in _measured(db, size["cases"])]]
    finally:
        await db.stop()


async def _measured(db: Database, total: int) -> AsyncIterator[dict[str, Any]]:
    """Rows read and made into the answer's JSON, as the service does: the first page, and every other time one from
    somewhere in the list. What a processor had to do for it, here and in the server, is told beside the time."""
    heap.tend(None)
    dice = random.Random(11)
    taken: dict[str, list[float]] = {}
    worked: dict[str, list[float]] = {}
    rows: dict[str, int] = {}
    async with db.reading() as tx:
        backend = (await tx.execute(text("SELECT pg_backend_pid()"))).scalar_one()
        oldest = (await tx.execute(text("SELECT min(opened_at) FROM cases"))).scalar_one()
    for turn in range(ROUNDS + 2):
        for name, wanted, light, reach in asked(dice):
            after = (NOW - dice.random() * (NOW - oldest), "") if turn % 2 else None
            began, work = time.perf_counter(), _work(backend)
            async with db.reading() as tx:
                page = await lists.listing(tx, wanted, light, reach, NOW, after, PAGE)
            orjson.dumps([case_json(case, NOW) for case in page.cases])
            if turn > 1:
                taken.setdefault(name, []).append((time.perf_counter() - began) * 1000)
                worked.setdefault(name, []).append((_work(backend) - work) * 1000)
                rows[name] = max(rows.get(name, 0), len(page.cases))
    for name, values in taken.items():
        yield {
            "bench": "list",
            "cases": total,
            "filter": name,
            "rows": rows[name],
            "p50_ms": round(percentile(values, 0.5), 1),
            "p99_ms": round(percentile(values, 0.99), 1),
            "p50_cpu_ms": round(percentile(worked[name], 0.5), 1),
            "p99_cpu_ms": round(percentile(worked[name], 0.99), 1),
        }


def _work(backend: int) -> float:
    """Seconds of a processor that this process and the server's have had."""
    schedule = Path(f"/proc/{backend}/schedstat")
    return time.process_time() + (int(schedule.read_text().split()[0]) / 1e9 if schedule.exists() else 0)
