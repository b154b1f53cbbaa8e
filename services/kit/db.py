"""One database, a schema a service, and transactions that are committed here and nowhere else."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import orjson
import structlog
from sqlalchemy import event
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from services.kit import failpoints
from services.kit.faults import is_disk_full
from services.kit.tx import Row, Tx

__all__ = ["Database", "Row", "Tx", "after_commit"]
log = structlog.get_logger()


class Database:
    """A pool on one PostgreSQL schema.

    `transaction` commits when its block ends and rolls back when it raises; what `after_commit` was given runs only
    after a commit that the server has confirmed.
    """

    def __init__(self, url: str, schema: str, *, pool: int = 10, name: str | None = None) -> None:
        self.url = url
        self.schema = schema
        # A transaction found no room on the disk. Reading still works then, so only a write can tell when it is over.
        self.full = False
        # Longer than this nobody waits for a connection: better a clear 503 than a queue that only grows.
        # Hidden parameters: an error's text would carry the rows, and nobody's words belong in a log.
        common: dict[str, Any] = {
            "connect_args": _arguments(name or schema, schema),
            "hide_parameters": True,
            "json_deserializer": orjson.loads,
        }
        self.engine: AsyncEngine = create_async_engine(url, pool_size=pool, max_overflow=0, pool_timeout=10, **common)
        event.listen(self.engine.sync_engine, "checkout", _still_there)
        self._alone: AsyncEngine = create_async_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT", **common)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Tx]:
        async with self._begun() as tx:
            yield tx
            failpoints.reach("db.before_commit")
            if await tx.driver.execute("COMMIT") != "COMMIT":
                raise RuntimeError("an error inside the transaction was passed over: the server rolled it back")
        failpoints.reach("db.committed")
        for call in tx.after:
            try:
                call()
            except Exception:  # it is on disk: nobody may hear that it failed
                log.exception("db.after_commit_failed")

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Tx]:
        """A connection to read with; whatever was written on it is rolled back."""
        async with self._begun() as tx:
            yield tx

    @asynccontextmanager
    async def _begun(self) -> AsyncIterator[Tx]:
        """What is not committed in it is rolled back; a connection that can't even do that is thrown away."""
        async with self.engine.connect() as connection:
            driver = await driver_of(connection)
            try:
                await driver.execute("BEGIN")
                yield Tx(driver)
            except BaseException as error:
                self.full = self.full or is_disk_full(error)
                raise
            finally:
                try:
                    if driver.is_in_transaction() or driver.is_closed():
                        await driver.execute("ROLLBACK")
                except BaseException as error:
                    await connection.invalidate()
                    if not isinstance(error, Exception):  # somebody wants us to stop
                        raise

    async def healthy(self) -> bool:
        async with self.engine.connect() as connection:
            return bool(await (await driver_of(connection)).fetchval("SELECT 1"))

    async def apart(self) -> AsyncConnection:
        """A connection outside the pool, in autocommit, for what is held for hours such as a leader's lock; the
        caller closes it."""
        return await self._alone.connect()

    async def stop(self) -> None:
        await self.engine.dispose()
        await self._alone.dispose()


def after_commit(tx: Tx, call: Callable[[], None]) -> None:
    """Run `call` once this transaction is on disk; the same call is kept once."""
    if call not in tx.after:
        tx.after.append(call)


async def driver_of(connection: AsyncConnection) -> "asyncpg.Connection[Row]":
    driver: asyncpg.Connection[Row] = (await connection.get_raw_connection()).driver_connection
    return driver


def _still_there(connection: Any, record: Any, proxy: Any) -> None:
    """A server that was restarted has closed what lay in the pool: nobody's statement has to find that out."""
    if connection.driver_connection.is_closed():
        raise DisconnectionError


def _arguments(name: str, schema: str) -> dict[str, Any]:
    return {
        "timeout": 10,
        "command_timeout": 60,
        "server_settings": {
            "application_name": f"duoge-{name}",
            "search_path": schema,
            "lock_timeout": "10s",
            "idle_in_transaction_session_timeout": "60s",
            # A machine that vanished without a word gives its locks back in half a minute, not in two hours.
            "tcp_keepalives_idle": "10",
            "tcp_keepalives_interval": "5",
            "tcp_keepalives_count": "3",
        },
    }
