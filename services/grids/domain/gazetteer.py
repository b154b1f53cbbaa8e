"""What a new gazetteer would change, counted before it does."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from services.fabric.model import GazetteerEntry

MOST_LISTED = 50
_ADDRESS = frozenset({"address"})
Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Fault:
    """A row that is not understood: `row` counts from 0, `line` is that of the file where there is one."""

    row: int
    column: str
    sentence: str
    line: int | None = None

    @property
    def pointer(self) -> str:
        return f"/{self.row}/{self.column}".rstrip("/")

    @property
    def detail(self) -> str:
        return (
            self.sentence if self.line is None else f"第 {self.line} 行 {self.column}".rstrip() + f"：{self.sentence}"
        )

    def as_json(self) -> dict[str, Any]:
        return {"pointer": self.pointer, "line": self.line, "detail": self.detail}


@dataclass(frozen=True, slots=True)
class ReadPlaces:
    """`places` with the line (or number from 1) of the row that each came from, 0 for the second of a row; `unread`:
    headings nobody understands."""

    places: Sequence[GazetteerEntry]
    lines: Sequence[int]
    faults: Sequence[Fault]
    unread: Sequence[str] = field(default=())


def report(
    read: ReadPlaces, held: Sequence[GazetteerEntry], outline: BaseGeometry | None, part: bool
) -> dict[str, Any]:
    """The first few of each finding by name, all of them counted."""
    told = set(read.places)
    new, changed, gone, same = compare(held, told)
    doubles, outside = _doubles(read), _outside(read, outline)
    return {
        "places": len(told),
        "kinds": dict(sorted(Counter(place.kind for place in told).items())),
        "new": len(new),
        "changed": len(changed),
        "gone": 0 if part else len(gone),
        "same": same,
        "names": {"new": _listed(new), "changed": _listed(changed), "gone": [] if part else _listed(gone)},
        "doubles": {"count": len(doubles), "items": doubles[:MOST_LISTED]},
        "outside": None if outside is None else {"count": len(outside), "items": outside[:MOST_LISTED]},
        "not_understood": {
            "count": len(read.faults),
            "items": [fault.as_json() for fault in read.faults[:MOST_LISTED]],
        },
        "columns_unread": list(read.unread),
    }


def joined(held: Iterable[GazetteerEntry], told: Sequence[GazetteerEntry]) -> list[GazetteerEntry]:
    """What is held, but for the names and kinds that are told anew."""
    anew = {_key(place) for place in told}
    return [place for place in held if _key(place) not in anew] + list(told)


def compare(
    held: Iterable[GazetteerEntry], told: set[GazetteerEntry]
) -> tuple[list[GazetteerEntry], list[GazetteerEntry], list[GazetteerEntry], int]:
    """(new, changed, gone, how many are the same): of one name and kind as many are changed as both sides have."""
    before, after = _by_key(set(held) - told), _by_key(told - set(held))
    new, changed, gone = [], [], []
    for key, places in after.items():
        known = len(before.get(key, ()))
        changed += places[:known]
        new += places[known:]
    for key, places in before.items():
        gone += places[len(after.get(key, ())) :]
    return new, changed, gone, len(told) - len(new) - len(changed)


def _by_key(places: Iterable[GazetteerEntry]) -> dict[Key, list[GazetteerEntry]]:
    found: dict[Key, list[GazetteerEntry]] = defaultdict(list)
    for place in places:
        found[_key(place)].append(place)
    return found


def _key(place: GazetteerEntry) -> Key:
    return place.name, place.kind


def _doubles(read: ReadPlaces) -> list[dict[str, Any]]:
    """Rows of the same name, kind and place, and rows of one address at several places."""
    lines: dict[tuple[Any, ...], list[int]] = defaultdict(list)
    for place, line in zip(read.places, read.lines, strict=True):
        if not line:
            continue
        spot = () if place.kind in _ADDRESS else (place.lon, place.lat, place.stretch)
        lines[(*_key(place), *spot)].append(line)
    return [{"name": key[0], "kind": key[1], "lines": at[:10]} for key, at in lines.items() if len(at) > 1]


def _outside(read: ReadPlaces, outline: BaseGeometry | None) -> list[dict[str, Any]] | None:
    """None when nobody knows the district's outline."""
    if outline is None:
        return None
    shapely.prepare(outline)
    lons, lats = (
        np.array([getattr(place, axis) for place in read.places], dtype=np.float64) for axis in ("lon", "lat")
    )
    inside = shapely.intersects_xy(outline, lons, lats)
    return [
        {"name": read.places[at].name, "line": read.lines[at]}
        for at in np.flatnonzero(~inside).tolist()
        if read.lines[at]
    ]


def _listed(places: Iterable[GazetteerEntry]) -> list[str]:
    return sorted({place.name for place in places})[:MOST_LISTED]
