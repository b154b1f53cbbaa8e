"""Whether it is the same matter again, asked of a year's history: `python -m tests.bench.matters`."""

import asyncio
import json
import random
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import uvloop
from sqlalchemy import text

from duoge.embedded.ports import free_port
from duoge.embedded.postgres import EmbeddedPostgres
from services.fabric.profile import find_profile
from services.intake.domain.cells import cell_of
from services.intake.domain.matter import Sign
from services.intake.models import Order
from services.intake.usecases import matters
from services.intake.usecases.matters import Subject
from services.kit import migrate
from services.kit.db import Database
from services.kit.ids import new_id
from tests.bench.city import AT, SIZE, SOUTH, WEST

HISTORY, A_DAY, BATCHES = 1_800_000, 5_000, 60
_SPREAD = SIZE / 4  # a district of about 10 km by 11
_CONCERNS = ("CS-01", "CS-02", "CS-03", "GL-01", "GL-02", "GL-03", "FW-01", "FW-02", "FW-03", "AQ-01", "AQ-02", "AQ-03")
_WORDS = (
    "每晚十一点后卸货噪声很大居民没法睡",
    "电梯坏了两天老人上不了楼物业一直不修",
    "路灯坏了三天晚上漆黑一片",
    "饭店油烟直排楼上不敢开窗",
)
_FILL = text(
    """INSERT INTO matter (matter_id, order_id, cell, category, concern, sub, lon, lat, coarse, emergency, telling, words,
                            at, alive_at, ended, ended_at)
       SELECT 'case_' || n, 'ord_' || n, cell, 'X', concern, NULL, lon, lat, false, false, '{}', words,
              CAST(:now AS timestamptz) - ago, CAST(:now AS timestamptz) - ago, CASE WHEN ago > interval '10 days' THEN 'closed' END, CAST(:now AS timestamptz) - ago
       FROM unnest(CAST(:n AS int[]), CAST(:cell AS bigint[]), CAST(:concern AS text[]), CAST(:lon AS float8[]),
                   CAST(:lat AS float8[]), CAST(:words AS text[]), CAST(:ago AS interval[]))
              AS row (n, cell, concern, lon, lat, words, ago)"""
)


async def run(folder: Path) -> list[dict[str, Any]]:
    server = EmbeddedPostgres(folder, free_port())
    await asyncio.to_thread(server.start)
    try:
        await asyncio.to_thread(migrate.upgrade, server.url, "intake")
        db = Database(server.url, "intake", pool=2)
        try:
            await _fill(db)
            return [await _measure(db, size) for size in (1, 64, 1000)]
        finally:
            await db.stop()
    finally:
        await asyncio.to_thread(server.stop)


async def _fill(db: Database) -> None:
    dice = random.Random(7)
    for first in range(0, HISTORY, 50_000):
        rows = [_row(dice, number) for number in range(first, first + 50_000)]
        names = ("n", "cell", "concern", "lon", "lat", "words", "ago")
        async with db.transaction() as tx:
            columns = dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))
            await tx.execute(_FILL, {**columns, "now": AT})
    async with db.transaction() as tx:
        await tx.execute(text("ANALYZE matter"))


def _row(dice: random.Random, number: int) -> tuple[object, ...]:
    lon, lat = WEST + dice.random() * _SPREAD, SOUTH + dice.random() * _SPREAD
    ago = timedelta(seconds=dice.random() * 86_400 * HISTORY / A_DAY)
    return number, cell_of(lon, lat), dice.choice(_CONCERNS), lon, lat, dice.choice(_WORDS) * 8, ago


async def _measure(db: Database, size: int) -> dict[str, Any]:
    """Of as many orders at once: processor time of this process, and the time until it is known."""
    dice = random.Random(size)
    limits = find_profile("zhenru").thresholds
    rounds = max(5, BATCHES // size)
    cpu = wall = 0.0
    joined = 0
    for _ in range(rounds):
        subjects = list(_subjects(dice, size))
        async with db.transaction() as tx:
            began, spent = time.perf_counter(), time.process_time()
            await matters.lock(tx, limits, [each.sign for each in subjects])
            joined += len(await matters.settle(tx, limits, subjects, AT))
            cpu, wall = cpu + time.process_time() - spent, wall + time.perf_counter() - began
    each = rounds * size
    return {
        "bench": "same_matter",
        "history": HISTORY,
        "together": size,
        "cpu_ms_an_order": round(cpu * 1000 / each, 3),
        "ms_an_order": round(wall * 1000 / each, 3),
        "joined": round(joined / each, 3),
    }


def _subjects(dice: random.Random, size: int) -> Iterator[Subject]:
    for _ in range(size):
        lon, lat = WEST + dice.random() * _SPREAD, SOUTH + dice.random() * _SPREAD
        order_id, concern = new_id("ord"), dice.choice(_CONCERNS)
        sign = Sign(concern, "X", None, AT, lon, lat, words=dice.choice(_WORDS) * 8)
        yield Subject(_order(order_id, AT), sign)


def _order(order_id: str, at: datetime) -> Order:
    words = {"title": "夜间噪声", "content": "每晚卸货", "address": None}
    return Order(
        order_id, "bench", order_id, "accepted", "hotline_12345", "complaint", **words,  # type: ignore[arg-type]
        reported_at=at, received_at=at, changed_at=at, opens=new_id("case"),
    )  # fmt: skip


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="duoge-bench-") as place:
        Path(place).chmod(0o755)
        # On the loop that the services run on.
        for line in uvloop.run(run(Path(place))):
            print(json.dumps(line))
