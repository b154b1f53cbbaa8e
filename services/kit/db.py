"""One database, a schema a service, and transactions that are committed here and nowhere else."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

Tx = AsyncConnection
"""An open transaction. Use cases take it, change state, append events and never commit."""

_AFTER = "duoge.after_commit"


class Database:
    """A pool on one PostgreSQL schema.

    `transaction` commits when its block ends and rolls back when it raises; what `after_commit` was given runs only
    after a commit that the server has confirmed.
    """

    def __init__(self, url: str, schema: str, *, pool: int = 10, name: str | None = None) -> None:
        self.url = url
        self.schema = schema
        self.engine: AsyncEngine = create_async_engine(
            url,
            pool_size=pool,
            max_overflow=0,
            pool_pre_ping=False,
            connect_args={
                "timeout": 10,
                "command_timeout": 60,
                "server_settings": {
                    "application_name": f"duoge-{name or schema}",
                    "search_path": schema,
                    "lock_timeout": "10s",
                    "idle_in_transaction_session_timeout": "60s",
                },
            },
        )

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Tx]:
        after: list[Callable[[], None]] = []
        async with self.engine.connect() as connection:
            await connection.begin()
            connection.info[_AFTER] = after
            try:
                yield connection
                await connection.commit()
            except BaseException:
                await connection.rollback()
                raise
            finally:
                if not connection.closed and not connection.invalidated:
                    connection.info.pop(_AFTER, None)
        for call in after:
            call()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Tx]:
        """A connection to read with; whatever was written on it is rolled back."""
        async with self.engine.connect() as connection:
            yield connection

    async def healthy(self) -> bool:
        async with self.engine.connect() as connection:
            return bool((await connection.execute(text("SELECT 1"))).scalar_one())

    async def stop(self) -> None:
        await self.engine.dispose()


def after_commit(tx: Tx, call: Callable[[], None]) -> None:
    """Run `call` once this transaction is on disk; the same call is kept once."""
    after: list[Callable[[], Any]] = tx.info[_AFTER]
    if call not in after:
        after.append(call)
