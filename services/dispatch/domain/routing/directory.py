"""The units of one fabric, indexed for routing: by role, and by whom they are attached to."""

from collections import defaultdict
from collections.abc import Iterable
from functools import cached_property

from services.fabric.model import Unit
from services.fabric.once import once_for_each
from services.fabric.snapshot import Fabric

PROPERTY = "property"
OWNER = "owner"
OPERATION = "operation"
# Where a fabric has no unit at all: the name under which the street's desk finds what nobody holds.
NOBODY = "operation"


class Directory:
    """Remembers what it has looked up as long as its fabric is in use."""

    def __init__(self, fabric: Fabric) -> None:
        self.fabric = fabric
        self._of_role: dict[str, tuple[str, ...]] = {}
        self._roles_of: dict[str, frozenset[str]] = {}
        self._levels: dict[str, str] = {}

    def kind(self, code: str) -> str | None:
        unit = self.fabric.units.get(code)
        return unit.kind if unit else None

    def of_role(self, role: str) -> tuple[str, ...]:
        """The units a role means, in order of code."""
        held = self._of_role.get(role)
        if held is None:
            held = self._of_role[role] = tuple(unit.code for unit in self.fabric.units_of(role))
        return held

    def attached(self, near: Iterable[str], kind: str) -> str | None:
        """The first unit of the kind that belongs to, or is posted to, one of the units, taken in their order."""
        return next((mine.code for code in near for mine in self._attached.get(code, ()) if mine.kind == kind), None)

    def of_role_near(self, role: str, near: list[str]) -> str | None:
        """The unit of a role that answers for a place whose units are `near`: the only one there is, else the one that
        is there itself, else the one attached to who is there. None where several are equally far."""
        units = self.of_role(role)
        if len(units) <= 1:
            return units[0] if units else None
        here = next((code for code in near if code in units), None)
        if here is not None:
            return here
        return next((mine.code for code in near for mine in self._attached.get(code, ()) if mine.code in units), None)

    def roles_of(self, unit: str) -> frozenset[str]:
        """The roles that mean the unit."""
        held = self._roles_of.get(unit)
        if held is None:
            found = (role.code for role in self.fabric.profile.roles if unit in self.of_role(role.code))
            held = self._roles_of[unit] = frozenset(found)
        return held

    def owner_in(self, text: str, near: list[str]) -> tuple[str, str] | None:
        """The owner of things (权属单位) that a text names and the word: by a unit's own name, else by a word of its role,
        whichever stands first."""
        for words in (self._owner_names, self._owner_words):
            found = sorted((text.find(word), -len(word), word) for word in words if word in text)
            for _, _, word in found:
                unit = words[word] if words is self._owner_names else self.of_role_near(words[word], near)
                if unit is not None:
                    return word, unit
        return None

    def holds(self, near: list[str]) -> str:
        """托底: the operation centre of the place's street, else the street's office, else the top of the house."""
        found = self.of_role_near(OPERATION, near)
        if found is not None:
            return found
        return next(iter(self.of_role(OPERATION)), None) or self._last_resort

    def level(self, code: str) -> str:
        """The rung of the ladder that a unit stands on, or the first of those above it that stands on one; the street's for
        a unit that nobody knows."""
        held = self._levels.get(code)
        if held is None:
            held = self._levels[code] = self._level(code)
        return held

    def _level(self, code: str) -> str:
        profile = self.fabric.profile
        unit = self.fabric.units.get(code)
        if unit is not None:
            for one in (unit, *self.fabric.above(code)):
                rung = profile.rung(one.level)
                if rung is not None:
                    return rung
        return profile.ladder[-2].code

    @cached_property
    def _owner_names(self) -> dict[str, str]:
        owners = [unit for _, unit in sorted(self.fabric.units.items()) if unit.kind == OWNER]
        return {name: unit.code for unit in owners for name in (unit.name, *unit.aliases)}

    @cached_property
    def _owner_words(self) -> dict[str, str]:
        """Word → role, of the roles that mean owners of things."""
        owning = [r for r in self.fabric.profile.roles if any(self.kind(u) == OWNER for u in self.of_role(r.code))]
        return {word: role.code for role in owning for word in (*role.words, role.name)}

    @cached_property
    def _attached(self) -> dict[str, list[Unit]]:
        attached: dict[str, list[Unit]] = defaultdict(list)
        for _, unit in sorted(self.fabric.units.items()):
            for head in dict.fromkeys((unit.posted_to, unit.parent)):
                if head is not None:
                    attached[head].append(unit)
        return attached

    @cached_property
    def _last_resort(self) -> str:
        units = [unit for _, unit in sorted(self.fabric.units.items())]
        street = self.fabric.profile.ladder[-2].code
        for fits in (
            [unit for unit in units if unit.kind == OPERATION and unit.level == street],
            [unit for unit in units if unit.kind == "office" and unit.level == street],
            [unit for unit in units if unit.level == street],
            [unit for unit in units if unit.parent is None],
            units,
        ):
            if fits:
                return fits[0].code
        return NOBODY


directory_of = once_for_each(Directory, kept=2)
