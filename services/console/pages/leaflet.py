"""Leaflet as NiceGUI brings it: one copy for its maps and for ours, served from here."""

from pathlib import Path

import nicegui.elements.leaflet as leaflet

LEAFLET = Path(leaflet.__file__).parent / "dist"
