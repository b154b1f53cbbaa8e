"""Each unit's own topic: made before anything is written for it."""

import re
from collections.abc import Iterable, Sequence
from datetime import timedelta

from services.fabric.model import UNIT_CODE
from services.fabric.snapshot import Fabric
from services.kit.bus.port import Bus
from services.kit.contracts.topics import unit_topic
from services.kit.copies import Copy
from services.kit.worker import Worker
from services.notify import metrics

AT_ONCE = 200
_CODE = re.compile(UNIT_CODE)


class UnitTopics:
    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._made: set[str] = set()

    def addressable(self, code: str) -> bool:
        """Also of units that the fabric does not know (yet); False for what is no unit's code."""
        if _CODE.fullmatch(code) is None:
            metrics.NO_TOPIC.inc()
            return False
        return True

    def lacking(self, codes: Iterable[str]) -> list[str]:
        return sorted(code for code in codes if code not in self._made and _CODE.fullmatch(code))

    async def ensure(self, codes: Sequence[str]) -> None:
        """BusUnavailable when the broker is away: then nothing may be written for them yet."""
        lacking = self.lacking(codes)
        for first in range(0, len(lacking), AT_ONCE):
            part = lacking[first : first + AT_ONCE]
            await self._bus.ensure_topics([unit_topic(code) for code in part])
            self._made.update(part)


class TopicMaker(Worker):
    """Topics for all units of the fabric as soon as they are known, so that a unit can subscribe before its first event."""

    def __init__(self, topics: UnitTopics, copy: Copy[Fabric]) -> None:
        super().__init__("notify.topics", timedelta(seconds=5))
        self._topics = topics
        self._copy = copy
        copy.on_swap(self.wake)

    async def turn(self) -> bool:
        if self._copy.current is not None:
            await self._topics.ensure(self._topics.lacking(self._copy.current.units))
        return False

    async def idle(self) -> bool:
        return self._copy.current is None or not self._topics.lacking(self._copy.current.units)
