"""The rows of the registry that are not the fabric's own words (see services.fabric.model)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from services.fabric.components import Component
from services.fabric.model import Unit
from services.fabric.people import Person
from services.fabric.roster import Roster


@dataclass(frozen=True, slots=True)
class StoredUnit:
    """`version` is the ETag, 1 for a unit never changed; `unit` is one of its `editions`, which are in order of time."""

    unit: Unit
    version: int
    editions: tuple[Unit, ...] = ()


@dataclass(frozen=True, slots=True)
class StoredPerson:
    person: Person
    version: int


@dataclass(frozen=True, slots=True)
class StoredRoster:
    """`editions` in order of time; `by` is the name of the key that changed it last."""

    editions: tuple[Roster, ...]
    version: int
    changed_at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class StoredComponent:
    """`version` is the ETag, 1 for one never changed; `metres` from the place that was asked about."""

    component: Component
    version: int
    metres: float | None = None


@dataclass(frozen=True, slots=True)
class OverlayRow:
    """`grids` are those in force; `version` is that of the fabric in which the overlay last changed."""

    overlay: str
    grids: int
    version: int


@dataclass(frozen=True, slots=True)
class OperatorDays:
    """The operator's own calendar: True is worked. `complete_years` need no published calendar."""

    days: Mapping[date, bool] = field(default_factory=dict)
    complete_years: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class LastPublication:
    """Version 0 at its beginning: nothing has been published yet."""

    version: int
    at: datetime | None
