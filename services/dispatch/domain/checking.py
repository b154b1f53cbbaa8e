"""Who looks whether it was done (核查, 回头看): never the doer, nor a unit below it."""

from datetime import datetime

from services.dispatch.domain.climbing import CENTRES, concerned, nearest
from services.dispatch.models import Case
from services.fabric.snapshot import Fabric


def verifier(fabric: Fabric, case: Case, doer: str | None, at: datetime) -> str | None:
    """The first of the profile's that is neither the doer nor stands above or below it; a centre may stand above. A
    confidential case is shown to the centres alone."""
    for who in fabric.profile.after_resolve.verifiers:
        if who in CENTRES:
            unit = nearest(fabric, fabric.units_of(who), concerned(fabric, case, at))
            if unit is not None and not does(fabric, unit, doer):
                return unit
        elif not case.confidential:
            unit = _of_grid(fabric, case, who, at)
            if unit is not None and not does(fabric, unit, doer) and (doer is None or doer not in fabric.below(unit)):
                return unit
    return None


def does(fabric: Fabric, unit: str | None, doer: str | None) -> bool:
    """Whether the unit's word would be the doer's own. Below the district is everybody: somebody has to look at what it
    did itself, and only its own word is its own."""
    if unit is None or doer is None or unit == doer:
        return unit is not None and unit == doer
    root = fabric.unit(doer)
    return unit in fabric.below(doer) and (root is None or root.parent is not None)


def _of_grid(fabric: Fabric, case: Case, overlay: str, at: datetime) -> str | None:
    code = case.place.grids.get(overlay)
    grid = fabric.grid(overlay, code, at) if code else None
    return grid.unit if grid is not None else None
