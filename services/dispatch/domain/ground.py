"""Which ground cases stand on at a moment: the fabric's version, and the last of its dates that has come."""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import total_ordering
from math import cos, inf, radians

from services.fabric.metric import METRES_PER_DEGREE
from services.fabric.model import GridEdition
from services.fabric.snapshot import Fabric

Box = tuple[float, float, float, float]
"""West, south, east, north in degrees."""
NOWHERE: Box = (inf, inf, -inf, -inf)

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


def stirred(walked: Fabric, before: Ground, after: Fabric, now: datetime) -> Box | None:
    """The ground on which a place may stand on other grids than when all were last looked at, `walked` on its ground
    `before`; NOWHERE if on none. None: cases anywhere may be concerned, for a unit has ended or grids reach farther."""
    if walked.profile.thresholds != after.profile.thresholds or not walked.units.keys() <= after.units.keys():
        return None
    box = NOWHERE
    for code in walked.overlays.keys() | after.overlays.keys():
        old, new = (fabric.overlays.get(code) for fabric in (walked, after))
        kept = {id(edition) for edition in (old.editions if old else ())}
        here = {id(edition) for edition in (new.editions if new else ())}
        for edition in (*(old.editions if old else ()), *(new.editions if new else ())):
            if id(edition) not in kept & here or _dated(edition, before.since or _ALWAYS, now):
                box = _around(box, edition.geometry.bounds)
    before_, after_ = walked.rulings.by_id, after.rulings.by_id
    for ruling in {id(r): r for r in (*before_.values(), *after_.values())}.values():
        if before_.get(ruling.id) is after_.get(ruling.id):
            continue
        if ruling.shape is None:
            return None
        box = _around(box, ruling.shape.bounds)
    return box if box == NOWHERE else _reaching(box, after.profile.thresholds.nearest_metres)


def _dated(edition: GridEdition, since: datetime, now: datetime) -> bool:
    return any(at is not None and since < at <= now for at in (edition.valid_from, edition.valid_to))


def _around(box: Box, other: Box) -> Box:
    return min(box[0], other[0]), min(box[1], other[1]), max(box[2], other[2]), max(box[3], other[3])


def _reaching(box: Box, metres: float) -> Box:
    """With the gaps at its edge, from which the nearest grid is looked for; twice as far, to be sure."""
    west, south, east, north = box
    up = 2 * metres / METRES_PER_DEGREE
    aside = up / max(cos(radians(min(max(abs(south), abs(north)), 89.0))), 1e-3)
    return west - aside, south - up, east + aside, north + up
