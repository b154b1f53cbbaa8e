"""The state of the map over HTTP: how the grids of each overlay lie to each other, norms, ownerless ground."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from datetime import datetime
from typing import Any, Generic, TypeVar

from fastapi import APIRouter

from services.fabric.norms import Ground, headcount, judge
from services.fabric.snapshot import Fabric
from services.grids.api.parameters import At, Reader, current, moment
from services.grids.domain.ownerless import ownerless
from services.grids.domain.topologies import Topologies
from services.grids.usecases.publishing import Registry

T = TypeVar("T")


class Latest(Generic[T]):
    """The last answer that was worked out, kept for whoever asks the same again; two who ask at once wait for one."""

    def __init__(self) -> None:
        self._asked: Hashable = None
        self._answer: T | None = None
        self._turn = asyncio.Lock()

    async def get(self, asked: Hashable, make: Callable[[], Awaitable[T]]) -> T:
        async with self._turn:
            if self._asked != asked or self._answer is None:
                self._answer, self._asked = await make(), asked
            return self._answer


def routes(registry: Registry) -> APIRouter:
    router = APIRouter(prefix="/grids/v1", tags=["网格一张图"])
    checks: Latest[dict[str, Any]] = Latest()

    @router.get("/check", summary="每个图层的拓扑、户数等标准，以及无人负责的地块")
    async def check(caller: Reader, at: At = None) -> dict[str, Any]:
        when = moment(registry, at)
        fabric = current(registry).as_of(when)
        # Units begin and end by their dates too; postings mostly do at midnight, so an hour is near enough for counts.
        hour = when.replace(minute=0, second=0, microsecond=0)
        asked = (fabric.version, fabric.era(when), fabric.book.era(when), hour)
        return await checks.get(asked, lambda: asyncio.to_thread(_check, fabric, when, registry.topologies))

    return router


def _check(fabric: Fabric, at: datetime, topologies: Topologies) -> dict[str, Any]:
    known = frozenset(fabric.units)
    in_force = {
        code: [edition for edition in layer.editions if edition.in_force(at)] for code, layer in fabric.overlays.items()
    }
    found = {code: topologies.of(fabric, code, at) for code in fabric.overlays}
    return {
        "version": fabric.version,
        "clean": all(topology.clean for topology in found.values()),
        "overlays": {
            code: {"name": fabric.profile.overlay_name(code), "clean": topology.clean, **topology.as_json()}
            for code, topology in found.items()
        },
        "norms": judge(fabric.profile, Ground(in_force, fabric.units, headcount(fabric.people.values(), at))),
        "ownerless": ownerless(found, in_force, known),
        "register": "/grids/v1/ownerless",
    }
