"""Components (部件): covers, lamps, poles, boxes, benches, each a point with an owner (权属), held as arrays.

A city has hundreds of thousands of them and every process holds them all: some sixty bytes each here.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.fabric.component_columns import DIGITS, OK, REMOVED, STATES, Columns, Component, columns_of
from services.fabric.component_kinds import is_kind
from services.fabric.nearby import Nearby, order_of

__all__ = ["DIGITS", "NO_COMPONENTS", "OK", "REMOVED", "STATES", "Component", "Components", "Thing"]


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
        self._take(columns_of({0: components}))

    def changed(self, groups: Mapping[int, Iterable[Component]]) -> "Components":
        """Another inventory, in which these parts (by any number) are what is said here, and the others as before."""
        made = type(self).__new__(type(self))
        made._take(self._rows.without(groups).joined(columns_of(groups)))
        return made

    def _take(self, rows: Columns) -> None:
        self._rows = rows.taken(order_of(rows.lons, rows.lats))
        self._near = Nearby(self._rows.lons, self._rows.lats)
        self._wanted: dict[frozenset[str], NDArray[np.bool_]] = {}

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def nbytes(self) -> int:
        return self._rows.nbytes

    def near(
        self, lon: float, lat: float, kinds: Iterable[str], metres: float, at: datetime, most: int = 1
    ) -> list[Thing]:
        """Those of the kinds (or families) within `metres` and in force at the moment, the nearest first and then by
        code."""
        wanted = self._of(frozenset(kinds))
        if not wanted.any():
            return []
        rows, moment = self._rows, at.timestamp()
        found, away = self._near.within(lon, lat, metres)
        fits = (
            wanted[rows.kind[found]] & rows.there[found] & (rows.since[found] <= moment) & (moment < rows.until[found])
        )
        found, away = found[fits], away[fits]
        if len(found) > most:  # more may be as far as the last of them
            limit = np.partition(away, most - 1)[most - 1]
            found, away = found[away <= limit], away[away <= limit]
        things = [self._thing(place, far) for place, far in zip(found.tolist(), away.tolist(), strict=True)]
        return sorted(things, key=lambda thing: (thing.metres, thing.code))[:most]

    def _thing(self, row: int, metres: float) -> Thing:
        rows = self._rows
        owner = rows.owners[int(rows.owner[row])]
        return Thing(rows.code(row), rows.kinds[int(rows.kind[row])], owner or None, metres)

    def _of(self, asked: frozenset[str]) -> NDArray[np.bool_]:
        held = self._wanted.get(asked)
        if held is None:
            held = np.array([any(is_kind(one, kind) for one in asked) for kind in self._rows.kinds], dtype=np.bool_)
            if len(self._wanted) < 1000:
                self._wanted[asked] = held
        return held


NO_COMPONENTS = Components()
