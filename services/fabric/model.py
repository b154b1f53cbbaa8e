"""Grids, units, named places, and what resolving a point answers. Positions are WGS-84 degrees, times are aware."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any, Literal

from shapely.geometry.base import BaseGeometry

How = Literal["inside", "boundary", "nearest", "none"]
NOTHING: Mapping[str, Any] = MappingProxyType({})

UNIT_CODE = r"[A-Za-z0-9_-]{1,64}"
OVERLAY_CODE = r"[a-z][a-z0-9_]{0,39}"


@dataclass(frozen=True, slots=True)
class Unit:
    """单位. `parent` 隶属, `guided_by` 业务指导, `posted_to` 派驻 are codes of other units; `overlay` is the one
    whose grids it answers for, if any. `hours` is `24x7`, `working`, or `HH:MM-HH:MM` of a working day; None means the
    profile's. In force as a grid's edition is; a unit has one edition or several with no time in common."""

    code: str
    name: str
    level: str
    parent: str | None = None
    overlay: str | None = None
    guided_by: str | None = None
    posted_to: str | None = None
    kind: str | None = None
    aliases: tuple[str, ...] = ()
    hours: str | None = None
    channels: Mapping[str, Any] = field(default_factory=dict)
    properties: Mapping[str, Any] = field(default_factory=dict)
    valid_from: datetime | None = None
    valid_to: datetime | None = None

    def in_force(self, at: datetime) -> bool:
        return (self.valid_from is None or self.valid_from <= at) and (self.valid_to is None or at < self.valid_to)


@dataclass(frozen=True, slots=True)
class GridEdition:
    """One edition of a 网格, in force from `valid_from` (inclusive) to `valid_to` (exclusive); None is without end.
    A grid has one edition or several with no time in common."""

    overlay: str
    code: str
    name: str
    unit: str | None
    geometry: BaseGeometry
    parent: str | None = None
    households: int | None = None
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    properties: Mapping[str, Any] = field(default_factory=dict)

    def in_force(self, at: datetime) -> bool:
        return (self.valid_from is None or self.valid_from <= at) and (self.valid_to is None or at < self.valid_to)


Parity = Literal["odd", "even", "both"]


@dataclass(frozen=True, slots=True, order=True)
class Stretch:
    """A piece of a road from the entry's own point, where number `low` is, to `lon`, `lat`, where `high` is. `parity`:
    which numbers stand on it. A stretch without numbers (0 to 0) tells only where the road runs."""

    low: int
    high: int
    parity: Parity
    lon: float
    lat: float


@dataclass(frozen=True, slots=True)
class GazetteerEntry:
    """A named place: kind `address` (road and number), `road` (whole or a `stretch` of it), `estate`, `building`,
    `shop`, `office`, `landmark` and so on. `former` are names it no longer bears (曾用名); `unit` is who manages it, as
    the property company of an estate."""

    name: str
    kind: str
    lon: float
    lat: float
    aliases: tuple[str, ...] = ()
    former: tuple[str, ...] = ()
    stretch: Stretch | None = None
    unit: str | None = None

    def more(self) -> dict[str, Any]:
        """What few entries have, as JSON; empty for most."""
        told: dict[str, Any] = {}
        if self.former:
            told["former"] = list(self.former)
        if self.stretch:
            stretch = self.stretch
            told["stretch"] = [stretch.low, stretch.high, stretch.parity, stretch.lon, stretch.lat]
        if self.unit:
            told["unit"] = self.unit
        return told


def entry_of(
    name: str, kind: str, lon: float, lat: float, aliases: Iterable[str], more: Mapping[str, Any] = NOTHING
) -> GazetteerEntry:
    """`more` as the entry's own `more()` told it."""
    stretch = more.get("stretch")
    return GazetteerEntry(
        name,
        kind,
        lon,
        lat,
        tuple(aliases),
        tuple(more.get("former", ())),
        Stretch(*stretch) if stretch else None,
        more.get("unit"),
    )


@dataclass(frozen=True, slots=True)
class Hit:
    """What one overlay says of a point. `also` names the other side of a boundary, or the grids that overlap here."""

    grid: str | None
    name: str | None
    unit: str | None
    how: How
    also: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return {"grid": self.grid, "name": self.name, "unit": self.unit, "how": self.how, "also": list(self.also)}


NO_HIT = Hit(None, None, None, "none")


@dataclass(frozen=True, slots=True)
class TeamShare:
    """A unit of the joint team and the share (0–1) of the comprehensive grid's area that its own grids cover."""

    unit: str
    share: float


@dataclass(frozen=True, slots=True)
class Ruling:
    """Of a piece of ownerless or contested ground: `settled` for good (裁定, on what `ground`), or `unit` looks after it
    until then (代管). `kind`: `gap`, `overlap`, `no_unit` of its overlay, or `bouncing`: a place as such. `shape` None:
    a place that is known by its grids alone."""

    id: str
    kind: str
    overlays: tuple[str, ...]
    grids: Mapping[str, tuple[str, ...]]
    unit: str
    settled: bool
    ground: str
    at: datetime
    shape: BaseGeometry | None

    def as_json(self) -> dict[str, Any]:
        told = {"id": self.id, "kind": self.kind, "unit": self.unit, "settled": self.settled}
        return told | {"ground": self.ground, "at": self.at.isoformat()}


@dataclass(frozen=True, slots=True)
class Resolved:
    """`zone`: 三区; `inside_wall`: 围墙内外, None where no grid says. `ruled`: overlay → the ruling that says whose it is
    here whatever its grid says; `place`: the ruling about the place as such."""

    as_of: datetime
    version: int
    zone: str | None
    overlays: Mapping[str, Hit]
    team: tuple[TeamShare, ...]
    inside_wall: bool | None = None
    ruled: Mapping[str, Ruling] | None = None
    place: Ruling | None = None

    def unit_of(self, overlay: str) -> str | None:
        """The unit whose grid of that overlay holds the point; None where there is no such grid, or it has no unit."""
        hit = self.overlays.get(overlay)
        return hit.unit if hit else None

    def grid_of(self, overlay: str) -> str | None:
        hit = self.overlays.get(overlay)
        return hit.grid if hit else None

    def as_json(self) -> dict[str, Any]:
        return {
            "as_of": self.as_of.isoformat(),
            "version": self.version,
            "zone": self.zone,
            **({} if self.inside_wall is None else {"inside_wall": self.inside_wall}),
            "overlays": {code: hit.as_json() for code, hit in self.overlays.items()},
            "team": [{"unit": member.unit, "share": member.share} for member in self.team],
            **self.rulings_json(),
        }

    def rulings_json(self) -> dict[str, Any]:
        """Nothing where no ruling speaks: most ground has an owner."""
        told: dict[str, Any] = {}
        if self.ruled:
            told["ruled"] = {overlay: ruling.as_json() for overlay, ruling in self.ruled.items()}
        if self.place:
            told["place"] = self.place.as_json()
        return told
