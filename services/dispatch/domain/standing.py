"""Who may see a case, and how they stand to it."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from services.dispatch.domain.lifecycle import Standing
from services.dispatch.models import Case
from services.fabric.snapshot import Fabric

DISPATCHERS = frozenset({"admin", "duty_desk", "supervisor"})
DISTRICT = frozenset({"admin", "supervisor"})
GRID_ROLES = frozenset({"grid_chief", "grid_member"})
UNIT_ROLES = GRID_ROLES | {"department", "community"}
SEE_ALL = DISPATCHERS | {"auditor"}
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
    if role in SEE_ALL:
        return Reach(role, True, below(fabric, unit) if unit else frozenset())
    if role == "source":
        return Reach(role, False)
    units = below(fabric, unit) if unit else frozenset()
    return Reach(role, False, units, _grids(fabric, units, now) if role in GRID_ROLES else frozenset())


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


def below(fabric: Fabric | None, unit: str) -> frozenset[str]:
    """The unit and all that belong to it (隶属), however deep."""
    if fabric is None:
        return frozenset({unit})
    children = _children_of(fabric)
    found, waiting = {unit}, [unit]
    while waiting:
        fresh = [code for code in children.get(waiting.pop(), ()) if code not in found]
        found.update(fresh)
        waiting += fresh
    return frozenset(found)


_latest: tuple[Fabric, dict[str, list[str]]] | None = None


def _children_of(fabric: Fabric) -> dict[str, list[str]]:
    """Worked out once for the fabric in use."""
    global _latest
    if _latest is None or _latest[0] is not fabric:
        children: dict[str, list[str]] = defaultdict(list)
        for code, unit in fabric.units.items():
            if unit.parent:
                children[unit.parent].append(code)
        _latest = (fabric, children)
    return _latest[1]


def _grids(fabric: Fabric | None, units: frozenset[str], now: datetime) -> frozenset[str]:
    layer = fabric.overlays.get(COMPREHENSIVE) if fabric else None
    if layer is None:
        return frozenset()
    return frozenset(edition.code for edition in layer.editions if edition.unit in units and edition.in_force(now))
