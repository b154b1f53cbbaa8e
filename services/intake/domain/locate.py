"""Where an order is: the source's coordinates first, then the address, then what the text itself names.

All points of a batch are resolved at once; an order without a point costs no geometry.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

import numpy as np

from services.fabric.address import AddressMatch, denied, match
from services.fabric.datum import to_wgs84
from services.fabric.metric import distance
from services.fabric.model import Resolved
from services.fabric.resolve import OUTLINES, resolve_many, zone_of_address_kind
from services.fabric.snapshot import Fabric
from services.intake.domain.draft import Draft

HowFound = Literal["coordinates", "address", "content", "desk", "unclear", "none"]


@dataclass(frozen=True, slots=True)
class Located:
    """`grids` is overlay → code; `edges` the overlays where the point is not plainly inside (boundary, nearest).
    `mismatch` is the distance in metres between coordinates and address where it is too far to be one place.
    With how `unclear` the point is only the likeliest guess, and nobody's grid is named."""

    how: HowFound
    confidence: float
    lon: float | None = None
    lat: float | None = None
    name: str | None = None
    zone: str | None = None
    inside: bool = True
    grids: Mapping[str, str] = field(default_factory=dict)
    edges: Mapping[str, str] = field(default_factory=dict)
    mismatch: int | None = None
    fabric_version: int = 0

    @property
    def known(self) -> bool:
        return self.how not in ("unclear", "none")

    def as_json(self) -> dict[str, Any]:
        return {
            "how": self.how,
            "confidence": self.confidence,
            "lon": self.lon,
            "lat": self.lat,
            "name": self.name,
            "zone": self.zone,
            "inside": self.inside,
            "grids": dict(self.grids),
            "edges": dict(self.edges),
            "address_mismatch": self.mismatch is not None,
            "mismatch_metres": self.mismatch,
            "fabric_version": self.fabric_version,
        }


def located_from(data: dict[str, Any]) -> Located:
    """The inverse of `as_json`."""
    names = ("how", "confidence", "lon", "lat", "name", "zone", "inside", "grids", "edges", "fabric_version")
    return Located(mismatch=data["mismatch_metres"], **{name: data[name] for name in names})


@dataclass(frozen=True, slots=True)
class _Spot:
    how: HowFound
    confidence: float
    lon: float
    lat: float
    name: str | None = None
    kind: str | None = None
    mismatch: int | None = None


def locate(fabric: Fabric, drafts: Sequence[Draft], at: datetime, how: HowFound = "coordinates") -> list[Located]:
    """One for each draft, in their order; `how` says who gave the coordinates (the source, or the desk)."""
    positions = _positions(drafts)
    spots = [_spot(fabric, draft, positions.get(place), how) for place, draft in enumerate(drafts)]
    asked = [place for place, spot in enumerate(spots) if spot is not None and spot.how != "unclear"]
    held = [spots[place] for place in asked]
    lons = np.array([spot.lon for spot in held if spot], dtype=np.float64)
    lats = np.array([spot.lat for spot in held if spot], dtype=np.float64)
    resolved = dict(zip(asked, resolve_many(fabric, lons, lats, at), strict=True)) if asked else {}
    outlines = [code for code in OUTLINES if code in fabric.overlays and len(fabric.overlays[code])]
    return [_located(fabric, spot, resolved.get(place), outlines) for place, spot in enumerate(spots)]


def _positions(drafts: Sequence[Draft]) -> dict[int, tuple[float, float]]:
    """WGS-84 of the drafts that came with coordinates, one conversion for each datum."""
    by_crs: dict[str, list[int]] = {}
    for place, draft in enumerate(drafts):
        if draft.position is not None:
            by_crs.setdefault(draft.position.crs, []).append(place)
    found: dict[int, tuple[float, float]] = {}
    for crs, places in by_crs.items():
        given = [position for place in places if (position := drafts[place].position) is not None]
        lons, lats = to_wgs84(np.array([p.lon for p in given]), np.array([p.lat for p in given]), crs)
        found.update({place: (float(x), float(y)) for place, x, y in zip(places, lons, lats, strict=True)})
    return found


def _spot(fabric: Fabric, draft: Draft, position: tuple[float, float] | None, how: HowFound) -> _Spot | None:
    least = fabric.profile.thresholds.triage_address
    named = match(fabric.gazetteer, draft.address) if draft.address else None
    if position is not None:
        lon, lat = position
        sure = named if named is not None and named.confidence >= least else None
        away = distance(lon, lat, sure.lon, sure.lat) if sure else 0.0
        if sure is not None and away > fabric.profile.thresholds.mismatch_metres:
            return _Spot(how, 1.0, lon, lat, mismatch=round(away))
        return _Spot(how, 1.0, lon, lat, sure.name if sure else None, sure.kind if sure else None)
    if named is not None and named.confidence >= least:
        return _of(named, "address")
    said = match(fabric.gazetteer, draft.text)
    if said is not None and said.confidence >= least and not denied(named, said):
        return _of(said, "content")
    guesses = [guess for guess in (named, said) if guess is not None and not (guess is said and denied(named, guess))]
    return _of(max(guesses, key=lambda guess: guess.confidence), "unclear") if guesses else None


def _of(found: AddressMatch, how: HowFound) -> _Spot:
    return _Spot(how, found.confidence, found.lon, found.lat, found.name, found.kind)


def _located(fabric: Fabric, spot: _Spot | None, resolved: Resolved | None, outlines: Sequence[str]) -> Located:
    if spot is None:
        return Located("none", 0.0, fabric_version=fabric.version)
    if resolved is None:
        return Located(
            spot.how, spot.confidence, round(spot.lon, 7), round(spot.lat, 7), spot.name, fabric_version=fabric.version
        )
    hits = resolved.overlays
    return Located(
        how=spot.how,
        confidence=spot.confidence,
        lon=round(spot.lon, 7),
        lat=round(spot.lat, 7),
        name=spot.name,
        zone=resolved.zone or (zone_of_address_kind(spot.kind) if spot.kind else None),
        inside=any(hits[code].how != "none" for code in (outlines or hits)),
        grids={code: hit.grid for code, hit in hits.items() if hit.grid is not None},
        edges={code: hit.how for code, hit in hits.items() if hit.how in ("boundary", "nearest")},
        mismatch=spot.mismatch,
        fabric_version=fabric.version,
    )
