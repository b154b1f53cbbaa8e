"""The merged fabric at one version, and how it is built from the entries of the compacted topic."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property

from services.fabric import entries as codec
from services.fabric.address import Gazetteer
from services.fabric.calendar import WorkingCalendar
from services.fabric.component_entries import FAMILY as COMPONENT
from services.fabric.component_entries import read_components
from services.fabric.components import NO_COMPONENTS, Components
from services.fabric.duty import OnDuty, on_duty
from services.fabric.manifest import Manifest, decode_manifest, missing
from services.fabric.model import GridEdition, TeamShare, Unit
from services.fabric.overlay import Overlay
from services.fabric.overlay_entries import read_overlay
from services.fabric.people import FAMILY as PERSON
from services.fabric.people import Person, decode_person
from services.fabric.profile import Profile
from services.fabric.roster import Roster
from services.fabric.roster_entries import FAMILY as ROSTER
from services.fabric.roster_entries import decode_rosters
from services.fabric.rules import Role
from services.fabric.rulings import FAMILY as RULING
from services.fabric.rulings import NO_RULINGS, Rulings, read_rulings
from services.fabric.teams import kept_teams
from services.fabric.units import UnitBook

_MOST_VIEWS = 16


class FabricIncomplete(ValueError):
    """The entries do not hold what their manifest names; `keys` are some of those that lack."""

    def __init__(self, keys: Sequence[str]) -> None:
        super().__init__(f"网格数据还没有到齐，缺 {'、'.join(keys[:5])}。")
        self.keys = tuple(keys)


@dataclass(frozen=True)
class Fabric:
    """Immutable; the teams it has worked out are remembered as long as it lives. `units` are those in force at the moment it
    is looked at (see `as_of`), as it comes that of its publication; `former` those that have ended, as they last were."""

    version: int
    published_at: datetime
    overlays: Mapping[str, Overlay]
    units: Mapping[str, Unit]
    gazetteer: Gazetteer
    calendar: WorkingCalendar
    profile: Profile
    components: Components = field(default_factory=Components, repr=False)
    former: Mapping[str, Unit] = field(default_factory=dict, repr=False)
    book: UnitBook = field(default_factory=lambda: UnitBook({}), repr=False, compare=False)
    people: Mapping[str, Person] = field(default_factory=dict, repr=False)
    rosters: Mapping[str, tuple[Roster, ...]] = field(default_factory=dict, repr=False)
    rulings: Rulings = field(default=NO_RULINGS, repr=False)
    hashes: Mapping[str, str] = field(default_factory=dict, repr=False)
    teams: dict[tuple[int, int], tuple[TeamShare, ...]] = field(default_factory=dict, repr=False, compare=False)
    views: dict[int, "Fabric"] = field(default_factory=dict, repr=False, compare=False)

    def as_of(self, at: datetime) -> "Fabric":
        """The same fabric with the units of another moment; the same object for all of an era. Only units need it: what
        asks for grids or duty says its moment each time."""
        if not self.book.dated:
            return self
        there, era = self.book.at(at), self.book.era(at)
        if there.in_force is self.units:
            return self
        if era not in self.views and len(self.views) >= _MOST_VIEWS:
            self.views.clear()
        # With views of its own: one that held itself would outlive its time.
        return self.views.setdefault(era, replace(self, units=there.in_force, former=there.former, views={}))

    def unit(self, code: str, at: datetime | None = None) -> Unit | None:
        """In force at that moment; without one, at the moment the fabric is looked at."""
        return self.units.get(code) if at is None else self.book.unit(code, at)

    def on_duty(self, unit: str, at: datetime) -> OnDuty | None:
        return on_duty(self, unit, at)

    def unit_name(self, code: str | None) -> str:
        """For people, of a unit that has ended too; the code itself for one that is not known, `未定` for none."""
        if code is None:
            return "未定"
        unit = self.units.get(code) or self.former.get(code)
        return unit.name if unit else code

    def grid(self, overlay: str, code: str, at: datetime) -> GridEdition | None:
        layer = self.overlays.get(overlay)
        return layer.grid(code, at) if layer else None

    def above(self, code: str) -> Iterator[Unit]:
        """The units a unit belongs to (隶属), the nearest first; a circle ends the walk."""
        seen = {code}
        unit = self.units.get(code)
        while unit and unit.parent and unit.parent not in seen:
            seen.add(unit.parent)
            unit = self.units.get(unit.parent)
            if unit:
                yield unit

    def below(self, code: str) -> frozenset[str]:
        """The unit and all that belong to it (隶属), however deep, those that have ended among them: their cases go on
        being somebody's to see. A code that nobody knows stands for itself."""
        found, waiting = {code}, [code]
        while waiting:
            fresh = [unit for unit in self._children.get(waiting.pop(), ()) if unit not in found]
            found.update(fresh)
            waiting += fresh
        return frozenset(found)

    def held_by(self, units: Container[str], overlay: str, at: datetime) -> frozenset[str]:
        """Codes of the grids of an overlay that these units answer for."""
        layer = self.overlays.get(overlay)
        here = layer.editions if layer else ()
        return frozenset(edition.code for edition in here if edition.unit in units and edition.in_force(at))

    def units_of(self, role: Role | str) -> tuple[Unit, ...]:
        """The units that a role's words mean, in order of code; none for a role the profile lacks."""
        found = self.profile.role(role) if isinstance(role, str) else role
        if found is None:
            return ()
        named = [self.units[code] for code in found.units if code in self.units]
        if named:
            return tuple(named)
        of_kind = [unit for unit in self._in_order if unit.kind in found.kinds]
        if of_kind:
            return tuple(of_kind)
        return tuple(u for u in self._in_order if any(w in name for w in found.words for name in (u.name, *u.aliases)))

    def era(self, at: datetime) -> int:
        """A number that changes whenever any grid begins or ends: what was worked out for one era holds through it."""
        return bisect_right(self._changes, at.timestamp())

    def last_change(self, at: datetime) -> datetime | None:
        """The latest moment until `at` (inclusive) at which a grid or a unit began or ended by its date."""
        passed = bisect_right(self._dates, at.timestamp())
        return datetime.fromtimestamp(self._dates[passed - 1], UTC) if passed else None

    def next_change(self, at: datetime) -> datetime | None:
        """The first such moment after `at`."""
        passed = bisect_right(self._dates, at.timestamp())
        return datetime.fromtimestamp(self._dates[passed], UTC) if passed < len(self._dates) else None

    @property
    def empty(self) -> bool:
        return not any(len(overlay) for overlay in self.overlays.values())

    @cached_property
    def bounds(self) -> tuple[float, float, float, float] | None:
        """West, south, east, north of all grids; None for a fabric without any."""
        boxes = [layer.bounds for layer in self.overlays.values() if len(layer)]
        if not boxes:
            return None
        west, south, east, north = zip(*boxes, strict=True)
        return min(west), min(south), max(east), max(north)

    @cached_property
    def _in_order(self) -> tuple[Unit, ...]:
        return tuple(unit for _, unit in sorted(self.units.items()))

    @cached_property
    def _children(self) -> dict[str, list[str]]:
        children: dict[str, list[str]] = defaultdict(list)
        for code, unit in (*self.former.items(), *self.units.items()):
            if unit.parent:
                children[unit.parent].append(code)
        return children

    @cached_property
    def _changes(self) -> list[float]:
        return sorted(set().union(*(overlay.changes() for overlay in self.overlays.values())))

    @cached_property
    def _dates(self) -> list[float]:
        return sorted({*self._changes, *self.book.changes})


