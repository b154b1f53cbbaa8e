"""The engine's own way to PostgreSQL: a small pool, one listening connection, errors in the port's words."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
from sqlalchemy.engine import make_url

from services.kit.bus.port import BusUnavailable

CHANNEL = "duoge_bus"
_AWAY = (
    OSError,  # with it TimeoutError
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.PostgresSystemError,
    asyncpg.LockNotAvailableError,
    asyncpg.TransactionRollbackError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.InternalClientError,  # a dying server's last words, come in between two statements
)
_CLOSED = ("closed", "closing", "terminated", "released back to the pool")


class Watch:
    """Remembers what was named in notices since `clear`, so that none is lost between a look and the wait after it."""

    def __init__(self, wire: "Wire", names: frozenset[str]) -> None:
        self._wire = wire
        self._event = asyncio.Event()
        self.names = names
        self.named: set[str] = set()

    def clear(self, keep: str | None = None) -> None:
        """Before a look; `keep` is a name that this look doesn't answer."""
        self.named &= {keep}
        if not self.named:
            self._event.clear()

    def wake(self, named: frozenset[str]) -> None:
        self.named |= named
        self._event.set()

    async def wait(self, timeout: float) -> None:
        """Until a notice or `timeout` seconds; a notice can be lost with its connection, so look again either way."""
        try:
            async with asyncio.timeout(timeout):
                await self._wire.listen()
                await self._event.wait()
        except TimeoutError:
            pass


class Wire:
    def __init__(self, url: str, pool: int) -> None:
        parsed = make_url(url)
        self._arguments: dict[str, Any] = dict(parsed.get_dialect()().create_connect_args(parsed)[1])
        self._size = pool
        self._pool: asyncpg.Pool | None = None
        self._listener: asyncpg.Connection | None = None
        self._opening = asyncio.Lock()
        self._listening = asyncio.Lock()
        self._watches: set[Watch] = set()

    @contextlib.asynccontextmanager
    async def connection(self) -> AsyncIterator[asyncpg.Connection]:
        """BusUnavailable for a server that is away, shutting down, full or too slow."""
        try:
            pool = await self._open()
            async with pool.acquire(timeout=10) as connection:
                try:
                    yield connection
                except (asyncpg.InternalClientError, asyncpg.InterfaceError):
                    with contextlib.suppress(asyncpg.InterfaceError):  # when it was lost, the pool has let it go
                        connection.terminate()  # no longer knows where it stands
                    raise
        except _AWAY as error:
            raise BusUnavailable(f"PostgreSQL: {error!r}") from error
        except asyncpg.InterfaceError as error:
            if any(word in str(error) for word in _CLOSED):
                raise BusUnavailable(f"PostgreSQL: {error!r}") from error
            raise

    async def stop(self) -> None:
        pool, self._pool = self._pool, None
        listener, self._listener = self._listener, None
        for watch in self._watches:
            watch.wake(frozenset())
        if listener is not None:
            listener.terminate()
        if pool is not None:
            pool.terminate()

    def watch(self, names: frozenset[str]) -> Watch:
        watch = Watch(self, names)
        self._watches.add(watch)
        return watch

    def unwatch(self, watch: Watch) -> None:
        self._watches.discard(watch)
        watch.wake(frozenset())

    async def listen(self) -> None:
        """One connection listens for all; while it can't, waiting goes by the clock."""
        async with self._listening:
            if self._listener is not None and not self._listener.is_closed():
                return
            with contextlib.suppress(*_AWAY, asyncpg.InterfaceError):
                listener = await asyncpg.connect(**self._arguments, timeout=10)
                try:
                    await listener.add_listener(CHANNEL, self._noticed)
                except BaseException:
                    listener.terminate()
                    raise
                self._listener = listener

    async def _open(self) -> asyncpg.Pool:
        async with self._opening:
            if self._pool is None:
                self._pool = await asyncpg.create_pool(
                    **self._arguments,
                    min_size=0,  # else the pool dials by itself, and during an outage fills the log with it
                    max_size=self._size,
                    command_timeout=30,
                    timeout=10,
                    reset=_nothing,
                    server_settings={"application_name": "duoge-bus", "lock_timeout": "10s"},
                )
            return self._pool

    def _noticed(self, connection: object, pid: int, channel: str, payload: object) -> None:
        named = frozenset(str(payload).split(",")) if payload else None
        for watch in self._watches:
            touched = watch.names if named is None else watch.names & named
            if touched:
                watch.wake(touched)


async def _nothing(connection: asyncpg.Connection) -> None:
    """No statement here leaves a trace on its connection: spares the round trip that would wipe it."""


async def notice(connection: asyncpg.Connection, names: set[str]) -> None:
    """One for each batch; a payload over PostgreSQL's 8,000 bytes wakes everybody instead."""
    payload = ",".join(sorted(names))
    await connection.execute("SELECT pg_notify($1, $2)", CHANNEL, payload if len(payload.encode()) < 7900 else "")
