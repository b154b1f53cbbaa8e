"""The map: the grids of one overlay and the live cases on it. No tiles: the fabric itself is the map."""

from datetime import datetime
from typing import Any

import shapely
from nicegui import ui

from services.console.pages.leaflet import LEAFLET
from services.fabric.overlay import Overlay
from services.fabric.snapshot import Fabric

# Of the sphere's degrees: about a metre, which no screen shows.
_TOLERANCE = 1e-5
_MOST_LABELS = 60
PALETTE = ("#7aa6d6", "#8fc9a3", "#e8c07d", "#c79ad1", "#e59d8f", "#8ecbd0", "#b7c66f", "#a9a4de", "#d9a5bd", "#9db4a0")


class FabricMap(ui.element, component="fabric_map.js"):
    """`box`: west, south, east, north to begin with."""

    def __init__(self, box: tuple[float, float, float, float] | None, grids: list[dict[str, Any]]) -> None:
        super().__init__()
        self.add_resource(LEAFLET)
        self._props["box"] = list(box) if box else None
        self._props["grids"] = grids

    def show_grids(self, grids: list[dict[str, Any]]) -> None:
        self.run_method("show_grids", grids)

    def change(self, upserts: list[dict[str, Any]], removed: list[str]) -> None:
        self.run_method("change", upserts, removed)


def overlays_of(fabric: Fabric, now: datetime) -> dict[str, str]:
    """code → name of those with a grid in force, in the profile's order."""
    held = [code for code, overlay in fabric.overlays.items() if overlay.in_force(now).any()]
    order = {code: place for place, code in enumerate(fabric.profile.overlays)}
    return {code: fabric.profile.overlay_name(code) for code in sorted(held, key=lambda c: (order.get(c, 99), c))}


def grids_of(fabric: Fabric, code: str, now: datetime) -> list[dict[str, Any]]:
    """Each grid in force: name, colour, GeoJSON, and whether there is room for its name."""
    overlay = fabric.overlays.get(code)
    if overlay is None:
        return []
    shown = _in_force(overlay, now)
    return [
        {
            "overlay": code,
            "code": overlay.editions[index].code,
            "name": overlay.editions[index].name,
            "unit": fabric.unit_name(overlay.editions[index].unit),
            "colour": PALETTE[place % len(PALETTE)],
            "labelled": len(shown) <= _MOST_LABELS,
            "geometry": _outline(overlay.geometries[index]),
        }
        for place, index in enumerate(shown)
    ]


def _in_force(overlay: Overlay, now: datetime) -> list[int]:
    return [index for index, holds in enumerate(overlay.in_force(now)) if holds]


def _outline(geometry: shapely.Geometry) -> dict[str, Any]:
    simple = shapely.simplify(geometry, _TOLERANCE, preserve_topology=True)
    return dict(shapely.geometry.mapping(shapely.set_precision(simple, 1e-6)))