def build(entries: Mapping[str, bytes], previous: Fabric | None = None) -> Fabric:
    """A fabric from all entries, the manifest among them. What has not changed since `previous` is taken over: units,
    gazetteer, whole overlays with their index, single grids. Raises FabricIncomplete."""
    manifest = decode_manifest(entries)
    if manifest is None:
        raise FabricIncomplete([codec.MANIFEST])
    absent = missing(manifest, {k: codec.entry_hash(entries[k]) for k in manifest.hashes if k in entries})
    if codec.PROFILE not in manifest.hashes:
        absent.append(codec.PROFILE)
    if absent:
        raise FabricIncomplete(absent)
    return _assemble(manifest, entries, previous)


def _assemble(manifest: Manifest, entries: Mapping[str, bytes], previous: Fabric | None) -> Fabric:
    families: dict[str, dict[str, str]] = defaultdict(dict)
    for key, digest in sorted(manifest.hashes.items()):
        families[key.split("/")[0]][key] = digest

    def unchanged(*names: str) -> Fabric | None:
        same = previous is not None and all(families.get(name, {}) == _family(previous.hashes, name) for name in names)
        return previous if same else None

    same = unchanged(codec.PROFILE)
    profile = same.profile if same else codec.decode_profile(entries[codec.PROFILE])
    same = unchanged(codec.PROFILE, "calendar")
    calendar = same.calendar if same else codec.decode_calendar([entries[k] for k in families["calendar"]], profile)
    same = unchanged(codec.PROFILE, "gazetteer")
    gazetteer = same.gazetteer if same else _gazetteer(families["gazetteer"], entries, profile)
    known = _family(previous.hashes, COMPONENT) if previous else {}
    components = read_components(
        families[COMPONENT], entries, known, previous.components if previous else NO_COMPONENTS
    )
    known = _family(previous.hashes, RULING) if previous else {}
    rulings = read_rulings(families[RULING], entries, known, previous.rulings if previous else NO_RULINGS)
    book = _units(families["unit"], entries, previous, same=unchanged("unit"))
    there = book.at(manifest.published_at)
    overlays = {
        name: read_overlay(name, hashes, entries, previous.overlays.get(name) if previous else None)
        for name, hashes in families.items()
        if name not in codec.RESERVED
    }
    fabric = Fabric(
        version=manifest.version,
        published_at=manifest.published_at,
        overlays=overlays,
        units=there.in_force,
        gazetteer=gazetteer,
        calendar=calendar,
        profile=profile,
        components=components,
        former=there.former,
        book=book,
        people=_people(families[PERSON], entries, previous),
        rosters=_rosters(families[ROSTER], entries, previous),
        rulings=rulings,
        hashes=dict(manifest.hashes),
    )
    if previous is not None:
        changes = previous._changes, fabric._changes
        fabric.teams.update(kept_teams(dict(previous.teams), previous.overlays, overlays, *changes))
    return fabric


