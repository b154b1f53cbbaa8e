"""Who may see what a unit sees: the unit itself, the units above it, and those who watch over all."""

from services.fabric.snapshot import Fabric
from services.kit.keys import SEE_ALL, Caller

ONLY_LOOK = frozenset({"auditor", "volunteer", "grid_member"})


def sees(caller: Caller, unit: str, fabric: Fabric | None) -> bool:
    if caller.role in SEE_ALL:
        return True
    if caller.role == "source" or caller.unit is None:
        return False
    above = fabric.above(unit) if fabric is not None else ()
    return caller.unit == unit or any(parent.code == caller.unit for parent in above)


def units_of(caller: Caller, fabric: Fabric | None) -> list[str] | None:
    """The units whose feed, subscriptions and deliveries the caller sees; None for all."""
    if caller.role in SEE_ALL:
        return None
    known = fabric.units if fabric is not None else {}
    own = [caller.unit] if caller.unit is not None else []
    return sorted({unit for unit in (*own, *known) if sees(caller, unit, fabric)})
