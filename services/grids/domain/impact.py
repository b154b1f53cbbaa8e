"""What a change of an overlay does: ground and households that pass from one to another, open cases that change hands,
and what each unit carries before and after. Square metres, of local scale."""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.fabric.model import GridEdition
from services.grids.domain.handover import Cases, handed_over
from services.grids.domain.moving import Ground, moved_ground

MOST_PAIRS = 500
MOST_UNITS = 1000
LEAST_LISTED_M2 = 1.0
NOBODY = (None, None)

Floats = NDArray[np.float64]
Holder = tuple[str | None, str | None]
"""(grid, unit)."""


def impact(
    before: Sequence[GridEdition], after: Sequence[GridEdition], cases: Cases, nearest_metres: float
) -> dict[str, Any]:
    """Of one overlay, as it is and as it would be at the moment of the change. In a thread.

    Ground moves where its grid or its unit is another. Households are those that the old grids state, shared out by
    area; what a new grid states itself counts as its load.
    """
    pieces = _Pieces(before, after, moved_ground(before, after))
    handover = handed_over(before, after, cases, nearest_metres)
    return {
        "area": pieces.area(),
        "households": pieces.households(),
        "cases": handover.as_json(),
        "load": _load(pieces, handover.before_units, handover.after_units),
    }


class _Pieces:
    """Every piece of ground with its old and its new holder, and the households on it."""

    def __init__(self, before: Sequence[GridEdition], after: Sequence[GridEdition], ground: Ground) -> None:
        self.before, self.after, self.ground = before, after, ground
        old: list[Holder] = [(edition.code, edition.unit) for edition in before] + [NOBODY]
        new: list[Holder] = [(edition.code, edition.unit) for edition in after] + [NOBODY]
        self.ways = [(old[a], new[b]) for a, b in zip(ground.old.tolist(), ground.new.tolist(), strict=True)]
        self.moved = np.array([one != other for one, other in self.ways], dtype=bool)
        stated = np.array([float(edition.households or 0) for edition in before] + [0.0])
        whole = np.append(ground.before_m2, 0.0)[ground.old]
        share = np.divide(ground.areas, whole, out=np.zeros_like(ground.areas), where=whole > 0)
        self.carried: Floats = stated[ground.old] * share

    def area(self) -> dict[str, Any]:
        total, moved = float(self.ground.before_m2.sum()), float(self.ground.areas[self.moved].sum())
        return {
            "total_m2": round(total, 1),
            "moved_m2": round(moved, 1),
            "share": round(moved / total, 6) if total else None,
            "between_units": self._summed((a[1], b[1]) for a, b in self.ways),
            "between_grids": self._summed(self.ways),
        }

    def households(self) -> dict[str, Any]:
        givers = {int(old) for old in self.ground.old[self.moved] if old >= 0}
        return {
            "total": round(float(self.carried.sum()), 1),
            "moved": round(float(self.carried[self.moved].sum()), 1),
            "grids_unstated": sum(self.before[old].households is None for old in givers),
        }

    def homes_after(self) -> list[float]:
        """Of each new edition: what it states, else what the pieces it consists of bring."""
        brought = np.zeros(len(self.after) + 1)
        np.add.at(brought, self.ground.new, self.carried)
        return [
            float(homes) if edition.households is None else float(edition.households)
            for edition, homes in zip(self.after, brought[:-1].tolist(), strict=True)
        ]

    def _summed(self, ways: Iterable[tuple[Any, Any]]) -> dict[str, Any]:
        """By from and to, the largest first; what rounds to nothing is a border drawn twice and not listed."""
        sums: dict[tuple[Hashable, Hashable], list[float]] = defaultdict(lambda: [0.0, 0.0])
        rows = zip(ways, self.ground.areas.tolist(), self.carried.tolist(), strict=True)
        for (one, other), m2, homes in rows:
            if one != other:
                held = sums[one, other]
                held[0] += m2
                held[1] += homes
        worth = [(way, held) for way, held in sums.items() if held[0] >= LEAST_LISTED_M2]
        worth.sort(key=lambda row: (-row[1][0], str(row[0])))
        return {
            "total": len(worth),
            "items": [
                {"from": _told(a), "to": _told(b), "area_m2": round(m2, 1), "households": round(homes, 1)}
                for (a, b), (m2, homes) in worth[:MOST_PAIRS]
            ],
        }


def _told(holder: Any) -> Any:
    return {"grid": holder[0], "unit": holder[1]} if isinstance(holder, tuple) else holder


def _load(pieces: _Pieces, cases_before: Mapping[str | None, int], cases_after: Mapping[str | None, int]) -> Any:
    """Units of which anything changes, the one whose ground changes most first."""
    was = _carried(pieces.before, pieces.ground.before_m2, [float(e.households or 0) for e in pieces.before])
    becomes = _carried(pieces.after, pieces.ground.after_m2, pieces.homes_after())
    rows: list[tuple[float, dict[str, Any]]] = []
    for unit in sorted({*was, *becomes, *cases_before, *cases_after} - {None}, key=str):
        one, other = was.get(unit, _NOTHING), becomes.get(unit, _NOTHING)
        before = {**_rounded(one), "open_cases": cases_before.get(unit, 0)}
        after = {**_rounded(other), "open_cases": cases_after.get(unit, 0)}
        if before != after:
            rows.append((abs(other[1] - one[1]), {"unit": unit, "before": before, "after": after}))
    rows.sort(key=lambda row: -row[0])
    return {"total": len(rows), "items": [told for _, told in rows[:MOST_UNITS]]}


_Sums = tuple[int, float, float]
"""Grids, square metres, households."""
_NOTHING: _Sums = (0, 0.0, 0.0)


def _carried(editions: Sequence[GridEdition], areas: Floats, homes: Sequence[float]) -> dict[str | None, _Sums]:
    sums: dict[str | None, _Sums] = {}
    for edition, m2, living in zip(editions, areas.tolist(), homes, strict=True):
        grids, area, households = sums.get(edition.unit, _NOTHING)
        sums[edition.unit] = (grids + 1, area + m2, households + living)
    return sums


def _rounded(sums: _Sums) -> dict[str, Any]:
    return {"grids": sums[0], "area_m2": round(sums[1], 1), "households": round(sums[2], 1)}
