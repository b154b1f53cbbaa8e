"""`python -m tests.quarter [--days 92] [--orders 200000] [--profile FILE]`: a JSON line with what it took and what was found."""

import argparse
import cProfile
import json
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import structlog
import uvloop

from duoge.embedded.postgres import EmbeddedPostgres
from duoge.running.whole import migrate_all
from tests.harness.whole import system
from tests.quarter.playing import DAYS, ORDERS, START, Playing
from tests.quarter.proof import counts, findings, verified


async def played(url: str, days: int, orders: int, profile: str | None) -> dict[str, Any]:
    await migrate_all(url)
    async with system(url, at=START) as town:
        playing = Playing(town, days, orders, say=lambda line: print(line, file=sys.stderr, flush=True))
        watch = cProfile.Profile()
        if profile:
            watch.enable()
        figures = await playing.play()
        if profile:
            watch.disable()
            watch.dump_stats(profile)
        crowd = playing.crowd
        return {"bench": "quarter"} | figures | await counts(town) | {
            "done": dict(crowd.done.most_common()),
            "refusals": dict(crowd.refused.most_common()),
            "audit": await verified(town),
            "findings": await findings(town),
        }  # fmt: skip


def main() -> None:
    asked = argparse.ArgumentParser()
    asked.add_argument("--days", type=int, default=DAYS)
    asked.add_argument("--orders", type=int, default=ORDERS)
    asked.add_argument("--profile", help="a file for pstats")
    given = asked.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(30))
    folder = Path(tempfile.mkdtemp(prefix="duoge-quarter-"))
    folder.chmod(0o755)
    server = EmbeddedPostgres(folder)
    try:
        url = server.start()
        told = uvloop.run(played(url, given.days, given.orders, given.profile))
        print(json.dumps(told, ensure_ascii=False))
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)
    if told["findings"] or not told["audit"]["ok"]:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
