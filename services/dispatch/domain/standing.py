"""Who may see a case, and how they stand to it."""

from dataclasses import dataclass
from datetime import datetime

from services.dispatch.domain.lifecycle import Standing
from services.dispatch.models import Case
from services.fabric.snapshot import Fabric
from services.kit.keys import SEE_ALL

DISPATCHERS = frozenset({"admin", "duty_desk", "supervisor"})
DISTRICT = frozenset({"admin", "supervisor"})
GRID_ROLES = frozenset({"grid_chief", "grid_member"})
UNIT_ROLES = GRID_ROLES | {"department", "community"}
COMPREHENSIVE = "comprehensive"


@dataclass(frozen=True, slots=True)
class Reach:
    """How far a key goes: `everything`, or the `units` at and below its own, and for grid people the comprehensive
    `grids` that their unit answers for. Nothing for a source: it follows its orders, not cases."""

    role: str
    everything: bool
    units: frozenset[str] = frozenset()
    grids: frozenset[str] = frozenset()


def reach_of(fabric: Fabric | None, role: str, unit: str | None, now: datetime) -> Reach:
    if role == "source":
        return Reach(role, False)
    own = frozenset({unit} if unit else ())
    units = fabric.below(unit) if fabric and unit else own
    if role in SEE_ALL:
        return Reach(role, True, units)
    grids = fabric.held_by(units, COMPREHENSIVE, now) if fabric and role in GRID_ROLES else frozenset[str]()
    return Reach(role, False, units, grids)


def sees(reach: Reach, case: Case) -> bool:
    if reach.everything or not reach.units.isdisjoint(case.involved):
        return True
    return not case.confidential and case.place.grids.get(COMPREHENSIVE) in reach.grids


def standing_of(reach: Reach, case: Case) -> frozenset[Standing]:
    """None at all for somebody who only reads. Whoever stands as the lead is not at the same time somebody else; those
    below whom the case climbed past do the lead's work as before (升级不卸责)."""
    if reach.role in DISPATCHERS:
        return frozenset({"dispatcher", "district"}) if reach.role in DISTRICT else frozenset({"dispatcher"})
    if reach.role not in UNIT_ROLES:
        return frozenset()
    workers = {case.lead, *(unit for unit in case.course.climbed_from if unit in case.assists)}
    if workers & reach.units:
        return frozenset({"lead"})
    found: set[Standing] = set()
    if not reach.units.isdisjoint(case.assists):
        found.add("assist")
    if not reach.units.isdisjoint(case.called):
        found.add("called")
    if case.place.grids.get(COMPREHENSIVE) in reach.grids:
        found.add("grid")
    return frozenset(found)


def unit_within(reach: Reach, case: Case) -> str | None:
    """Which of the case's units the key speaks for: the lead first."""
    return next((unit for unit in (case.lead, *case.assists, *case.called) if unit in reach.units), None)
