"""Sees to it that the house's topics exist, also when the broker came up after the services."""

from collections.abc import Sequence
from datetime import timedelta

from services.kit.bus.port import Bus, TopicSpec
from services.kit.contracts.topics import HOUSE
from services.kit.worker import Worker


class Topics(Worker):
    def __init__(self, process: str, bus: Bus, specs: Sequence[TopicSpec] = HOUSE) -> None:
        super().__init__(f"{process}.topics", timedelta(minutes=1))
        self._bus = bus
        self._specs = specs

    async def turn(self) -> bool:
        await self._bus.ensure_topics(self._specs)
        return False
