"""The ground under the form's map: outlines and well-known names, nothing that is not on any street map."""

import asyncio
from datetime import datetime
from typing import Any

import shapely
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse

from services.fabric.snapshot import Fabric
from services.intake.pages.counter import counter_of

router = APIRouter()
# The finest that people know by name goes first; one with too many grids is no help on a phone.
_OVERLAYS = ("community", "comprehensive", "street", "district")
_MOST_GRIDS = 400
_MOST_PLACES = 1500
# Kinds of which there are too many to be landmarks: named where nothing else is.
_COMMON = {"building": 1, "address": 2}
# Degrees: about a metre.
_SMOOTH = 1e-5
_EMPTY: dict[str, Any] = {"box": None, "areas": [], "roads": [], "places": []}
_MOST_ROADS = 3000
# (version, when it was published) → what was drawn of it; one at a time.
_kept: dict[tuple[int, datetime], dict[str, Any]] = {}


@router.get("/report/ground")
async def get_ground(request: Request) -> JSONResponse:
    """`{"box":[W,S,E,N],"areas":[{"name","shape"}],"roads":[[name,lon,lat,lon,lat]],
    "places":[[name,lon,lat,common]]}`, WGS-84; the same for everybody. `common` is 1 where there are many such."""
    office = counter_of(request).office
    office.strangers.look(request)
    fabric = office.fabric
    if fabric is None or fabric.empty:
        return JSONResponse(_EMPTY)
    edition = (fabric.version, fabric.published_at)
    drawn = _kept.get(edition)
    if drawn is None:
        drawn = await asyncio.to_thread(_draw, fabric, office.clock.now())
        _kept.clear()
        _kept[edition] = drawn
    return JSONResponse(drawn, headers={"Cache-Control": "public, max-age=600"})


def _draw(fabric: Fabric, at: datetime) -> dict[str, Any]:
    overlay = next((fabric.overlays[code] for code in _OVERLAYS if 0 < _size(fabric, code) <= _MOST_GRIDS), None)
    editions = [edition for edition in overlay.editions if edition.in_force(at)] if overlay else []
    areas = [{"name": edition.name, "shape": _shape(edition.geometry)} for edition in editions]
    named = [entry for entry in fabric.gazetteer.entries if entry.kind != "road"]
    known = sorted(named, key=lambda one: _COMMON.get(one.kind, 0))
    places = [
        [entry.name, round(entry.lon, 6), round(entry.lat, 6), int(entry.kind in _COMMON)]
        for entry in known[:_MOST_PLACES]
    ]
    stretches = [(one.name, one, one.stretch) for one in fabric.gazetteer.entries if one.stretch is not None]
    roads = [[name, one.lon, one.lat, to.lon, to.lat] for name, one, to in stretches[:_MOST_ROADS]]
    return {"version": fabric.version, "box": fabric.bounds, "areas": areas, "roads": roads, "places": places}


def _size(fabric: Fabric, code: str) -> int:
    return len(fabric.overlays[code]) if code in fabric.overlays else 0


def _shape(geometry: shapely.Geometry) -> Any:
    plain = shapely.set_precision(geometry, 1e-6).simplify(_SMOOTH)
    return shapely.geometry.mapping(plain)
