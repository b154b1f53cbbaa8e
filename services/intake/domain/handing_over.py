"""移交: which cries go to whom, and when one without a receipt is sent again."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from services.fabric.profile import Profile
from services.fabric.rules import HandoverService
from services.fabric.snapshot import Fabric

LONGEST = timedelta(days=1)
DESK = "operation"


@dataclass(frozen=True, slots=True)
class HandedOver:
    """A record of one order's handover; open until somebody gave a receipt."""

    handover_id: str
    order_id: str
    external_id: str
    service: str
    units: tuple[str, ...]
    handed_at: datetime
    sent_at: datetime
    attempts: int = 1
    raised: bool = False
    state: str = "open"
    receipt: str | None = None
    acknowledged_at: datetime | None = None
    acknowledged_by: str | None = None

    def as_json(self) -> dict[str, Any]:
        return {
            "handover_id": self.handover_id,
            "order_id": self.order_id,
            "external_id": self.external_id,
            "service": self.service,
            "units": list(self.units),
            "state": self.state,
            "handed_at": self.handed_at.isoformat(),
            "sent_at": self.sent_at.isoformat(),
            "attempts": self.attempts,
            "raised": self.raised,
            "receipt": self.receipt,
            "acknowledged_at": self.acknowledged_at.isoformat() if self.acknowledged_at else None,
            "acknowledged_by": self.acknowledged_by,
        }


def receivers(fabric: Fabric, service: HandoverService, grids: Mapping[str, str], at: datetime) -> tuple[str, ...]:
    """The unit whose grid it is, else the service's own; nobody where the fabric knows neither."""
    code = grids.get(service.overlay) if service.overlay else None
    grid = fabric.grid(service.overlay, code, at) if service.overlay and code else None
    if grid is not None and grid.unit:
        return (grid.unit,)
    known = fabric.units_of(service.role) if service.role else ()
    return tuple(unit.code for unit in known[:1])


def again_at(profile: Profile, handed: HandedOver) -> datetime:
    """After the profile's span, then twice as long each time, a day at most."""
    every = profile.handover.every
    first = every.due(handed.sent_at, profile.calendar()).at - handed.sent_at
    return handed.sent_at + min(first * (1 << min(handed.attempts - 1, 20)), LONGEST)


def sent_again(fabric: Fabric, handed: HandedOver, now: datetime) -> HandedOver:
    """From a certain sending on the desk is told too: somebody has to take up the telephone."""
    attempts = handed.attempts + 1
    raised = attempts >= fabric.profile.handover.raise_after
    desk = tuple(unit.code for unit in fabric.units_of(DESK)[:1]) if raised else ()
    units = tuple(dict.fromkeys((*handed.units, *desk)))
    return replace(handed, sent_at=now, attempts=attempts, raised=raised, units=units)
