"""What the routes share."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Path

from services.fabric.model import UNIT_CODE
from services.fabric.snapshot import Fabric
from services.kit.clock import Clock
from services.kit.copies import Copy
from services.kit.db import Database
from services.kit.keys import Caller
from services.kit.problems import Forbidden
from services.notify.domain.access import ONLY_LOOK, sees, units_of
from services.notify.domain.targets import Network
from services.notify.errors import no_unit
from services.notify.secrets import Secrets
from services.notify.usecases.reading import Feeds

Unit = Annotated[str, Path(pattern=f"^{UNIT_CODE}$", description="单位编码")]


@dataclass(frozen=True, slots=True)
class Doors:
    """`send` wakes the delivery engine; `real` is real time."""

    db: Database
    clock: Clock
    real: Callable[[], datetime]
    copy: Copy[Fabric]
    feeds: Feeds
    secrets: Secrets
    networks: tuple[Network, ...]
    send: Callable[[], None]

    async def admit(self, caller: Caller, unit: str) -> None:
        """NotFound for a unit that there isn't, or that this key may not see."""
        fabric = self.copy.current
        if not sees(caller, unit, fabric):
            raise no_unit(unit)
        if caller.unit != unit and (fabric is None or unit not in fabric.units) and not await self.feeds.known(unit):
            raise no_unit(unit)

    def sees(self, caller: Caller, unit: str) -> bool:
        return sees(caller, unit, self.copy.current)

    def units_of(self, caller: Caller) -> list[str] | None:
        return units_of(caller, self.copy.current)


def may_change(caller: Caller) -> None:
    if caller.role in ONLY_LOOK:
        raise Forbidden("这把密钥的角色只能看，不能改，请换有权限的密钥")
