"""Who keeps and who sees what of the staff."""

from services.fabric.people import Person
from services.fabric.snapshot import Fabric
from services.grids.domain.people import Card, sees_card
from services.grids.usecases.people import opened
from services.grids.usecases.publishing import Registry
from services.kit.keys import Caller
from services.kit.problems import Forbidden
from services.kit.sealing import STAFF, Seal

_EVERYWHERE = frozenset({"admin", "duty_desk"})
_AT_HOME = frozenset({"department", "community", "grid_chief"})


def staff_seal(registry: Registry) -> Seal:
    return Seal(registry.settings.secret.get_secret_value(), STAFF)


def own_units(fabric: Fabric | None, caller: Caller) -> frozenset[str]:
    """The caller's unit and what belongs to it; none for a key without one."""
    if caller.unit is None:
        return frozenset()
    return fabric.below(caller.unit) if fabric is not None else frozenset({caller.unit})


def require_keeper(fabric: Fabric | None, caller: Caller, unit: str) -> None:
    """A unit keeps its own roster and those of the units below it; the duty desk keeps any."""
    if caller.role in _EVERYWHERE or (caller.role in _AT_HOME and unit in own_units(fabric, caller)):
        return
    raise Forbidden("只有管理员、城运中心、本单位和上级单位能改这张值班表，请换一把密钥")


class Cards:
    """Opens what one caller may see."""

    def __init__(self, seal: Seal, fabric: Fabric | None, caller: Caller) -> None:
        self._seal = seal
        self._role = caller.role
        self._own = own_units(fabric, caller)

    def of(self, person: Person) -> Card | None:
        return opened(self._seal, person) if sees_card(self._role, self._own, person.unit) else None
