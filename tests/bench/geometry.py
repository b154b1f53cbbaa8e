"""Resolve beside bare shapely: a million points over the demo's overlays and over a district's, in batches; single ones
beside what HTTP costs; the merged fabric of a district and a change of it; a city held by a process of its own."""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import httpx
import numpy as np
import shapely
from fastapi import FastAPI, Request, Response

from services.fabric.model import GridEdition
from services.fabric.overlay import Overlay
from services.fabric.resolve import resolve, resolve_codes, resolve_many
from services.fabric.snapshot import Fabric
from services.grids.domain.cells import arrange
from tests.bench.city import AT as CITY_AT
from tests.bench.city import city
from tests.harness.zhenru import AT, zhenru

POINTS, BATCH, ROUNDS = 1_000_000, 10_000, 3
# Nine overlays of 2,025 grids with 40 vertices each.
DISTRICT_SIDE, DISTRICT_ON_EDGE = 45, 9
_SINGLES = 2_000
Line = dict[str, Any]


def run() -> Iterator[Line]:
    demo, district = zhenru(), city(DISTRICT_SIDE, DISTRICT_ON_EDGE)
    for name, fabric, at in (("demo", demo, AT), ("district", district, CITY_AT)):
        yield from _beside_bare(name, fabric, at)
    yield _single(district)
    yield from _merged(district)
    yield from held()


def _beside_bare(name: str, fabric: Fabric, at: Any) -> Iterator[Line]:
    west, south, east, north = fabric.bounds or (0, 0, 0, 0)
    dice = np.random.default_rng(7)
    lons, lats = dice.uniform(west, east, POINTS), dice.uniform(south, north, POINTS)
    trees = [shapely.STRtree(overlay.geometries) for overlay in fabric.overlays.values()]
    mine, bare, full = [], [], []
    for _ in range(ROUNDS):
        bare.append(_timed(lambda x, y: [tree.query(shapely.points(x, y), "intersects") for tree in trees], lons, lats))
        mine.append(_timed(lambda x, y: resolve_codes(fabric, x, y, at), lons, lats))
        # The teams are worked out in the first round.
        full.append(_timed(lambda x, y: resolve_many(fabric, x, y, at), lons, lats))
    shape = {"unit": "points/s", "overlays": len(trees), "grids": sum(map(len, fabric.overlays.values()))}
    yield _line(f"resolve_points_{name}", shape, POINTS / min(mine), POINTS / min(bare))
    yield _line(f"resolve_answers_{name}", shape, POINTS / min(full), POINTS / min(bare))


def _line(figure: str, shape: Line, ours: float, bare: float) -> Line:
    return {"figure": figure, **shape, "ours": round(ours), "bare": round(bare), "ratio": round(ours / bare, 3)}


def _timed(work: Callable[[Any, Any], object], lons: Any, lats: Any) -> float:
    started = time.perf_counter()
    for at in range(0, len(lons), BATCH):
        work(lons[at : at + BATCH], lats[at : at + BATCH])
    return time.perf_counter() - started


def _single(fabric: Fabric) -> Line:
    """One point at a time, and the least that HTTP costs around it: an answer that says the same without asking, through
    the framework alone, in this process, without a socket."""
    west, south, east, north = fabric.bounds or (0, 0, 0, 0)
    points = np.random.default_rng(8).uniform((west, south), (east, north), (_SINGLES, 2)).tolist()
    for lon, lat in points:
        resolve(fabric, lon, lat, CITY_AT)
    started = time.perf_counter()
    for lon, lat in points:
        resolve(fabric, lon, lat, CITY_AT)
    alone = (time.perf_counter() - started) / _SINGLES * 1e6
    lon, lat = points[0]
    around = asyncio.run(_http(json.dumps(resolve(fabric, lon, lat, CITY_AT).as_json())))
    return {"figure": "resolve_single", "unit": "us", "resolve": round(alone), "http": round(around), "share": round(alone / (alone + around), 3)}  # fmt: skip


async def _http(answer: str) -> float:
    app = FastAPI()

    @app.get("/resolve")
    async def said(request: Request, lon: float, lat: float) -> Response:
        return Response(answer, media_type="application/json")

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://bench") as http:
        started = time.perf_counter()
        for _ in range(_SINGLES):
            await http.get("/resolve", params={"lon": 121.3, "lat": 31.1})
        return (time.perf_counter() - started) / _SINGLES * 1e6


def _merged(fabric: Fabric) -> Iterator[Line]:
    """The whole arrangement, then again after one grid has been drawn a little smaller."""
    started = time.perf_counter()
    first = arrange(fabric, CITY_AT)
    whole = time.perf_counter() - started
    changed = replace(fabric, overlays={**fabric.overlays, "police": _one_moved(fabric.overlays["police"].editions)})
    started = time.perf_counter()
    again = arrange(changed, CITY_AT, before=first)
    part = time.perf_counter() - started
    yield {"figure": "merged_fabric", "unit": "s", "cells": len(first), "whole": round(whole, 1), "one_grid_changed": round(part, 1), "recut": again.recut, "of": len(again.pieces)}  # fmt: skip


def _one_moved(editions: Sequence[GridEdition]) -> Overlay:
    middle = len(editions) // 2
    return Overlay(
        "police", [replace(e, geometry=e.geometry.buffer(-1e-4)) if n == middle else e for n, e in enumerate(editions)]
    )


def held() -> Iterator[Line]:
    """A city in a process of its own: weight, and answers while other versions are made."""
    done = subprocess.run([sys.executable, "-m", "tests.bench.holding"], capture_output=True, text=True, check=True)
    told = json.loads(done.stdout.splitlines()[-1])
    names = ("grids", "vertices", "bare_mib", "held_mib", "load_peak_mib", "load_seconds")
    yield {"figure": "city_held", "unit": "MiB", **{name: told[name] for name in names}}
    for name in ("quiet", "renamed", "moved", "all_moved"):
        yield {"figure": f"city_answers_{name}", "unit": "ms", **told[name]}
