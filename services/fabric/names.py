"""Each name of each entry put where it belongs: numbers of roads, buildings of estates, names of their own."""

from collections import defaultdict
from collections.abc import Iterable

from services.fabric.districts import without_home
from services.fabric.model import GazetteerEntry
from services.fabric.placetext import ADDRESS, BUILDING_NAME, ROAD_ENDS, ROOM, normalise
from services.fabric.roads import Known, Line, Named, Numbered, Position, Road
from services.fabric.rules import Home

_IN_BUILDINGS = frozenset({"building", "address"})
_PLAIN = frozenset({"address", "road"})


class Names:
    """All by normalised names. `by`: by which kind of name a road is known there, where that is not its own; `buildings`:
    owner (an estate's name, or `兰溪路138弄`) → number → building."""

    def __init__(self, entries: Iterable[GazetteerEntry], home: Home | None) -> None:
        self.places: dict[str, tuple[Known, ...]] = {}
        self.roads: dict[str, Road] = {}
        self.by: dict[str, Named] = {}
        self.buildings: dict[str, dict[str, Known]] = {}
        self._home = home
        names = (home.province, home.city, home.district, home.street) if home else ()
        self._homes = tuple(name for name in names if name)
        self._numbers: dict[str, dict[Numbered, None]] = defaultdict(dict)
        self._lines: dict[str, list[Line]] = defaultdict(list)
        self._spots: dict[str, list[Position]] = defaultdict(list)
        self._named: dict[str, list[Known]] = defaultdict(list)
        self._other_roads: dict[str, tuple[str, Named]] = {}
        for entry in entries:
            self._take(entry)
        self._take_lanes()
        self._settle_roads()
        self.places.update({name: tuple(same) for name, same in self._named.items()})

    def _take(self, entry: GazetteerEntry) -> None:
        if entry.kind == "road":
            self._road(entry)
            return
        self._name(entry, entry.name, "name")
        for alias in entry.aliases:
            self._name(entry, alias, "alias")
        for former in entry.former:
            self._name(entry, former, "former")

    def _bare(self, name: str) -> str:
        plain = normalise(name)
        if self._home is None or not plain.startswith(self._homes):
            return plain
        return without_home(plain, self._home, short=False) or plain

    def _road(self, entry: GazetteerEntry) -> None:
        name = self._bare(entry.name)
        if entry.stretch is None:
            self._spots[name].append(Position(entry.lon, entry.lat))
        else:
            self._lines[name].append(Line(entry.lon, entry.lat, entry.stretch))
        self._other_roads.update({self._bare(other): (name, "alias") for other in entry.aliases})
        self._other_roads.update({self._bare(other): (name, "former") for other in entry.former})

    def _name(self, entry: GazetteerEntry, name: str, by: Named) -> None:
        plain = self._bare(name)
        if entry.kind in _IN_BUILDINGS:
            plain = ROOM.sub("", plain)
        numbered = ADDRESS.match(plain)
        if numbered and numbered["road"].endswith(ROAD_ENDS):
            known = None if entry.kind in _PLAIN else Known(entry, by)
            row = Numbered(int(numbered["number"][:9]), numbered["kind"], entry.lon, entry.lat, known)
            self._numbers[numbered["road"]].setdefault(row)
            return
        building = BUILDING_NAME.match(plain) if entry.kind in _IN_BUILDINGS else None
        if building:
            self.buildings.setdefault(building["owner"], {}).setdefault(building["number"], Known(entry, by))
        elif plain:
            self._named[plain].append(Known(entry, by))

    def _take_lanes(self) -> None:
        """A lane that is known by its buildings only lies in the middle of them; buildings of nothing known go by their
        whole name."""
        told = {(road, row.number, row.kind) for road, rows in self._numbers.items() for row in rows}
        for owner, inside in self.buildings.items():
            lane = ADDRESS.match(owner)
            if lane and lane["road"].endswith(ROAD_ENDS):
                number, kind = int(lane["number"][:9]), lane["kind"]
                if (lane["road"], number, kind) not in told:
                    lon = sum(known.entry.lon for known in inside.values()) / len(inside)
                    lat = sum(known.entry.lat for known in inside.values()) / len(inside)
                    self._numbers[lane["road"]].setdefault(Numbered(number, kind, lon, lat))
            elif owner not in self._named:
                for known in inside.values():
                    self._named[self._bare(known.entry.name)].append(known)

    def _settle_roads(self) -> None:
        mapped = {**self._lines, **self._spots}
        for other, (name, _) in self._other_roads.items():
            if other != name and other not in mapped:
                self._numbers[name].update(self._numbers.pop(other, {}))
        for name in {**self._numbers, **mapped}:
            numbers = self._numbers.get(name, {})
            if numbers or name in mapped:
                self.roads[name] = Road(name, numbers, self._lines.get(name, ()), self._spots.get(name, ()))
        for other, (name, by) in self._other_roads.items():
            if other not in self.roads:
                self.roads[other] = self.roads[name]
                self.by[other] = by
