"""What the map itself knows of ownerless ground, held against the register: new, seen again, gone."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from services.fabric.model import GridEdition
from services.fabric.overlay import Overlay
from services.fabric.resolve import OUTLINES
from services.fabric.snapshot import Fabric
from services.fabric.topology import Topology
from services.grids.domain.ground import Ground, Kind

MOST_OF_A_KIND = 500
MAP_KINDS: tuple[Kind, ...] = ("gap", "overlap", "no_unit")


class Finding(NamedTuple):
    overlay: str
    kind: Kind
    grids: tuple[str, ...]
    area_m2: float
    lon: float
    lat: float
    shape: BaseGeometry

    @property
    def key(self) -> str:
        """A gap has no name of its own; where it was first seen serves as one."""
        named = "/".join(self.grids) or f"{self.lon:.7f},{self.lat:.7f}"
        return f"{self.kind}/{self.overlay}/{named}"


@dataclass(frozen=True, slots=True)
class Survey:
    """Of one overlay. `cut` are the kinds of which there was more than could be listed: of these nothing is gone that is
    no larger than the smallest listed."""

    overlay: str
    findings: tuple[Finding, ...]
    cut: frozenset[str]


@dataclass(frozen=True, slots=True)
class Renewal:
    new: tuple[Finding, ...]
    seen: tuple[tuple[Ground, Finding], ...]
    gone: tuple[Ground, ...]


def survey(overlay: str, topology: Topology, in_force: Sequence[GridEdition], units: frozenset[str]) -> Survey:
    """Borders that were meant to be one (slivers) are nobody's matter."""
    areas = topology.areas_m2
    orphans = sorted((e for e in in_force if e.unit is None or e.unit not in units), key=lambda e: -areas[e.code])
    found = [
        *(Finding(overlay, "gap", (), g.area_m2, g.lon, g.lat, g.shape) for g in topology.gaps if not g.sliver),
        *(
            Finding(overlay, "overlap", (o.first, o.second), o.area_m2, o.lon, o.lat, o.shape)
            for o in topology.overlaps
            if not o.sliver
        ),
        *(_orphan(overlay, edition, areas[edition.code]) for edition in orphans[:MOST_OF_A_KIND]),
    ]
    full = {"gap": topology.counts["gaps"], "overlap": topology.counts["overlaps"], "no_unit": len(orphans)}
    listed = {"gap": len(topology.gaps), "overlap": len(topology.overlaps), "no_unit": MOST_OF_A_KIND}
    return Survey(overlay, tuple(found), frozenset(kind for kind, count in full.items() if count > listed[kind]))


def renew(held: Iterable[Ground], surveys: Iterable[Survey]) -> Renewal:
    """`held`: the register's entries of the map, closed ones too, of the overlays surveyed. A gap is the same as before
    where they have ground in common, however its border was drawn anew."""
    before: dict[tuple[str, str], list[Ground]] = defaultdict(list)
    for ground in held:
        before[ground.overlays[0], ground.kind].append(ground)
    new: list[Finding] = []
    seen: list[tuple[Ground, Finding]] = []
    gone: list[Ground] = []
    for one in surveys:
        for kind in MAP_KINDS:
            known = before.pop((one.overlay, kind), [])
            found = [finding for finding in one.findings if finding.kind == kind]
            pairs = _by_ground(known, found) if kind == "gap" else _by_key(known, found)
            new += [finding for place, finding in enumerate(found) if place not in pairs]
            seen += [(pairs[place], finding) for place, finding in enumerate(found) if place in pairs]
            matched = {ground.id for ground in pairs.values()}
            least = min((finding.area_m2 for finding in found), default=0.0) if kind in one.cut else 0.0
            gone += [g for g in known if g.id not in matched and (g.area_m2 or 0.0) > least]
    gone += [ground for grounds in before.values() for ground in grounds]
    return Renewal(tuple(new), tuple(seen), tuple(ground for ground in gone if ground.state != "closed"))


def _orphan(overlay: str, edition: GridEdition, area_m2: float) -> Finding:
    spot = edition.geometry.representative_point()
    return Finding(overlay, "no_unit", (edition.code,), area_m2, spot.x, spot.y, edition.geometry)


def _by_key(known: Sequence[Ground], found: Sequence[Finding]) -> Mapping[int, Ground]:
    """Place in `found` → the entry it is."""
    keys = {ground.key: ground for ground in known}
    return {place: keys[finding.key] for place, finding in enumerate(found) if finding.key in keys}


def _by_ground(known: Sequence[Ground], found: Sequence[Finding]) -> Mapping[int, Ground]:
    """The pairs with most ground in common first, each side once."""
    shaped = [ground for ground in known if ground.shape is not None]
    if not shaped or not found:
        return {}
    old = np.array([ground.shape for ground in shaped], dtype=object)
    new = np.array([finding.shape for finding in found], dtype=object)
    asked, met = shapely.STRtree(old).query(new, predicate="intersects")
    common = shapely.area(shapely.intersection(new[asked], old[met]))
    pairs: dict[int, Ground] = {}
    taken: set[int] = set()
    for number in np.argsort(-common, kind="stable").tolist():
        place, other = int(asked[number]), int(met[number])
        if common[number] > 0 and place not in pairs and other not in taken:
            pairs[place] = shaped[other]
            taken.add(other)
    return pairs


def outline_of(fabric: Fabric, overlay: str, at: datetime) -> BaseGeometry | None:
    """What the overlay should fill: the first of these that there is, other than itself."""
    layer = _outline_layer(fabric, overlay, at)
    if layer is None:
        return None
    outline: BaseGeometry = shapely.union_all(layer.geometries[layer.in_force(at)])
    return outline


def _outline_layer(fabric: Fabric, overlay: str, at: datetime) -> Overlay | None:
    for code in OUTLINES:
        if code == overlay:
            return None
        layer = fabric.overlays.get(code)
        if layer is not None and layer.in_force(at).any():
            return layer
    return None
