"""One town for all of these tests: the whole system behind its paths, nothing else of it known."""

from collections.abc import AsyncIterator
from uuid import uuid4

import asyncpg
import pytest_asyncio

from duoge.embedded.postgres import EmbeddedPostgres
from tests.contract.http.town import MONDAY, Town
from tests.harness.whole import system


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def town(postgres: EmbeddedPostgres, template_database: str) -> AsyncIterator[Town]:
    name = f"town_{uuid4().hex[:12]}"
    connection = await asyncpg.connect(postgres.url.replace("+asyncpg", "", 1))
    await connection.execute(f"CREATE DATABASE {name} TEMPLATE {template_database}")
    async with system(postgres.url.rsplit("/", 1)[0] + f"/{name}", at=MONDAY) as running:
        yield Town(running)
    await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await connection.close()
