"""三不管地带: an entry of the register, what may be done with it, and what its event says."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from shapely.geometry.base import BaseGeometry

from services.fabric.rulings import KINDS
from services.grids.domain.spots import square_of

Kind = Literal["gap", "overlap", "no_unit", "bouncing"]
State = Literal["open", "held", "ruled", "closed"]
Step = Literal["hold", "rule", "close"]
STATES: Mapping[str, str] = {"open": "待定", "held": "代管", "ruled": "已裁定", "closed": "已销号"}
# From which states a step may be taken. A ruling may be given anew; an interim holder may be another; what is over is
# opened again by the map or by what happens there, not by hand.
MAY: Mapping[Step, frozenset[str]] = {
    "hold": frozenset({"open", "held"}),
    "rule": frozenset({"open", "held", "ruled"}),
    "close": frozenset({"open", "held", "ruled"}),
}
EVENTS: Mapping[str, str] = {"open": "found", "held": "held", "ruled": "ruled", "closed": "closed"}


@dataclass(frozen=True, slots=True)
class Ruling:
    unit: str
    ground: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Ground:
    """`key` is what makes a finding the same one again: the overlay and its grids, or the spot. `shape` in degrees, of
    what the map has found; a spot has none. `version` counts what was told of it and is the ETag; evidence and
    `last_seen` grow without it. `closed_by` None in a closed one: it was not found any more."""

    id: str
    key: str
    kind: Kind
    state: State
    lon: float | None
    lat: float | None
    address: str | None
    overlays: tuple[str, ...]
    grids: Mapping[str, tuple[str, ...]]
    area_m2: float | None
    shape: BaseGeometry | None
    first_seen: datetime
    last_seen: datetime
    holder: str | None = None
    held_by: str | None = None
    held_at: datetime | None = None
    ruling: Ruling | None = None
    closed_by: str | None = None
    closed_at: datetime | None = None
    note: str | None = None
    version: int = 1

    @property
    def bounds(self) -> tuple[float, float, float, float] | None:
        """West, south, east, north, for a map; None for a place without a point."""
        if self.shape is None:
            return square_of(self.key)
        west, south, east, north = self.shape.bounds
        return west, south, east, north


def allowed(state: State) -> list[str]:
    return [step for step, states in MAY.items() if state in states]


def held(ground: Ground, unit: str, by: str, at: datetime) -> Ground:
    """代管: until it is ruled whose it is."""
    return _told(replace(ground, state="held", holder=unit, held_by=by, held_at=at))


def ruled(ground: Ground, ruling: Ruling) -> Ground:
    """裁定 ends 代管; who held it until then stays readable."""
    return _told(replace(ground, state="ruled", ruling=ruling))


def closed(ground: Ground, by: str | None, at: datetime, note: str | None = None) -> Ground:
    return _told(replace(ground, state="closed", closed_by=by, closed_at=at, note=note))


def found_again(ground: Ground, at: datetime) -> Ground:
    """After it was closed. What was ruled stays readable, but the matter is open."""
    opened = replace(ground, state="open", last_seen=at, closed_by=None, closed_at=None, note=None)
    return _told(replace(opened, holder=None, held_by=None, held_at=None))


def text_of(ground: Ground, name: Callable[[str | None], str] = str) -> str:
    """What has come of it, in a sentence; `name` gives units their names."""
    where = f"{ground.address or '、'.join(ground.overlays) or '一处'}（{KINDS[ground.kind]}）"
    ruling = ground.ruling
    if ground.state == "held":
        return f"{where}由{name(ground.holder)}代管"
    if ground.state == "ruled" and ruling is not None:
        return f"{where}裁定归{name(ruling.unit)}，依据：{ruling.ground}"
    if ground.state == "closed":
        return f"{where}销号" if ground.closed_by else f"{where}已不再发现，自动销号"
    return f"{where}列入三不管地带台账"


def _told(ground: Ground) -> Ground:
    return replace(ground, version=ground.version + 1)
