"""`python -m tests.quarter [--days 92] [--orders 200000] [--profile FILE]`: a JSON line with what it took and what was found.

A played day is a line on the error output. SIGTERM ends the play after the day that is being played, and proves that much.
"""

import argparse
import asyncio
import json
import shutil
import signal
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import structlog
import uvloop

from duoge.embedded.postgres import EmbeddedPostgres
from duoge.running.heap import tend
from duoge.running.whole import migrate_all
from tests.harness.whole import system
from tests.quarter.machine import THROWN_AWAY, memory_mb, processor_seconds, processor_seconds_of_children, sizes
from tests.quarter.playing import DAYS, ORDERS, START, Playing
from tests.quarter.proof import counts, verified
from tests.quarter.sampling import sampling
from tests.quarter.statements import SETTINGS, Statements


async def played(url: str, days: int, orders: int, profile: Path | None) -> dict[str, Any]:
    await migrate_all(url)
    async with system(url, at=START, more={"database_pool": 10}) as town:
        tend(town.whole.services[0].copy)
        playing = Playing(town, days, orders, say=_say)
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, playing.end)
        if profile is None:
            figures = await playing.play()
        else:
            playing.watch = watch = Statements(town)
            await watch.begin()
            with sampling() as samples:
                figures = await playing.play()
            _put(profile, [*samples.lines(), *watch.lines()])
        _say("the record and every case are looked at")
        crowd = playing.crowd
        return {"bench": "quarter"} | figures | await counts(town) | {
            "done": dict(crowd.done.most_common()),
            "refusals": dict(crowd.refused.most_common()),
            "audit": await verified(town),
            "findings": await playing.proof.whole(),
            "tables_mb": await sizes(town),
            "memory_mb": memory_mb(),
            "processor_seconds": round(processor_seconds(), 1),
        }  # fmt: skip


def main() -> None:
    asked = argparse.ArgumentParser()
    asked.add_argument("--days", type=int, default=DAYS)
    asked.add_argument("--orders", type=int, default=ORDERS)
    asked.add_argument("--profile", type=Path, help="a file: where the processor's time went")
    given = asked.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(30))
    folder = Path(tempfile.mkdtemp(prefix="duoge-quarter-"))
    folder.chmod(0o755)
    server = EmbeddedPostgres(folder, settings=THROWN_AWAY | (SETTINGS if given.profile else {}))
    try:
        url = server.start()
        told = uvloop.run(played(url, given.days, given.orders, given.profile))
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)
    told["processor_seconds_of_database"] = round(processor_seconds_of_children(), 1)
    print(json.dumps(told, ensure_ascii=False))
    if told["findings"] or not told["audit"]["ok"]:
        raise SystemExit(1)


def _put(file: Path, lines: Sequence[str]) -> None:
    file.write_text("\n".join(lines) + "\n", "utf-8")


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
