"""Up the ladder (升级): who has a case one level higher."""

from dataclasses import dataclass
from datetime import datetime

from services.dispatch.models import Case
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
    comprehensive grid's), else the operation centre of that level, else the nearest of that level above the lead."""
    grid_code = case.place.grids.get(level)
    grid = fabric.grid(level, grid_code, at) if grid_code else None
    if grid is not None and grid.unit:
        return grid.unit
    stands = fabric.profile.rung
    for role in CENTRES:
        centre = next((unit.code for unit in fabric.units_of(role) if stands(unit.level) == level), None)
        if centre is not None:
            return centre
    lead = case.lead
    return next((unit.code for unit in fabric.above(lead) if stands(unit.level) == level), None) if lead else None


def centre(fabric: Fabric, level: str) -> str | None:
    """The operation centre of the street, or the one above it."""
    role = "district" if level == "district" else "operation"
    return next((unit.code for unit in fabric.units_of(role)), None)


def dispatcher(fabric: Fabric) -> str | None:
    """城运中心: to whom what is returned goes; the district's where the street has none."""
    for role in CENTRES:
        for unit in fabric.units_of(role):
            return unit.code
    return None
