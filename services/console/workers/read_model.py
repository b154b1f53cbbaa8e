"""The consumer of the read model: an ordinary one that also notices when the model is being built again."""

import time
from collections.abc import Callable, Sequence

from services.console import handlers
from services.console.repository import writing
from services.kit.bus.port import Bus, BusUnavailable, Record
from services.kit.consumer import Consumer, Seen
from services.kit.contracts.envelope import Event
from services.kit.contracts.topics import CASES, ORDERS
from services.kit.db import Database, Tx, after_commit
from services.kit.outbox import Outbox

ASK_EVERY = 0.4  # seconds


class ReadModel(Consumer):
    """`changed` is called after every batch that is on disk.

    A rebuild puts the stored offsets back to the start, under a new building number. A member that still reads on from
    where it was would skip all before: it holds its number against the stored one, in the transaction of each batch,
    and subscribes anew when they differ.
    """

    def __init__(self, db: Database, bus: Bus, outbox: Outbox, changed: Callable[[], None]) -> None:
        super().__init__("console", db, bus, outbox, [CASES.name, ORDERS.name], self._take_in)
        self._database = db
        self._changed = changed
        self._number: int | None = None
        self._asked = 0.0

    async def open(self) -> None:
        async with self._database.reading() as tx:
            self._number = await writing.building(tx)
        await super().open()

    async def turn(self) -> bool:
        if time.monotonic() - self._asked > ASK_EVERY:  # a batch asks for itself; this is for topics that are silent
            self._asked = time.monotonic()
            async with self._database.reading() as tx:
                number = await writing.building(tx)
            if number != self._number:
                await self.close()
                await self.open()
        return await super().turn()

    async def handle_new(self, tx: Tx, records: Sequence[Record], last: Seen) -> dict[tuple[str, str], int]:
        if await writing.building(tx, hold=True) != self._number:
            raise BusUnavailable("the read model is being built again")
        return await super().handle_new(tx, records, last)

    async def _take_in(self, tx: Tx, events: list[Event]) -> None:
        await handlers.take_in(tx, events)
        after_commit(tx, self._changed)
