"""Resolve beside bare shapely: a million points over the demo's overlays, in batches."""

import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import shapely

from services.fabric.resolve import resolve_codes, resolve_many
from tests.harness.zhenru import AT, zhenru

POINTS, BATCH, ROUNDS = 1_000_000, 10_000, 3


def run() -> Iterator[dict[str, Any]]:
    fabric = zhenru()
    west, south, east, north = fabric.bounds or (0, 0, 0, 0)
    dice = np.random.default_rng(7)
    lons, lats = dice.uniform(west, east, POINTS), dice.uniform(south, north, POINTS)
    trees = [shapely.STRtree(overlay.geometries) for overlay in fabric.overlays.values()]
    mine, bare = [], []
    for _ in range(ROUNDS):
        bare.append(_timed(lambda x, y: [tree.query(shapely.points(x, y), "intersects") for tree in trees], lons, lats))
        mine.append(_timed(lambda x, y: resolve_codes(fabric, x, y, AT), lons, lats))
    full = _timed(lambda x, y: resolve_many(fabric, x, y, AT), lons[:100_000], lats[:100_000]) * POINTS / 100_000
    best, best_bare = POINTS / min(mine), POINTS / min(bare)
    yield {"figure": "resolve_points", "unit": "points/s", "overlays": len(trees), "ours": round(best), "bare": round(best_bare), "ratio": round(best / best_bare, 3)}  # fmt: skip
    yield {"figure": "resolve_answers", "unit": "points/s", "ours": round(POINTS / full), "bare": round(best_bare), "ratio": round(POINTS / full / best_bare, 3)}  # fmt: skip


def _timed(work: Any, lons: Any, lats: Any) -> float:
    started = time.perf_counter()
    for at in range(0, len(lons), BATCH):
        work(lons[at : at + BATCH], lats[at : at + BATCH])
    return time.perf_counter() - started
