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
_PLACES = ("estate", "landmark", "office", "shop", "building", "address")
# Degrees: about a metre.
_SMOOTH = 1e-5
_EMPTY: dict[str, Any] = {"box": None, "areas": [], "places": []}
_kept: dict[int, dict[str, Any]] = {}


@router.get("/report/ground")
async def get_ground(request: Request) -> JSONResponse:
    """`{"box":[W,S,E,N],"areas":[{"name","shape"}],"places":[[name,lon,lat]]}`, WGS-84; the same for everybody."""
    office = counter_of(request).office
    office.strangers.look(request)
    fabric = office.fabric
    if fabric is None or fabric.empty:
        return JSONResponse(_EMPTY)
    # By identity: another fabric may bear the same number.
    drawn = _kept.get(id(fabric))
    if drawn is None or drawn["version"] != fabric.version:
        drawn = await asyncio.to_thread(_draw, fabric, office.clock.now())
        _kept.clear()
        _kept[id(fabric)] = drawn
    return JSONResponse(drawn, headers={"Cache-Control": "public, max-age=600"})


def _draw(fabric: Fabric, at: datetime) -> dict[str, Any]:
    overlay = next((fabric.overlays[code] for code in _OVERLAYS if 0 < _size(fabric, code) <= _MOST_GRIDS), None)
    editions = [edition for edition in overlay.editions if edition.in_force(at)] if overlay else []
    areas = [{"name": edition.name, "shape": _shape(edition.geometry)} for edition in editions]
    rank = {kind: place for place, kind in enumerate(_PLACES)}
    known = sorted((entry for entry in fabric.gazetteer.entries if entry.kind in rank), key=lambda one: rank[one.kind])
    places = [[entry.name, round(entry.lon, 6), round(entry.lat, 6)] for entry in known[:_MOST_PLACES]]
    return {"version": fabric.version, "box": fabric.bounds, "areas": areas, "places": places}


def _size(fabric: Fabric, code: str) -> int:
    return len(fabric.overlays[code]) if code in fabric.overlays else 0


def _shape(geometry: shapely.Geometry) -> Any:
    plain = shapely.set_precision(geometry, 1e-6).simplify(_SMOOTH)
    return shapely.geometry.mapping(plain)
