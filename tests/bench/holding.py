"""A process that holds a whole city and goes on answering while another version is made: what it weighs, and how long the
longest answer takes. Run by itself, so that nothing else is weighed: `python -m tests.bench.holding`."""

import asyncio
import json
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import shapely

# What a service has loaded besides its map is weighed too.
import services.grids.main
from duoge.running import heap
from duoge.running.parts import make_copy
from services.fabric.resolve import resolve
from services.fabric.snapshot import Fabric
from services.kit.bus.port import Record
from services.kit.clock import FrozenClock
from services.kit.contracts.topics import GRIDS
from services.kit.copies import Copy
from tests.bench.city import AT, OVERLAYS, SIZE, SOUTH, WEST, publication

SIDE, ON_EDGE = 47, 62
_AT_ONCE = 500
_EVERY = 0.002
_QUIET_SECONDS = 5.0


class Replayed:
    """As much of a bus as a copy reads: what is put in, in polls of some hundred records."""

    name = "replayed"

    def __init__(self) -> None:
        self._waiting: list[Iterator[tuple[str, bytes]]] = []
        self._offset = 0

    def put(self, entries: Iterator[tuple[str, bytes]]) -> None:
        self._waiting.append(entries)

    async def ensure_topics(self, specs: Sequence[object]) -> None: ...

    async def read_all(self, topic: str) -> "Replayed":
        return self

    async def poll(self, timeout: float) -> list[Record]:
        records: list[Record] = []
        while self._waiting and len(records) < _AT_ONCE:
            told = next(self._waiting[0], None)
            if told is None:
                self._waiting.pop(0)
                continue
            self._offset += 1
            headers = {"ce_sequence": str(self._offset)}
            records.append(Record(GRIDS.name, 0, self._offset, told[0], told[1], headers))
        await asyncio.sleep(0 if records else 0.01)
        return records

    async def caught_up(self) -> bool:
        return not self._waiting

    async def stop(self) -> None: ...


async def answers(copy: Copy[Fabric], until: asyncio.Event) -> list[float]:
    """Milliseconds from the moment a question was due to its answer: the loop's lateness counts."""
    dice = np.random.default_rng(1)
    took: list[float] = []
    due = time.perf_counter()
    while not until.is_set():
        due = max(due + _EVERY, time.perf_counter())
        await asyncio.sleep(due - time.perf_counter())
        assert copy.current is not None
        lon, lat = dice.uniform((WEST + 0.1, SOUTH + 0.1), (WEST + 0.1 + SIZE / 10, SOUTH + 0.1 + SIZE / 10))
        resolve(copy.current, float(lon), float(lat), AT)
        took.append((time.perf_counter() - due) * 1000)
    return took


async def measured() -> dict[str, Any]:
    bus = Replayed()
    copy = make_copy("bench", bus, FrozenClock(AT))  # type: ignore[arg-type]
    bare = memory("VmRSS")
    started = time.perf_counter()
    bus.put(publication(SIDE, ON_EDGE))
    await copy.open()
    while not copy.caught_up:
        await copy.turn()
    assert copy.current is not None
    loaded = time.perf_counter() - started
    heap.tend(copy)  # type: ignore[arg-type]
    figures: dict[str, Any] = {"grids": sum(map(len, copy.current.overlays.values())), "bare_mib": bare}
    shapes = [overlay.geometries for overlay in copy.current.overlays.values()]
    figures["vertices"] = int(sum(shapely.get_num_coordinates(some).sum() for some in shapes))
    figures |= {"load_seconds": round(loaded, 1), "held_mib": memory("VmRSS"), "load_peak_mib": memory("VmHWM")}
    for lon, lat in np.random.default_rng(2).uniform((WEST + 0.1, SOUTH + 0.1), (WEST + 0.14, SOUTH + 0.14), (2000, 2)):
        resolve(copy.current, float(lon), float(lat), AT)
    quiet = asyncio.Event()
    asyncio.get_running_loop().call_later(_QUIET_SECONDS, quiet.set)
    figures["quiet"] = told(await answers(copy, quiet))
    changes: dict[str, dict[str, Sequence[str]]] = {
        "renamed": {"renamed": ["police"]},
        "moved": {"moved": ["police"]},
        "all_moved": {"moved": OVERLAYS},
    }
    for version, (name, change) in enumerate(changes.items(), start=2):
        made = list(publication(SIDE, ON_EDGE, version, change.get("renamed", ()), change.get("moved", ())))
        bus.put(iter(made))
        del made  # a bus does not hold on to what it has brought
        done = asyncio.Event()
        asking = asyncio.create_task(answers(copy, done))
        await asyncio.sleep(0)
        started = time.perf_counter()
        while copy.current.version < version:
            await copy.turn()
        seconds = round(time.perf_counter() - started, 1)
        await asyncio.sleep(0.5)
        done.set()
        figures[name] = told(await asking) | {"seconds": seconds, "peak_mib": memory("VmHWM")}
    return figures


def told(took: Sequence[float]) -> dict[str, float]:
    p50, p99, most = np.percentile(took, (50, 99, 100)).round(2).tolist()
    return {"answers": len(took), "p50_ms": p50, "p99_ms": p99, "max_ms": most}


def memory(what: str) -> int:
    status = Path("/proc/self/status").read_text()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith(what + ":"))) // 1024


if __name__ == "__main__":
    assert services.grids.main
    print(json.dumps(asyncio.run(measured())))
