"""Up the ladder (升级): who has a case one level higher."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from services.dispatch.models import Case
from services.fabric.model import Unit
from services.fabric.snapshot import Fabric

# Whose word means the centre that dispatches, at the street and at the district.
CENTRES = ("operation", "district")


@dataclass(frozen=True, slots=True)
class Rung:
    unit: str
    level: str


def above(fabric: Fabric, case: Case, at: datetime) -> Rung | None:
    """The next level that somebody holds; an empty one is passed over. None at the top."""
    level = fabric.profile.level_above(case.level)
    while level is not None:
        unit = holder(fabric, case, level, at)
        if unit is not None:
            return Rung(unit, level)
        level = fabric.profile.level_above(level)
    return None


def holder(fabric: Fabric, case: Case, level: str, at: datetime) -> str | None:
    """Whose a case is at a level: the unit of the place's grid where the level is an overlay (a community's, a
    comprehensive grid's), or the centre that works for it (a street's office has one); else the nearest operation centre
    of that level, else the nearest of that level above the lead."""
    stands = fabric.profile.rung
    centres = [unit for role in CENTRES for unit in fabric.units_of(role) if stands(unit.level) == level]
    grid_code = case.place.grids.get(level)
    grid = fabric.grid(level, grid_code, at) if grid_code else None
    if grid is not None and grid.unit:
        return next((centre.code for centre in centres if _works_for(centre, grid.unit)), grid.unit)
    found = nearest(fabric, centres, concerned(fabric, case, at))
    if found is not None:
        return found
    lead = case.lead
    return next((unit.code for unit in fabric.above(lead) if stands(unit.level) == level), None) if lead else None


def nearest(fabric: Fabric, centres: Sequence[Unit], here: Iterable[str]) -> str | None:
    """Of several streets' centres the one that works for one of the units `here`, else for one above them; the first there is
    where nothing tells. The district is everybody's and tells nothing."""
    if len(centres) > 1:
        known = [unit for code in here if (unit := fabric.unit(code))]
        above = (unit for one in known for unit in fabric.above(one.code))
        for code in (unit.code for unit in (*known, *above) if unit.parent is not None):
            own = next((centre.code for centre in centres if _works_for(centre, code)), None)
            if own is not None:
                return own
    return centres[0].code if centres else None


def concerned(fabric: Fabric, case: Case, at: datetime) -> list[str]:
    """The units of a case's place, then its lead."""
    grids = (fabric.grid(overlay, code, at) for overlay, code in case.place.grids.items())
    here = [grid.unit for grid in grids if grid is not None and grid.unit]
    return [*here, case.lead] if case.lead else here


def _works_for(centre: Unit, code: str) -> bool:
    return code in (centre.code, centre.parent, centre.posted_to)


def centre(fabric: Fabric, level: str, here: Iterable[str] = ()) -> str | None:
    """The operation centre of the street of the units `here`, or the one above it."""
    return nearest(fabric, fabric.units_of("district" if level == "district" else "operation"), here)


def dispatcher(fabric: Fabric, here: Iterable[str] = ()) -> str | None:
    """城运中心: to whom what is returned goes, of the street of the units `here`; the district's where the street has none."""
    return next((nearest(fabric, centres, here) for role in CENTRES if (centres := fabric.units_of(role))), None)
