"""The log's connections when PostgreSQL takes them away."""

import asyncpg
import pytest
from sqlalchemy.engine import make_url

from services.kit.bus.pglog_wire import Wire
from services.kit.bus.port import BusUnavailable


async def _robbed(wire: Wire, killer: asyncpg.Connection) -> None:
    async with wire.connection() as taken:
        victim = await taken.fetchval("SELECT pg_backend_pid()")
        await killer.execute("SELECT pg_terminate_backend($1)", victim)
        await taken.fetchval("SELECT pg_sleep(30)")


async def _let_go(wire: Wire) -> None:
    """As a connection lost between two statements, when its proxy is empty by the time of the next."""
    async with wire.connection() as taken:
        taken.terminate()
        await taken.fetchval("SELECT 1")


async def test_a_connection_taken_away_in_use_is_an_outage_and_the_next_one_works(database_url: str) -> None:
    wire = Wire(database_url, 1)
    parsed = make_url(database_url)
    killer = await asyncpg.connect(**parsed.get_dialect()().create_connect_args(parsed)[1])
    try:
        for outage in (_robbed(wire, killer), _let_go(wire)):
            with pytest.raises(BusUnavailable):
                await outage
            async with wire.connection() as connection:
                assert await connection.fetchval("SELECT 1") == 1
    finally:
        await killer.close()
        await wire.stop()
