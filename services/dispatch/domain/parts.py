"""Who does what in a case of several units, and who may bring in whom. Pure."""

from dataclasses import replace

from services.dispatch.models import Case, JointPart
from services.fabric.snapshot import Fabric

STREET_DESK = "street"


def find(case: Case, unit: str) -> JointPart | None:
    return next((part for part in case.course.parts if part.unit == unit), None)


def put(case: Case, part: JointPart) -> Case:
    others = tuple(one for one in case.course.parts if one.unit != part.unit)
    return replace(case, course=replace(case.course, parts=(*others, part)))


def owed(case: Case) -> list[JointPart]:
    """A unit that isn't in the case any more owes nothing, nor does one that leads it now."""
    return [part for part in case.course.parts if part.owed and part.unit in case.assists]


def shown(case: Case) -> list[tuple[JointPart, str]]:
    """Every helper with its state: `helping` was asked for nothing of its own."""
    held = {part.unit: part for part in case.course.parts}
    told = [held.get(unit) for unit in case.assists]
    return [
        (part or JointPart(unit), "helping" if part is None else "owed" if part.owed else "done")
        for unit, part in zip(case.assists, told, strict=True)
    ]


def party_of(fabric: Fabric, unit: str | None) -> str:
    """What the profile's table of dispatching calls a unit; `street` for None, the desk itself."""
    found = fabric.unit(unit) if unit else None
    if found is None:
        return STREET_DESK
    profile = fabric.profile
    rung = profile.rung(found.level)
    if found.overlay and rung == profile.hold.level:
        return "community"
    if found.kind in ("property", "owner", "volunteers"):
        return found.kind
    if found.overlay and rung is not None and profile.rank(found.level) < profile.rank(profile.hold.climbs_to):
        return "grid"
    for centre, party in (("district", "district"), ("operation", STREET_DESK)):
        if found.code in {one.code for one in fabric.units_of(centre)}:
            return party
    return "department"


def may_not_dispatch(fabric: Fabric, by: str | None, to: str) -> str | None:
    """Why `by` (None: the desk) may not give a matter to `to`, in a sentence; None where it may."""
    mine, theirs = party_of(fabric, by), party_of(fabric, to)
    if fabric.profile.may_dispatch(mine, theirs):
        return None
    return f"按派单权限表，{fabric.unit_name(by)}不能直接派给{fabric.unit_name(to)}，请报城运中心派"
