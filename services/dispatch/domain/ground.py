"""Which ground cases stand on at a moment: the fabric's version, and the last of its dates that has come."""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import total_ordering

from services.fabric.snapshot import Fabric

_ALWAYS = datetime.min.replace(tzinfo=UTC)


@total_ordering
@dataclass(frozen=True, slots=True)
class Ground:
    """Later ones are greater. `since` None: no date of this version has come yet."""

    version: int
    since: datetime | None = None

    def __lt__(self, other: "Ground") -> bool:
        return self._place < other._place

    @property
    def _place(self) -> tuple[int, datetime]:
        return self.version, self.since or _ALWAYS


def ground_of(fabric: Fabric, at: datetime) -> Ground:
    return Ground(fabric.version, fabric.last_change(at))


def no_other(before: Fabric, after: Fabric) -> bool:
    """Whether no case can stand on other grids or have lost its lead: the same boundaries, and every unit still there."""
    return (
        before.overlays == after.overlays
        and before.profile.thresholds == after.profile.thresholds
        and before.units.keys() <= after.units.keys()
    )
