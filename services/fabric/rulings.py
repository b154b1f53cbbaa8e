"""Ground that the map leaves without an owner, or that several claim, and whose it is all the same: by ruling (裁定), or
in the interim (代管)."""

import base64
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any

import numpy as np
import shapely

from services.fabric.entries import Keyed, dump
from services.fabric.model import Hit, Ruling, Unit

FAMILY = "ruling"
KINDS: Mapping[str, str] = {"gap": "无格覆盖", "overlap": "两格重叠", "no_unit": "有格无主", "bouncing": "推来推去"}
_NOBODY_ON = Hit(None, None, None, "none")

Grids = Mapping[str, str]


def _rank(ruling: Ruling) -> tuple[bool, float, str]:
    """What is settled goes before 代管, the later before the earlier."""
    return not ruling.settled, -ruling.at.timestamp(), ruling.id


class Rulings:
    """Some hundreds, found by the ground they are about; those without a shape by the grids of their place."""

    def __init__(self, rulings: Iterable[Ruling] = ()) -> None:
        self.by_id: Mapping[str, Ruling] = {ruling.id: ruling for ruling in sorted(rulings, key=_rank)}

    def __len__(self) -> int:
        return len(self.by_id)

    def near(self, lons: Any, lats: Any) -> Mapping[int, list[Ruling]]:
        """Place of a point → the rulings on whose shape it lies, what is settled first; only of points that are on any."""
        shaped, tree = self._shaped
        found: dict[int, list[Ruling]] = defaultdict(list)
        if shaped:
            points, rows = tree.query(shapely.points(lons, lats), predicate="intersects")
            for point, row in sorted(zip(points.tolist(), rows.tolist(), strict=True)):
                found[point].append(shaped[row])
        return found

    def of_grids(self, grids: Grids) -> list[Ruling]:
        """Those of a place that is known by its grids alone."""
        here = [self._by_grid[grid] for grid in grids.items() if grid in self._by_grid]
        place = self._by_place.get(tuple(sorted(grids.items())))
        return sorted([*here, *([place] if place else [])], key=_rank)

    @cached_property
    def _shaped(self) -> tuple[list[Ruling], shapely.STRtree]:
        shaped = [ruling for ruling in self.by_id.values() if ruling.shape is not None]
        return shaped, shapely.STRtree(np.array([ruling.shape for ruling in shaped], dtype=object))

    @cached_property
    def _by_grid(self) -> Mapping[tuple[str, str], Ruling]:
        """Grids that answer to nobody."""
        orphans = [ruling for ruling in reversed(list(self.by_id.values())) if ruling.kind == "no_unit"]
        return {(overlay, code): r for r in orphans for overlay, codes in r.grids.items() for code in codes}

    @cached_property
    def _by_place(self) -> Mapping[tuple[tuple[str, str], ...], Ruling]:
        unplaced = [ruling for ruling in reversed(list(self.by_id.values())) if ruling.shape is None]
        return {tuple(sorted((o, c) for o, codes in r.grids.items() for c in codes)): r for r in unplaced}


NO_RULINGS = Rulings()


def decided(near: Sequence[Ruling], hits: Mapping[str, Hit], units: Mapping[str, Unit]) -> dict[str, Ruling]:
    """Overlay → the ruling that says whose its ground is here, before what the map says; the first of `near` that speaks
    of it."""
    found: dict[str, Ruling] = {}
    for ruling in near:
        speaks = _SPEAKS[ruling.kind]
        for overlay in dict.fromkeys((*ruling.overlays, *_own(ruling, units))):
            if overlay not in found and speaks(ruling, overlay, hits.get(overlay, _NOBODY_ON), units):
                found[overlay] = ruling
    return found


def _own(ruling: Ruling, units: Mapping[str, Unit]) -> tuple[str, ...]:
    unit = units.get(ruling.unit)
    return (unit.overlay,) if unit is not None and unit.overlay else ()


def _in_gap(ruling: Ruling, overlay: str, hit: Hit, units: Mapping[str, Unit]) -> bool:
    return overlay in ruling.overlays and hit.how in ("none", "nearest")


def _in_overlap(ruling: Ruling, overlay: str, hit: Hit, units: Mapping[str, Unit]) -> bool:
    return {hit.grid, *hit.also}.issuperset(ruling.grids.get(overlay, ("",)))


def _in_orphan(ruling: Ruling, overlay: str, hit: Hit, units: Mapping[str, Unit]) -> bool:
    return hit.grid in ruling.grids.get(overlay, ())


def _own_beat(ruling: Ruling, overlay: str, hit: Hit, units: Mapping[str, Unit]) -> bool:
    """A place that bounces was ruled for what bounced there; a theft on it is still a matter of the police's grid."""
    return overlay in _own(ruling, units)


_SPEAKS: Mapping[str, Callable[[Ruling, str, Hit, Mapping[str, Unit]], bool]] = {
    "gap": _in_gap,
    "overlap": _in_overlap,
    "no_unit": _in_orphan,
    "bouncing": _own_beat,
}


def in_force(near: Sequence[Ruling], units: Mapping[str, Unit]) -> list[Ruling]:
    """A unit that has ended answers for nothing."""
    return [ruling for ruling in near if ruling.unit in units]


def of_place(near: Sequence[Ruling]) -> Ruling | None:
    """Who takes what nobody else is found for: a ruling about the place as such, not about one overlay's ground."""
    return next((ruling for ruling in near if ruling.kind == "bouncing"), None)


def key_of(ruling_id: str) -> str:
    return f"{FAMILY}/{ruling_id}"


def encode_ruling(ruling: Ruling) -> Keyed:
    shape = None if ruling.shape is None else shapely.to_wkb(ruling.shape, output_dimension=2)
    return key_of(ruling.id), dump(
        {
            "id": ruling.id,
            "kind": ruling.kind,
            "overlays": list(ruling.overlays),
            "grids": {overlay: list(codes) for overlay, codes in ruling.grids.items()},
            "unit": ruling.unit,
            "settled": ruling.settled,
            "ground": ruling.ground,
            "at": ruling.at.isoformat(),
            "shape": None if shape is None else base64.b64encode(shape).decode("ascii"),
        }
    )


def decode_ruling(value: bytes) -> Ruling:
    told = json.loads(value)
    return Ruling(
        id=told["id"],
        kind=told["kind"],
        overlays=tuple(told["overlays"]),
        grids={overlay: tuple(codes) for overlay, codes in told["grids"].items()},
        unit=told["unit"],
        settled=told["settled"],
        ground=told["ground"],
        at=datetime.fromisoformat(told["at"]),
        shape=None if told["shape"] is None else shapely.from_wkb(base64.b64decode(told["shape"])),
    )


def read_rulings(
    keys: Mapping[str, str], entries: Mapping[str, bytes], known: Mapping[str, str], before: Rulings
) -> Rulings:
    """`keys` and those `known` of `before`, each with the hash of its value."""
    if keys == known:
        return before
    kept = {key: before.by_id.get(key.partition("/")[2]) for key, digest in keys.items() if known.get(key) == digest}
    return Rulings(kept.get(key) or decode_ruling(entries[key]) for key in keys)
