"""Who stands where: the grids and units of a place, as the fabric has them at the time of dispatch."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from services.dispatch.domain.routing.directory import PROPERTY, Directory
from services.dispatch.domain.routing.matter import Matter
from services.dispatch.domain.routing.ownership import NOBODY, Ownership, ownership
from services.fabric.estates import estates_of
from services.fabric.model import Hit, Resolved, Ruling
from services.fabric.resolve import resolve, resolve_many
from services.fabric.rulings import decided, in_force, of_place
from services.fabric.snapshot import Fabric

# From the narrowest ground to the widest: whom a place is nearest to.
_NARROW_FIRST = ("micro", "community_grid", "community", "comprehensive", "street")


class Site(NamedTuple):
    """`grids` and `units` by overlay; a unit is there whenever its grid names one, known to the fabric or not.
    `inside_wall`: 围墙内外, where the ground says so; `property`: the property company; `thing`: whose the thing is. `ruled`: the rulings by which `units`
    has whom the map has not; `place`: the one that says who takes here what nobody else is found for."""

    grids: Mapping[str, str]
    units: Mapping[str, str]
    zone: str | None
    inside_wall: bool | None = None
    property: str | None = None
    thing: Ownership = NOBODY
    ruled: Mapping[str, Ruling] = MappingProxyType({})
    place: Ruling | None = None

    def nearest_first(self) -> list[str]:
        """The units here, the narrowest ground first."""
        first = [self.units[overlay] for overlay in _NARROW_FIRST if overlay in self.units]
        return first + [unit for overlay, unit in self.units.items() if overlay not in _NARROW_FIRST]


def sites(fabric: Fabric, directory: Directory, matters: Sequence[Matter], at: datetime) -> list[Site]:
    """One for each matter. Those with a position are resolved at once, on an edge and near a gap too; the others stand
    by the grids they came with, as far as those are in force."""
    placed = [n for n, matter in enumerate(matters) if matter.lon is not None and matter.lat is not None]
    resolved: dict[int, Resolved] = {}
    if len(placed) == 1:
        only = matters[placed[0]]
        resolved[placed[0]] = resolve(fabric, only.lon or 0.0, only.lat or 0.0, at)
    elif placed:
        lons = np.array([matters[n].lon for n in placed], dtype=np.float64)
        lats = np.array([matters[n].lat for n in placed], dtype=np.float64)
        resolved = dict(zip(placed, resolve_many(fabric, lons, lats, at), strict=True))
    return [
        _of_point(fabric, directory, matter, resolved[n], at)
        if n in resolved
        else _of_codes(fabric, directory, matter, at)
        for n, matter in enumerate(matters)
    ]


def _of_point(fabric: Fabric, directory: Directory, matter: Matter, found: Resolved, at: datetime) -> Site:
    grids = {overlay: hit.grid for overlay, hit in found.overlays.items() if hit.grid is not None}
    units = {overlay: hit.unit for overlay, hit in found.overlays.items() if hit.unit is not None}
    ruled = found.ruled or {}
    units |= {overlay: ruling.unit for overlay, ruling in ruled.items()}
    site = Site(grids, units, found.zone or matter.zone, found.inside_wall, ruled=ruled, place=found.place)
    return _completed(fabric, directory, matter, site, at)


def _of_codes(fabric: Fabric, directory: Directory, matter: Matter, at: datetime) -> Site:
    grids: dict[str, str] = {}
    units: dict[str, str] = {}
    for overlay, code in matter.grids.items():
        edition = fabric.grid(overlay, code, at)
        if edition is not None:
            grids[overlay] = code
            if edition.unit is not None:
                units[overlay] = edition.unit
    near = in_force(fabric.rulings.of_grids(grids), fabric.units) if len(fabric.rulings) else []
    hits = {overlay: Hit(code, None, units.get(overlay), "inside") for overlay, code in grids.items()}
    ruled = decided(near, hits, fabric.units)
    units |= {overlay: ruling.unit for overlay, ruling in ruled.items()}
    site = Site(grids, units, matter.zone, ruled=ruled, place=of_place(near))
    return _completed(fabric, directory, matter, site, at)


def _completed(fabric: Fabric, directory: Directory, matter: Matter, site: Site, at: datetime) -> Site:
    near = site.nearest_first()
    company = _property(fabric, directory, matter, site, near, at)
    return site._replace(property=company, thing=ownership(directory, matter, near, at))


def _property(
    fabric: Fabric, directory: Directory, matter: Matter, site: Site, near: Sequence[str], at: datetime
) -> str | None:
    """The property company of the place: whose own grid it is, else that of the estate that the words name or the point
    is in the middle of (none where a community manages it), else whom the grid names in its `property`, narrowest first,
    else the one that belongs to (隶属、派驻) a unit here."""
    for code in site.units.values():
        if directory.kind(code) == PROPERTY:
            return code
    estate = _estate(fabric, matter)
    if estate in fabric.units:
        return estate if directory.kind(estate) == PROPERTY else None
    for overlay in _NARROW_FIRST:
        edition = fabric.grid(overlay, site.grids[overlay], at) if overlay in site.grids else None
        named = edition.properties.get(PROPERTY) if edition else None
        if isinstance(named, str) and named in fabric.units:
            return named
    return directory.attached(near, PROPERTY)


def _estate(fabric: Fabric, matter: Matter) -> str:
    """Who manages the estate that the order is about; empty where none is known. The address goes before the text, both
    before the point."""
    estates = estates_of(fabric.gazetteer)
    if not len(estates):
        return ""
    limits = fabric.profile.thresholds
    for words in (matter.address, matter.text):
        found = estates.named(words, matter.lon, matter.lat, limits.mismatch_metres) if words else None
        if found is not None:
            return found.unit
    if matter.lon is None or matter.lat is None:
        return ""
    near = estates.nearest(matter.lon, matter.lat, limits.estate_metres)
    return near.unit if near else ""