def _family(hashes: Mapping[str, str], name: str) -> dict[str, str]:
    return {key: digest for key, digest in hashes.items() if key.split("/")[0] == name}


def _gazetteer(keys: Mapping[str, str], entries: Mapping[str, bytes], profile: Profile) -> Gazetteer:
    return Gazetteer([place for key in keys for place in codec.decode_gazetteer(entries[key])], profile.home)


def _units(
    keys: Mapping[str, str], entries: Mapping[str, bytes], previous: Fabric | None, same: Fabric | None
) -> UnitBook:
    if same is not None:
        return same.book
    units: dict[str, tuple[Unit, ...]] = {}
    for key, digest in keys.items():
        kept = previous is not None and previous.hashes.get(key) == digest
        code = key.partition("/")[2]
        units[code] = previous.book.editions[code] if previous and kept else codec.decode_unit(entries[key])
    return UnitBook(units)


def _people(keys: Mapping[str, str], entries: Mapping[str, bytes], previous: Fabric | None) -> dict[str, Person]:
    people: dict[str, Person] = {}
    for key, digest in keys.items():
        code = key.partition("/")[2]
        kept = previous.people.get(code) if previous and previous.hashes.get(key) == digest else None
        people[code] = kept or decode_person(entries[key])
    return people


def _rosters(
    keys: Mapping[str, str], entries: Mapping[str, bytes], previous: Fabric | None
) -> dict[str, tuple[Roster, ...]]:
    rosters: dict[str, tuple[Roster, ...]] = {}
    for key, digest in keys.items():
        unit = key.partition("/")[2]
        kept = previous.rosters.get(unit) if previous and previous.hashes.get(key) == digest else None
        rosters[unit] = kept or decode_rosters(entries[key])
    return rosters
