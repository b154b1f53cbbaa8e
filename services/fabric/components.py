"""Components (部件): covers, lamps, poles, boxes, benches, each a point with an owner (权属), held as arrays.

A city has hundreds of thousands of them and every process holds them all: some sixty bytes each here.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.fabric.component_kinds import is_kind
from services.fabric.nearby import Nearby, order_of

OK, REMOVED = "ok", "removed"
STATES: dict[str, str] = {
    OK: "完好",
    "damaged": "破损",
    "missing": "丢失",
    "disused": "废弃",
    REMOVED: "移除",
}
# Seven digits of a degree are a centimetre.
DIGITS = 7


@dataclass(frozen=True, slots=True)
class Component:
    """`owner` is a unit's code, None where nobody is known to own it; in force from `valid_from` (inclusive) to `valid_to`
    (exclusive), None is without end. What is `removed` is in the books but no longer in the street."""

    code: str
    kind: str
    lon: float
    lat: float
    owner: str | None = None
    state: str = OK
    valid_from: datetime | None = None
    valid_to: datetime | None = None


@dataclass(frozen=True, slots=True)
class Thing:
    """A component found near a place."""

    code: str
    kind: str
    owner: str | None
    metres: float

    def as_json(self) -> dict[str, Any]:
        return {"code": self.code, "kind": self.kind, "owner": self.owner, "metres": round(self.metres, 1)}


class Components:
    """All components of one fabric. Immutable."""

    def __init__(self, components: Iterable[Component] = ()) -> None:
        rows = list(components)
        lons = np.array([row.lon for row in rows], dtype=np.float64)
        lats = np.array([row.lat for row in rows], dtype=np.float64)
        order = order_of(lons, lats)
        rows = [rows[at] for at in order.tolist()]
        self._near = Nearby(lons[order], lats[order])
        self.kinds, self._kind = _coded([row.kind for row in rows])
        self.owners, self._owner = _coded([row.owner or "" for row in rows])
        self._there = np.array([row.state != REMOVED for row in rows], dtype=np.bool_)
        self._from = np.array([row.valid_from.timestamp() if row.valid_from else -np.inf for row in rows])
        self._to = np.array([row.valid_to.timestamp() if row.valid_to else np.inf for row in rows])
        codes = [row.code.encode() for row in rows]
        self._codes = b"".join(codes)
        self._ends = np.cumsum([0, *map(len, codes)], dtype=np.int32)
        self._wanted: dict[frozenset[str], NDArray[np.bool_]] = {}

    def __len__(self) -> int:
        return len(self._near)

    @property
    def nbytes(self) -> int:
        """What it holds in memory, but for some kilobytes that do not grow with it."""
        arrays = (
            self._near.lons,
            self._near.lats,
            self._kind,
            self._owner,
            self._there,
            self._from,
            self._to,
            self._ends,
        )
        return len(self._codes) + sum(int(array.nbytes) for array in arrays)

    def near(
        self, lon: float, lat: float, kinds: Iterable[str], metres: float, at: datetime, most: int = 1
    ) -> list[Thing]:
        """Those of the kinds (or families) within `metres` and in force at the moment, the nearest first and then by
        code."""
        wanted = self._of(frozenset(kinds))
        if not wanted.any():
            return []
        found, away = self._near.within(lon, lat, metres)
        moment = at.astimezone(UTC).timestamp()
        fits = (
            wanted[self._kind[found]] & self._there[found] & (self._from[found] <= moment) & (moment < self._to[found])
        )
        found, away = found[fits], away[fits]
        if len(found) > most:  # more may be as far as the last of them
            limit = np.partition(away, most - 1)[most - 1]
            found, away = found[away <= limit], away[away <= limit]
        things = [self._thing(place, far) for place, far in zip(found.tolist(), away.tolist(), strict=True)]
        return sorted(things, key=lambda thing: (thing.metres, thing.code))[:most]

    def _thing(self, place: int, metres: float) -> Thing:
        start, end = int(self._ends[place]), int(self._ends[place + 1])
        owner = self.owners[int(self._owner[place])]
        return Thing(self._codes[start:end].decode(), self.kinds[int(self._kind[place])], owner or None, metres)

    def _of(self, asked: frozenset[str]) -> NDArray[np.bool_]:
        held = self._wanted.get(asked)
        if held is None:
            held = np.array([any(is_kind(one, kind) for one in asked) for kind in self.kinds], dtype=np.bool_)
            if len(self._wanted) < 1000:
                self._wanted[asked] = held
        return held


def _coded(values: Sequence[str]) -> tuple[tuple[str, ...], NDArray[np.uint16]]:
    """The different values, and for each row which it is. OverflowError for more than 65,536 different ones."""
    known = sorted(set(values))
    places = {value: place for place, value in enumerate(known)}
    return tuple(known), np.array([places[value] for value in values], dtype=np.uint16)
