"""Whose ground a point or an address is on: from this process's copy of the fabric."""

import asyncio
from datetime import datetime
from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Query, Response

from services.fabric.address import HOW_TOLD, SURE_ENOUGH, AddressMatch, match
from services.fabric.datum import BadPosition, Crs, check_on_earth, to_wgs84
from services.fabric.model import NO_HIT, Resolved
from services.fabric.resolve import resolve, resolve_many, zone_of_address_kind
from services.fabric.snapshot import Fabric
from services.grids import metrics
from services.grids.api.components import asked_kinds
from services.grids.api.parameters import At, Reader, asked_at, current, moment
from services.grids.domain.telling import resolved_json
from services.grids.errors import bad_points
from services.grids.schemas import PointsBody
from services.grids.usecases.publishing import Registry
from services.kit.problems import wrong

_MOST_NEAR = 10
Component = Annotated[
    list[str] | None, Query(max_length=20, description="部件类别的编码、名称，或一族，如 manhole；可以写几个")
]
Degrees = Annotated[float | None, Query(allow_inf_nan=False)]


def routes(registry: Registry) -> APIRouter:
    router = APIRouter(prefix="/grids/v1", tags=["定位"])

    @router.get("/resolve", summary="一个点或一个地址落在谁的网格里")
    async def resolve_one(
        caller: Reader,
        lon: Degrees = None,
        lat: Degrees = None,
        address: Annotated[str | None, Query(min_length=1, max_length=500, description="地址或地点的叫法")] = None,
        crs: Crs = "wgs84",
        at: At = None,
        component: Component = None,
    ) -> dict[str, Any]:
        """给 lon 和 lat，或者给 address。给 component 时多答附近这些部件归谁。按地址查时多答 match：认出的地点、可信度、别的可能；可信度低于 0.5 要人看。"""
        when = moment(registry, at)
        if address is not None and lon is None and lat is None:
            return _by_address(current(registry), address, when, component)
        if address is not None or lon is None or lat is None:
            raise wrong("/lon", "请给 lon 和 lat，或者只给 address")
        metrics.RESOLVED.labels("point").inc()
        fabric, (x, y) = current(registry), asked_at(lon, lat, crs, "/lon")
        return {**resolve(fabric, x, y, when).as_json(), **_things(fabric, x, y, when, component)}

    @router.post("/resolve", summary="一批点落在谁的网格里，最多一万个")
    async def resolve_points(body: PointsBody, caller: Reader) -> Response:
        fabric, when = current(registry), moment(registry, body.at)
        answer = await asyncio.to_thread(_many, fabric, body, when)
        metrics.RESOLVED.labels("batch").inc(len(body.points))
        return Response(answer, media_type="application/json")

    return router


def _many(fabric: Fabric, body: PointsBody, at: datetime) -> str:
    faults: list[tuple[str, str]] = []
    for index, point in enumerate(body.points):
        try:
            check_on_earth(point.lon, point.lat)
        except BadPosition as bad:
            faults.append((f"/points/{index}", str(bad)))
    if faults:
        raise bad_points(faults)
    lons = np.array([point.lon for point in body.points], dtype=np.float64)
    lats = np.array([point.lat for point in body.points], dtype=np.float64)
    datums = np.array([point.crs or body.crs or "wgs84" for point in body.points], dtype=object)
    for crs in set(datums.tolist()):
        mine = datums == crs
        lons[mine], lats[mine] = to_wgs84(lons[mine], lats[mine], crs)
    found = resolve_many(fabric, lons, lats, at)
    if not body.component:
        return resolved_json(found)
    kinds = asked_kinds(fabric.profile.things, body.component, "/component")
    reach = fabric.profile.thresholds.owner_metres
    near = [
        fabric.components.near(x, y, kinds, reach, at, _MOST_NEAR)
        for x, y in zip(lons.tolist(), lats.tolist(), strict=True)
    ]
    return resolved_json(found, near)


def _things(fabric: Fabric, lon: float, lat: float, at: datetime, asked: list[str] | None) -> dict[str, Any]:
    """The components of the kinds asked for, the nearest first; nothing where none is asked for."""
    if not asked:
        return {}
    kinds = asked_kinds(fabric.profile.things, asked, "/component")
    reach = fabric.profile.thresholds.owner_metres
    near = fabric.components.near(lon, lat, kinds, reach, at, _MOST_NEAR)
    return {"components": [thing.as_json() for thing in near]}


def _by_address(fabric: Fabric, address: str, at: datetime, component: list[str] | None) -> dict[str, Any]:
    metrics.RESOLVED.labels("address").inc()
    found = match(fabric.gazetteer, address)
    if found is None:
        nothing = Resolved(at, fabric.version, None, dict.fromkeys(fabric.overlays, NO_HIT), ())
        things: dict[str, Any] = {"components": []} if component else {}
        return {**nothing.as_json(), **things, "match": None, "triage": True}
    here = resolve(fabric, found.lon, found.lat, at).as_json()
    here |= _things(fabric, found.lon, found.lat, at, component)
    zone = here["zone"] or zone_of_address_kind(found.kind)
    return {**here, "zone": zone, "match": _match_json(found), "triage": found.confidence < SURE_ENOUGH}


def _match_json(found: AddressMatch) -> dict[str, Any]:
    return {
        "name": found.name,
        "kind": found.kind,
        "lon": found.lon,
        "lat": found.lat,
        "confidence": found.confidence,
        "matched": found.matched,
        "how": found.how,
        "told": HOW_TOLD[found.how],
        "elsewhere": found.elsewhere,
        "alternatives": [
            {"name": other.name, "lon": other.lon, "lat": other.lat, "confidence": other.confidence}
            for other in found.alternatives
        ],
    }
