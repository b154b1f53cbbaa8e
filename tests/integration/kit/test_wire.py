"""The log's connections when PostgreSQL takes them away."""

import asyncio

import asyncpg
import pytest
from sqlalchemy.engine import make_url

from services.kit.bus.pglog_wire import Wire
from services.kit.bus.port import BusUnavailable


async def test_a_connection_taken_away_in_use_is_an_outage_and_the_next_one_works(database_url: str) -> None:
    wire = Wire(database_url, 1)
    parsed = make_url(database_url)
    killer = await asyncpg.connect(**parsed.get_dialect()().create_connect_args(parsed)[1])
    try:
        with pytest.raises(BusUnavailable):
            async with wire.connection() as taken:
                victim = await taken.fetchval("SELECT pg_backend_pid()")
                await killer.execute("SELECT pg_terminate_backend($1)", victim)
                async with asyncio.timeout(10):
                    while not taken.is_closed():
                        await asyncio.sleep(0)
                await taken.fetchval("SELECT 1")
        async with wire.connection() as connection:
            assert await connection.fetchval("SELECT 1") == 1
    finally:
        await killer.close()
        await wire.stop()


async def test_one_that_the_pool_has_let_go_meanwhile_is_an_outage_too(database_url: str) -> None:
    """What the driver says when a connection was lost between two statements and its proxy is empty by now."""
    wire = Wire(database_url, 1)
    try:
        with pytest.raises(BusUnavailable):
            async with wire.connection() as taken:
                taken.terminate()
                await asyncio.sleep(0)
                await taken.fetchval("SELECT 1")
    finally:
        await wire.stop()
