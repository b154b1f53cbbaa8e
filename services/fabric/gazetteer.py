"""The operator's names of places, indexed: names found anywhere in a text in one pass, roads with their numbers."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import ahocorasick
import numpy as np

from services.fabric.metric import distance, scale_at
from services.fabric.model import GazetteerEntry
from services.fabric.placetext import ADDRESS, ROAD_ENDS, normalise
from services.fabric.rules import Home

SAME_PLACE_METRES = 200.0
CROSSING_METRES = 150.0
_BEYOND_THE_END = 10
_CORE_SUFFIXES = ("小区", "花园", "新村", "大厦", "广场", "公寓", "居民区")
_LEAST_CORE = 3
_COMMON_PAIR = 400


class Position(NamedTuple):
    lon: float
    lat: float


class OnRoad(NamedTuple):
    """A number on a road; `how` is `exact`, `other_kind` (弄 for 号), `between`, `between_sides` or `beyond`."""

    lon: float
    lat: float
    name: str
    how: str


class Mention(NamedTuple):
    """A name of the gazetteer at `start:end` of a text. `road` is set for a road, `places` for named places; `core`: only
    the distinctive part of the name stands there."""

    start: int
    end: int
    road: str | None
    places: tuple[GazetteerEntry, ...]
    core: bool


@dataclass
class Road:
    name: str
    numbers: list[tuple[int, str, float, float]]

    @cached_property
    def _by_parity(self) -> dict[int | None, list[tuple[int, str, float, float]]]:
        return {
            None: self.numbers,
            0: [row for row in self.numbers if row[0] % 2 == 0],
            1: [row for row in self.numbers if row[0] % 2 == 1],
        }

    @cached_property
    def middle(self) -> Position:
        _, _, lon, lat = self.numbers[len(self.numbers) // 2]
        return Position(lon, lat)

    def find(self, number: int, kind: str) -> OnRoad | None:
        """Where the number is, or would be by its neighbours on its own side of the road, else on either side."""
        at = bisect_left(self.numbers, (number,))
        here = [row for row in self.numbers[at : at + 4] if row[0] == number]
        for _, known_kind, lon, lat in sorted(here, key=lambda row: row[1] != kind):
            how = "exact" if known_kind == kind else "other_kind"
            return OnRoad(lon, lat, f"{self.name}{number}{known_kind}", how)
        for parity, how in ((number % 2, "between"), (None, "between_sides")):
            found = self._between(number, kind, self._by_parity[parity], how)
            if found:
                return found
        return self._beyond(number, kind)

    def _between(self, number: int, kind: str, rows: list[tuple[int, str, float, float]], how: str) -> OnRoad | None:
        at = bisect_left(rows, (number,))
        if not 0 < at < len(rows):
            return None
        low, _, lon1, lat1 = rows[at - 1]
        high, _, lon2, lat2 = rows[at]
        part = (number - low) / (high - low)
        return OnRoad(lon1 + (lon2 - lon1) * part, lat1 + (lat2 - lat1) * part, f"{self.name}{number}{kind}", how)

    def _beyond(self, number: int, kind: str) -> OnRoad | None:
        nearest, _, lon, lat = min(self.numbers, key=lambda row: abs(row[0] - number))
        if abs(nearest - number) > _BEYOND_THE_END:
            return None
        return OnRoad(lon, lat, f"{self.name}{number}{kind}", "beyond")

    def crossing(self, other: "Road") -> Position | None:
        """Where the two roads come nearest to each other; None when that is too far for a crossing."""
        mine = np.array([row[2:] for row in self.numbers])
        theirs = np.array([row[2:] for row in other.numbers])
        gap = (mine[:, None, :] - theirs[None, :, :]) * np.array(scale_at(self.middle.lat))
        away = np.hypot(gap[..., 0], gap[..., 1])
        first, second = np.unravel_index(int(away.argmin()), away.shape)
        if away[first, second] > CROSSING_METRES:
            return None
        lon, lat = (mine[first] + theirs[second]) / 2
        return Position(float(lon), float(lat))


class Gazetteer:
    def __init__(self, entries: Iterable[GazetteerEntry] = (), home: Home | None = None) -> None:
        self.home = home
        self.entries: tuple[GazetteerEntry, ...] = tuple(entries)
        numbers: dict[str, set[tuple[int, str, float, float]]] = defaultdict(set)
        places: dict[str, list[GazetteerEntry]] = defaultdict(list)
        for entry in self.entries:
            for name in (entry.name, *entry.aliases):
                plain = normalise(name)
                found = ADDRESS.match(plain)
                if found and found["road"].endswith(ROAD_ENDS):
                    numbers[found["road"]].add((int(found["number"]), found["kind"], entry.lon, entry.lat))
                elif plain:
                    places[plain].append(entry)
        self.roads: dict[str, Road] = {name: Road(name, sorted(rows)) for name, rows in numbers.items()}
        self.places: dict[str, tuple[GazetteerEntry, ...]] = {name: tuple(same) for name, same in places.items()}
        self._cores = self._find_cores()
        self._names = ahocorasick.Automaton()
        for name in {*self.roads, *self.places, *self._cores}:
            self._names.add_word(name, name)
        if len(self._names):
            self._names.make_automaton()

    def __len__(self) -> int:
        return len(self.entries)

    def mentions(self, text: str) -> list[Mention]:
        """Names in the normalised text, in their order; a name within a longer one does not count."""
        if not len(self._names):
            return []
        spans = [(end - len(name) + 1, end + 1, name) for end, name in self._names.iter(text)]
        spans.sort(key=lambda span: (span[0], -span[1]))
        found: list[Mention] = []
        reached = 0
        for start, end, name in spans:
            if end <= reached:
                continue
            reached = end
            places = self.places.get(name, ())
            core = not places and name not in self.roads
            if core and text[end : end + 1] in ("路", "街"):
                continue
            road = name if name in self.roads and not places else None
            found.append(Mention(start, end, road, self._cores[name] if core else places, core))
        return found

    def at_road(self, road: str, tail: str) -> Iterator[tuple[GazetteerEntry, int]]:
        """Places named after the road whose own part of the name stands in `tail`, and where that part ends in it:
        `兰溪路上那家生鲜店`."""
        for rest, entry in self._after_road.get(road, ()):
            at = tail.find(rest)
            if at >= 0:
                yield entry, at + len(rest)

    def roads_like(self, written: str) -> list[str]:
        """Roads that differ in one character from the end of what is written; none when that is a road itself."""
        found: set[str] = set()
        if any(written[at:] in self.roads for at in range(len(written))):
            return []
        for length in range(3, len(written) + 1):
            for blurred in _blurred(written[-length:]):
                found |= self._blurred_roads.get(blurred, set())
        return sorted(found)

    def names_like(self, text: str, most: int = 30) -> list[str]:
        """Names of places that share many pairs of characters with the text, the likeliest first."""
        shared: dict[str, int] = defaultdict(int)
        for pair in _pairs(text):
            names = self._names_with.get(pair, ())
            if len(names) <= _COMMON_PAIR:
                for name in names:
                    shared[name] += 1
        likely = [name for name, count in shared.items() if count * 3 >= len(name) - 1]
        return sorted(likely, key=lambda name: (-shared[name] / len(name), name))[:most]

    def _find_cores(self) -> dict[str, tuple[GazetteerEntry, ...]]:
        """`真光一坊` for `真光一坊小区`, where that is long enough and means one place only."""
        cores: dict[str, list[GazetteerEntry]] = defaultdict(list)
        for name, same in self.places.items():
            for suffix in _CORE_SUFFIXES:
                core = name.removesuffix(suffix)
                if core != name and len(core) >= _LEAST_CORE:
                    cores[core].extend(same)
        taken = {*self.roads, *self.places}
        return {core: tuple(same) for core, same in cores.items() if core not in taken}

    @cached_property
    def _after_road(self) -> dict[str, list[tuple[str, GazetteerEntry]]]:
        named: dict[str, list[tuple[str, GazetteerEntry]]] = defaultdict(list)
        for name, same in self.places.items():
            for cut in range(len(name) - 2, 1, -1):
                if name[:cut] in self.roads:
                    named[name[:cut]].append((name[cut:], same[0]))
                    break
        return named

    @cached_property
    def _blurred_roads(self) -> dict[str, set[str]]:
        index: dict[str, set[str]] = defaultdict(set)
        for road in self.roads:
            if len(road) >= 3:
                for blurred in _blurred(road):
                    index[blurred].add(road)
        return index

    @cached_property
    def _names_with(self) -> dict[str, list[str]]:
        index: dict[str, list[str]] = defaultdict(list)
        for name in self.places:
            if len(name) >= 4:
                for pair in _pairs(name):
                    index[pair].append(name)
        return index


def one_place(entries: tuple[GazetteerEntry, ...]) -> bool:
    """Whether entries of one name are near enough to be the same place."""
    first = entries[0]
    return all(distance(first.lon, first.lat, other.lon, other.lat) <= SAME_PLACE_METRES for other in entries)


def _pairs(text: str) -> set[str]:
    return {text[at : at + 2] for at in range(len(text) - 1)}


def _blurred(name: str) -> list[str]:
    """The name with each character but the last left out in turn."""
    return [f"{name[:at]}?{name[at + 1 :]}" for at in range(len(name) - 1)]
