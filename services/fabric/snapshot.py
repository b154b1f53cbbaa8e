"""The merged fabric at one version, and how it is built from the entries of the compacted topic."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from services.fabric import entries as codec
from services.fabric.address import Gazetteer
from services.fabric.calendar import WorkingCalendar
from services.fabric.component_entries import FAMILY as COMPONENT
from services.fabric.component_entries import decode_components
from services.fabric.components import Components
from services.fabric.entries import Manifest
from services.fabric.model import GridEdition, TeamShare, Unit
from services.fabric.overlay import Overlay
from services.fabric.profile import Profile
from services.fabric.rules import Role


class FabricIncomplete(ValueError):
    """The entries do not hold what their manifest names; `keys` are some of those that lack."""

    def __init__(self, keys: Sequence[str]) -> None:
        super().__init__(f"网格数据还没有到齐，缺 {'、'.join(keys[:5])}。")
        self.keys = tuple(keys)


@dataclass(frozen=True)
class Fabric:
    """Immutable; the teams it has worked out are remembered as long as it lives."""

    version: int
    published_at: datetime
    overlays: Mapping[str, Overlay]
    units: Mapping[str, Unit]
    gazetteer: Gazetteer
    calendar: WorkingCalendar
    profile: Profile
    components: Components = field(default_factory=Components, repr=False)
    hashes: Mapping[str, str] = field(default_factory=dict, repr=False)
    teams: dict[tuple[int, int], tuple[TeamShare, ...]] = field(default_factory=dict, repr=False, compare=False)

    def unit(self, code: str) -> Unit | None:
        return self.units.get(code)

    def unit_name(self, code: str | None) -> str:
        """For people; the code itself for a unit that is not known, `未定` for none."""
        if code is None:
            return "未定"
        unit = self.units.get(code)
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
        """The unit and all that belong to it (隶属), however deep; a code that nobody knows stands for itself."""
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

    @property
    def empty(self) -> bool:
        return not any(len(overlay) for overlay in self.overlays.values())

    @cached_property
    def bounds(self) -> tuple[float, float, float, float] | None:
        """West, south, east, north of all grids; None for a fabric without any."""
        boxes = [e.geometry.bounds for layer in self.overlays.values() for e in layer.editions]
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
        for code, unit in self.units.items():
            if unit.parent:
                children[unit.parent].append(code)
        return children

    @cached_property
    def _changes(self) -> list[float]:
        return sorted(set().union(*(overlay.changes() for overlay in self.overlays.values())))


def build(entries: Mapping[str, bytes], previous: Fabric | None = None) -> Fabric:
    """A fabric from all entries, the manifest among them. What has not changed since `previous` is taken over: units,
    gazetteer, whole overlays with their index, single grids. Raises FabricIncomplete."""
    manifest = codec.decode_manifest(entries)
    if manifest is None:
        raise FabricIncomplete([codec.MANIFEST])
    absent = codec.missing(manifest, {k: codec.entry_hash(entries[k]) for k in manifest.hashes if k in entries})
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
    same = unchanged(COMPONENT)
    components = same.components if same else _components(families[COMPONENT], entries)
    units = _units(families["unit"], entries, previous)
    overlays = {
        name: _overlay(name, hashes, entries, previous)
        for name, hashes in families.items()
        if name not in codec.RESERVED
    }
    alike = previous is not None and list(overlays.values()) == list(previous.overlays.values())
    teams = previous.teams if previous is not None and alike else {}
    return Fabric(
        version=manifest.version,
        published_at=manifest.published_at,
        overlays=overlays,
        units=units,
        gazetteer=gazetteer,
        calendar=calendar,
        profile=profile,
        components=components,
        hashes=dict(manifest.hashes),
        teams=teams,
    )


def _family(hashes: Mapping[str, str], name: str) -> dict[str, str]:
    return {key: digest for key, digest in hashes.items() if key.split("/")[0] == name}


def _gazetteer(keys: Mapping[str, str], entries: Mapping[str, bytes], profile: Profile) -> Gazetteer:
    return Gazetteer([place for key in keys for place in codec.decode_gazetteer(entries[key])], profile.home)


def _components(keys: Mapping[str, str], entries: Mapping[str, bytes]) -> Components:
    return Components(component for key in keys for component in decode_components(entries[key]))


def _units(keys: Mapping[str, str], entries: Mapping[str, bytes], previous: Fabric | None) -> dict[str, Unit]:
    units: dict[str, Unit] = {}
    for key, digest in keys.items():
        kept = previous is not None and previous.hashes.get(key) == digest
        code = key.partition("/")[2]
        units[code] = previous.units[code] if previous and kept else codec.decode_unit(entries[key])
    return units


def _overlay(name: str, hashes: Mapping[str, str], entries: Mapping[str, bytes], previous: Fabric | None) -> Overlay:
    old = previous.overlays.get(name) if previous else None
    if old is not None and old.hashes == hashes:
        return old
    grouped: dict[str, list[str]] = defaultdict(list)
    for key in hashes:
        grouped[key.partition("#")[0]].append(key)
    known = _editions_by_key(old) if old else {}
    editions: list[GridEdition] = []
    for head, keys in grouped.items():
        if old is not None and head in known and all(old.hashes.get(key) == hashes[key] for key in keys):
            editions.extend(known[head])
            continue
        keys.sort(key=lambda key: int(key.partition("#")[2] or 0))
        editions.extend(codec.decode_grid([entries[key] for key in keys]))
    return Overlay(name, editions, hashes)


def _editions_by_key(overlay: Overlay) -> dict[str, list[GridEdition]]:
    known: dict[str, list[GridEdition]] = defaultdict(list)
    for edition in overlay.editions:
        known[codec.grid_key(edition.overlay, edition.code)].append(edition)
    return known
