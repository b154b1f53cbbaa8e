"""The consumer of orders, which waits for a fabric: without one nothing can be routed, and nothing may be parked."""

from collections.abc import Sequence

from services.fabric.snapshot import Fabric
from services.kit.bus.port import Bus
from services.kit.consumer import Consumer, Handle
from services.kit.copies import Copy
from services.kit.db import Database
from services.kit.outbox import Outbox


class OrdersConsumer(Consumer):
    """Joins its group once the process holds a fabric; until then it is idle, not broken."""

    def __init__(
        self,
        service: str,
        db: Database,
        bus: Bus,
        outbox: Outbox,
        topics: Sequence[str],
        handle: Handle,
        copy: Copy[Fabric],
    ) -> None:
        super().__init__(service, db, bus, outbox, topics, handle)
        self._copy = copy
        self._joined = False

    async def open(self) -> None:
        self._joined = False

    async def turn(self) -> bool:
        if self._copy.current is None:
            await self._copy.wait_for(0, timeout=0.5)
            return True
        if not self._joined:
            await super().open()
            self._joined = True
        return await super().turn()

    async def idle(self) -> bool:
        return self._copy.current is None or await super().idle()
