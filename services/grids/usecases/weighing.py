"""What would come of a change before it is made: of an overlay's boundaries, of a unit that is to go."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.fabric.model import GridEdition
from services.grids.domain.handover import Cases
from services.grids.domain.impact import impact
from services.grids.domain.succession import Layer, Succession
from services.grids.repository import editions, open_cases
from services.kit.db import Tx

MOST_NAMED = 50


@dataclass(frozen=True, slots=True)
class Weighing:
    """An overlay before and after at the moment of the change, and every open case; no database is needed any more."""

    moment: datetime
    before: tuple[GridEdition, ...]
    after: tuple[GridEdition, ...]
    cases: Cases

    async def told(self, nearest_metres: float) -> dict[str, Any]:
        """Two thousand grids against two thousand others under a hundred thousand cases take two seconds, in a thread."""
        told = await asyncio.to_thread(impact, self.before, self.after, self.cases, nearest_metres)
        return {"moment": self.moment.isoformat(), **told}


async def weigh_import(tx: Tx, overlay: str, held: Layer, succession: Succession) -> Weighing:
    """`held`: the overlay as it was before. An overlay of which nothing changes is weighed too: nothing moves."""
    moment = succession.moment
    after = {**held, **succession.after}
    return Weighing(moment, _in_force(held, moment), _in_force(after, moment), await open_cases.open_cases(tx, overlay))


@dataclass(frozen=True, slots=True)
class UnitHolds:
    """What stands on a unit: units that belong to it in some way (code → name), grids that it answers for now or from a
    later day on, open cases. The lists end after fifty; the numbers are full."""

    unit: str
    below: Mapping[str, str]
    grids: int
    cases: int
    named_grids: tuple[Mapping[str, str], ...]
    named_cases: tuple[Mapping[str, Any], ...]

    @property
    def free(self) -> bool:
        return not self.below and not self.grids and not self.cases

    def as_json(self) -> dict[str, Any]:
        return {
            "units": {"total": len(self.below), "items": [{"code": code, "name": n} for code, n in self.below.items()]},
            "grids": {"total": self.grids, "items": list(self.named_grids)},
            "cases": {"total": self.cases, "items": list(self.named_cases)},
        }


async def weigh_unit(tx: Tx, code: str, below: Mapping[str, str], now: datetime) -> UnitHolds:
    """Of cases those in which the unit is lead or assist."""
    grids, named_grids = await editions.of_unit(tx, code, now, MOST_NAMED)
    cases, named_cases = await open_cases.of_unit(tx, code, MOST_NAMED)
    return UnitHolds(code, below, grids, cases, tuple(named_grids), tuple(named_cases))


def _in_force(layer: Mapping[str, Iterable[GridEdition]], at: datetime) -> tuple[GridEdition, ...]:
    return tuple(edition for same in layer.values() for edition in same if edition.in_force(at))
