"""Open cases when an overlay changes: on whose ground each lies before and after, and what becomes of it.

The rule is dispatch's: a case that its lead has not signed yet is routed anew when the unit on whose ground it lies is
another; whoever has signed keeps it (首接负责), and so does whoever a ruling, a transfer or a passed limit has named. Of
those only the grids that the case names are renewed.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from services.fabric.model import GridEdition
from services.fabric.overlay import Overlay, Points

MOST_LISTED = 200
MOST_PAIRS = 500
# Taken by nobody yet; what was opened again had been.
WAITING = frozenset({"dispatched", "open"})
Will = Literal["rerouted", "kept"]
# Editions in force together are all of the moment; the index only has to know that they are.
_ANY_TIME = datetime(2000, 1, 1, tzinfo=UTC)

Ints = NDArray[np.int64]


class OpenCase(NamedTuple):
    """`grid`: that of the overlay under change which the case names; `lon`, `lat` None for a case without a point.
    `settled`: its lead was named by people or by a passed limit, not by the routing table."""

    case_id: str
    lon: float | None
    lat: float | None
    grid: str | None
    lead: str | None
    concern: str
    state: str
    settled: bool = False


Cases = Sequence[OpenCase]


class Change(NamedTuple):
    case: OpenCase
    before: GridEdition | None
    after: GridEdition | None

    @property
    def will(self) -> Will:
        old, new = unit_of(self.before), unit_of(self.after)
        routed = self.case.state in WAITING and not self.case.settled and self.case.lead is not None
        return "rerouted" if routed and self.case.lead == old and new != old else "kept"

    def as_json(self) -> dict[str, Any]:
        case = self.case
        return {
            "case_id": case.case_id,
            "state": case.state,
            "concern": case.concern,
            "lead": case.lead,
            "from": told(self.before),
            "to": told(self.after),
            "will": self.will,
        }


@dataclass(frozen=True, slots=True)
class Handover:
    """`before_units`, `after_units`: unit → open cases on its ground of this overlay."""

    total: int
    changes: tuple[Change, ...]
    before_units: Mapping[str | None, int]
    after_units: Mapping[str | None, int]

    def as_json(self) -> dict[str, Any]:
        wills = Counter(change.will for change in self.changes)
        pairs = Counter((unit_of(c.before), unit_of(c.after), c.will) for c in self.changes)
        units = sorted({pair[:2] for pair in pairs}, key=lambda two: (-_both(pairs, two), str(two)))
        return {
            "open": self.total,
            "changed": len(self.changes),
            "rerouted": wills["rerouted"],
            "kept": wills["kept"],
            "between_units": {
                "total": len(units),
                "items": [
                    {"from": a, "to": b, "rerouted": pairs[a, b, "rerouted"], "kept": pairs[a, b, "kept"]}
                    for a, b in units[:MOST_PAIRS]
                ],
            },
            "items": [change.as_json() for change in self.changes[:MOST_LISTED]],
        }


def handed_over(
    before: Sequence[GridEdition], after: Sequence[GridEdition], cases: Cases, nearest_metres: float
) -> Handover:
    """In the order of the cases, those that will be rerouted first. Editions in force together on each side."""
    old, new = _index(before), _index(after)
    was, becomes = _found(old, cases, nearest_metres), _found(new, cases, nearest_metres)
    changes = [
        Change(case, _edition(old, one), _edition(new, other))
        for case, one, other in zip(cases, was.tolist(), becomes.tolist(), strict=True)
        if _holder(old, one) != _holder(new, other)
    ]
    changes.sort(key=lambda change: change.will != "rerouted")
    return Handover(len(cases), tuple(changes), _by_unit(old, was), _by_unit(new, becomes))


def unit_of(edition: GridEdition | None) -> str | None:
    return edition.unit if edition is not None else None


def told(edition: GridEdition | None) -> dict[str, str | None]:
    return {"grid": edition.code if edition is not None else None, "unit": unit_of(edition)}


def _index(editions: Sequence[GridEdition]) -> Overlay:
    plain = [GridEdition(e.overlay, e.code, e.name, e.unit, e.geometry) for e in editions]
    return Overlay(plain[0].overlay if plain else "", plain)


def _found(layer: Overlay, cases: Cases, nearest_metres: float) -> Ints:
    """The edition that resolving finds for each case, else the grid that the case names; -1 for none."""
    places = {code: place for place, code in enumerate(layer.codes)}
    found: Ints = np.array([places.get(case.grid or "", -1) for case in cases], dtype=np.int64)
    placed = [n for n, case in enumerate(cases) if case.lon is not None and case.lat is not None]
    if placed:
        lons = np.array([cases[n].lon for n in placed], dtype=np.float64)
        lats = np.array([cases[n].lat for n in placed], dtype=np.float64)
        found[placed] = layer.find(Points.of(lons, lats), _ANY_TIME, nearest_metres).edition
    return found


def _edition(layer: Overlay, index: int) -> GridEdition | None:
    return layer.editions[index] if index >= 0 else None


def _holder(layer: Overlay, index: int) -> tuple[str | None, str | None]:
    return (layer.editions[index].code, layer.editions[index].unit) if index >= 0 else (None, None)


def _by_unit(layer: Overlay, found: Ints) -> dict[str | None, int]:
    counts = np.bincount(found[found >= 0], minlength=len(layer.editions))
    sums: Counter[str | None] = Counter()
    for edition, count in zip(layer.editions, counts.tolist(), strict=True):
        sums[edition.unit] += count
    sums[None] += int((found < 0).sum())
    return sums


def _both(pairs: Mapping[tuple[str | None, str | None, Will], int], two: tuple[str | None, str | None]) -> int:
    return pairs[(*two, "rerouted")] + pairs[(*two, "kept")]
