"""权属: whose the thing is that an order is about, by the inventory of components, else by the words."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from services.dispatch.domain.routing.directory import Directory
from services.dispatch.domain.routing.matter import Matter
from services.fabric.component_kinds import is_kind
from services.fabric.components import Thing
from services.fabric.profile import Profile


@dataclass(frozen=True, slots=True)
class Ownership:
    """`nearest` is the component that the order seems to be about; it may have no owner that is known. `owner` is the unit
    whose the thing is: as somebody told, by the component, or by `word` of the text."""

    nearest: Thing | None = None
    owner: str | None = None
    by: Literal["told", "component", "words"] | None = None
    word: str | None = None

    @property
    def of_component(self) -> str | None:
        return self.nearest.owner if self.nearest else None

    def as_json(self) -> dict[str, Any] | None:
        if self.nearest is None and self.owner is None:
            return None
        return {"component": self.nearest.as_json() if self.nearest else None, "owner": self.owner, "by": self.by}


NOBODY = Ownership()


def ownership(directory: Directory, matter: Matter, near: list[str], at: datetime) -> Ownership:
    """`near`: the units of the place. Who was told goes first; the nearest component without an owner leaves it to the
    words, not to the next component."""
    nearest = _nearest(directory, matter, at)
    if matter.owner is not None:
        told = directory.of_role_near(matter.owner, near)
        if told is not None:
            return Ownership(nearest, told, "told")
    if nearest is not None and nearest.owner is not None:
        return Ownership(nearest, nearest.owner, "component")
    said = directory.owner_in(matter.text, near) if matter.text else None
    return Ownership(nearest, said[1], "words", said[0]) if said else Ownership(nearest)


def kinds_meant(profile: Profile, matter: Matter) -> frozenset[str]:
    """The kinds of components that the order may be about: those of its sub-concern, as far as the text does not single
    some out; for a sub-concern that does not say, those that the text speaks of."""
    sub = profile.sub(matter.sub_concern) if matter.sub_concern else None
    of_sub = sub.components if sub else None
    if of_sub == ():
        return frozenset()
    spoken = profile.things.spoken(matter.text)
    if of_sub is None:
        return spoken
    narrowed = {kind for kind in spoken if any(is_kind(one, kind) for one in of_sub)}
    narrowed |= {one for one in of_sub if any(is_kind(kind, one) for kind in spoken)}
    return frozenset(narrowed or of_sub)


def _nearest(directory: Directory, matter: Matter, at: datetime) -> Thing | None:
    fabric = directory.fabric
    if matter.lon is None or matter.lat is None or not len(fabric.components):
        return None
    kinds = kinds_meant(fabric.profile, matter)
    if not kinds:
        return None
    found = fabric.components.near(matter.lon, matter.lat, kinds, fabric.profile.thresholds.owner_metres, at)
    if not found:
        return None
    thing = found[0]
    return thing if thing.owner in fabric.units else replace(thing, owner=None)
