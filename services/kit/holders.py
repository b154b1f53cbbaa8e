"""Which process of which service is alive, ready, and holds which version of the fabric. Leases run on real time."""

import os
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from uuid import uuid4

from sqlalchemy import text

from services.kit.db import Database, Tx
from services.kit.worker import Worker

SERVICES = ("intake", "grids", "dispatch", "notify", "console")


@dataclass(frozen=True, slots=True)
class Holder:
    service: str
    process: str
    ready: bool
    detail: str
    fabric_version: int


State = Callable[[], Awaitable[tuple[bool, str, int]]]


class Heartbeat(Worker):
    """Writes this process's row; `state` gives (ready, why not, fabric version held)."""

    def __init__(self, service: str, db: Database, state: State, every: timedelta = timedelta(seconds=1)) -> None:
        super().__init__(f"{service}.heartbeat", every)
        self._service = service
        self._db = db
        self._state = state
        self.process = f"{socket.gethostname()}:{os.getpid()}:{uuid4().hex[:8]}"

    async def turn(self) -> bool:
        ready, detail, version = await self._state()
        async with self._db.transaction() as tx:
            await tx.execute(
                text(
                    """INSERT INTO kit.holder (service, process, ready, detail, fabric_version, seen_at)
                       VALUES (:service, :process, :ready, :detail, :version, clock_timestamp())
                       ON CONFLICT (service, process) DO UPDATE SET ready = EXCLUDED.ready, detail = EXCLUDED.detail,
                         fabric_version = EXCLUDED.fabric_version, seen_at = EXCLUDED.seen_at"""
                ),
                {
                    "service": self._service,
                    "process": self.process,
                    "ready": ready,
                    "detail": detail[:500],
                    "version": version,
                },
            )
            await tx.execute(text("DELETE FROM kit.holder WHERE seen_at < clock_timestamp() - interval '1 hour'"))
        return False

    async def stop(self) -> None:
        await super().stop()
        try:
            async with self._db.transaction() as tx:
                await tx.execute(text("DELETE FROM kit.holder WHERE process = :process"), {"process": self.process})
        except Exception:  # leaving while the database is away: the lease runs out by itself
            return


async def living(tx: Tx, expiry: timedelta) -> list[Holder]:
    rows = await tx.execute(
        text(
            """SELECT service, process, ready, detail, fabric_version FROM kit.holder
               WHERE seen_at > clock_timestamp() - CAST(:expiry AS interval) ORDER BY service, process"""
        ),
        {"expiry": expiry},
    )
    return [Holder(r.service, r.process, r.ready, r.detail, r.fabric_version) for r in rows.all()]


def missing(holders: list[Holder], version: int) -> list[str]:
    """Services of which no process lives, or some living process does not hold `version` yet."""
    behind = {holder.service for holder in holders if holder.fabric_version < version}
    alive = {holder.service for holder in holders}
    return [service for service in SERVICES if service in behind or service not in alive]
