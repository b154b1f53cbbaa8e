"""The worker that seals the record: regular checkpoints, told on the bus and written to a file outside the database."""

import asyncio
import time
from datetime import timedelta
from pathlib import Path

import structlog

from services.dispatch.repository import record as repository
from services.kit import failpoints
from services.kit.checkpoints import Checkpoint, Shelf, Signer
from services.kit.clock import real_now
from services.kit.contracts.checkpoints import RecordSealed
from services.kit.contracts.registry import make
from services.kit.db import Database, Tx
from services.kit.outbox import Outbox
from services.kit.worker import Worker

log = structlog.get_logger()
MOST_HEADS = 1000
SHELVED_AT_ONCE = 200


class Keeper(Worker):
    """A checkpoint holds at most MOST_HEADS heads; where more have changed, several follow each other. Any number of
    processes may run it. Real time: what is sealed is when it was written, whatever the business clock says."""

    stuck_after = 300.0

    def __init__(
        self, service: str, db: Database, outbox: Outbox, signer: Signer, every: timedelta, file: Path | None
    ) -> None:
        super().__init__(f"{service}.keeper", min(every, timedelta(seconds=5)))
        self._db, self._outbox, self._signer = db, outbox, signer
        self._pause = every.total_seconds()
        self._at = time.monotonic() + self._pause
        self.shelf = None if file is None else Shelf(file)

    async def turn(self) -> bool:
        if time.monotonic() >= self._at:
            await self.seal()
            self._at = time.monotonic() + self._pause
        return False

    async def seal(self) -> None:
        """All that had changed by now since the last checkpoint; what changes meanwhile waits for the next."""
        full = True
        while full:
            async with self._db.transaction() as tx:
                made, full = await self._make(tx)
            if made is not None:
                log.info("record.sealed", number=made.number, hash=made.hash.hex(), signature=made.signature.hex())
        failpoints.reach("keeper.sealed")
        await self._put_on_shelf()

    async def _make(self, tx: Tx) -> tuple[Checkpoint | None, bool]:
        """None when nothing has changed. With whether there may be more."""
        if not await repository.unsealed_waits(tx):
            return None, False
        await repository.alone(tx)
        heads, taken = await repository.take_unsealed(tx, MOST_HEADS)
        if not heads:
            return None, False
        last = await repository.last_checkpoint(tx)
        number, previous = (last.number, last.hash) if last else (0, b"")
        now = real_now()
        made = self._signer.make(number + 1, now, previous, heads)
        await repository.keep_checkpoint(tx, made)
        body = RecordSealed(
            number=made.number,
            at=now,
            body=made.body.decode(),
            hash=made.hash.hex(),
            signature=made.signature.hex(),
            key=self._signer.public.hex(),
        )
        await self._outbox.append(tx, [make("record.sealed", body, subject="dispatch", sequence=made.number, at=now)])
        failpoints.reach("keeper.made")
        return made, taken == MOST_HEADS

    async def _put_on_shelf(self) -> None:
        """Whatever the file lacks, also of what other processes have sealed."""
        if self.shelf is None:
            return
        last = await asyncio.to_thread(self.shelf.last)
        while True:
            async with self._db.reading() as tx:
                lacking = await repository.checkpoints(tx, last, SHELVED_AT_ONCE)
            if not lacking:
                return
            await asyncio.to_thread(self.shelf.append, lacking)
            last = lacking[-1].number
