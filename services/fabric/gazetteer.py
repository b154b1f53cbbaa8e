"""The operator's names of places, indexed: names found anywhere in a text in one pass, roads with their numbers, estates
with their buildings."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import NamedTuple

import ahocorasick

from services.fabric.likeness import NamesLike, RoadsLike
from services.fabric.metric import distance
from services.fabric.model import GazetteerEntry
from services.fabric.names import Names
from services.fabric.placetext import GOES_ON, normalise
from services.fabric.roads import Known, Named, Position, Road
from services.fabric.rules import Home

SAME_PLACE_METRES = 200.0
_CORE_SUFFIXES = ("居民区", "小区", "花园", "新村", "大厦", "广场", "公寓")
_OTHER_SUFFIXES = ("公园", "小学", "中学", "医院", "菜场", "超市", "车站", "花苑", "家园")
_LEAST_CORE = 3
_MOST_CROSSINGS = 20_000


class Mention(NamedTuple):
    """A name of the gazetteer at `start:end` of a text. `road` is set for a road (`by` says which of its names stands
    there), `places` for named places; `core`: only the distinctive part of the name stands there."""

    start: int
    end: int
    road: Road | None
    by: Named
    places: tuple[Known, ...]
    core: bool


class Gazetteer:
    def __init__(self, entries: Iterable[GazetteerEntry] = (), home: Home | None = None) -> None:
        self.home = home
        self.entries: tuple[GazetteerEntry, ...] = tuple(entries)
        names = Names(self.entries, home)
        self.places, self.roads = names.places, names.roads
        self._by, self._buildings = names.by, names.buildings
        self._cores = self._find_cores()
        self._crossings: dict[tuple[str, str], Position | None] = {}
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
            places = self.places.get(name, ())
            road = None if places else self.roads.get(name)
            core = not places and road is None
            if road is None and GOES_ON.match(text[end : end + 3]):
                continue
            reached = end
            by = self._by.get(name, "name")
            found.append(Mention(start, end, road, by, self._cores[name] if core else places, core))
        return found

    def at_road(self, road: str, tail: str) -> Iterator[tuple[Known, int]]:
        """Places named after the road whose own part of the name stands in `tail`, and where that part ends in it:
        `兰溪路上那家生鲜店`."""
        for rest, known in self._after_road.get(road, ()):
            at = tail.find(rest)
            if at >= 0:
                yield known, at + len(rest)

    def building(self, entry: GazetteerEntry | None, address: str | None, number: str) -> Known | None:
        """The building of that number of an estate, by any of the estate's names, or of an address (兰溪路138弄)."""
        names = [address] if address else []
        if entry is not None:
            names += [normalise(name) for name in (entry.name, *entry.aliases, *entry.former)]
        return next((found for name in names if (found := self._buildings.get(name, {}).get(number))), None)

    def crossing(self, first: Road, second: Road) -> Position | None:
        pair = (min(first.name, second.name), max(first.name, second.name))
        if pair not in self._crossings:
            if len(self._crossings) >= _MOST_CROSSINGS:
                self._crossings.clear()
            self._crossings[pair] = self.roads[pair[0]].crossing(self.roads[pair[1]]) if pair[0] != pair[1] else None
        return self._crossings[pair]

    def road_of_stem(self, written: str) -> tuple[Road, str] | None:
        """`兰溪138号`: the road whose name without its last sign ends what is written, and that stem."""
        for at in range(len(written) - 1):
            road = self._stems.get(written[at:])
            if road:
                return road, written[at:]
        return None

    @cached_property
    def roads_like(self) -> RoadsLike:
        return RoadsLike(self.roads)

    @cached_property
    def names_like(self) -> NamesLike:
        return NamesLike(self.places)

    def _find_cores(self) -> dict[str, tuple[Known, ...]]:
        """`真光一坊` for `真光一坊小区`, where that is long enough."""
        cores: dict[str, list[Known]] = defaultdict(list)
        for name, same in self.places.items():
            for suffix in _CORE_SUFFIXES:
                core = name.removesuffix(suffix)
                if core != name and len(core) >= _LEAST_CORE:
                    cores[core].extend(same)
        return {core: tuple(same) for core, same in cores.items() if core not in self.roads and core not in self.places}

    @cached_property
    def _after_road(self) -> dict[str, list[tuple[str, Known]]]:
        named: dict[str, list[tuple[str, Known]]] = defaultdict(list)
        for name, same in self.places.items():
            for cut in range(len(name) - 2, 1, -1):
                if name[:cut] in self.roads:
                    named[name[:cut]].append((name[cut:], same[0]))
                    break
        return named

    @cached_property
    def _stems(self) -> dict[str, Road]:
        stems: dict[str, Road] = {}
        for name, road in self.roads.items():
            if len(name) >= 3 and name.endswith(("路", "街")) and name[:-1] not in self.places:
                stems[name[:-1]] = road
        return stems


def core_of(name: str) -> str:
    """The distinctive part: `真光一坊` of `真光一坊小区`; a name of nothing but a suffix stays."""
    return (
        next((name.removesuffix(end) for end in (*_CORE_SUFFIXES, *_OTHER_SUFFIXES) if name.endswith(end)), name)
        or name
    )


def one_place(places: tuple[Known, ...]) -> bool:
    """Whether entries of one name are near enough to be the same place."""
    first = places[0].entry
    others = (other.entry for other in places)
    return all(distance(first.lon, first.lat, other.lon, other.lat) <= SAME_PLACE_METRES for other in others)
