"""A database that holds only the kernel's tables, and a bench of its parts to put together as a test needs them."""

import asyncio
import shutil
import tempfile
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest

from duoge.embedded.postgres import EmbeddedPostgres
from services.kit import failpoints
from services.kit.bus.pglog import PgLogBus
from tests.integration.kit.bench import Bench, Server, dsn, lay_tables

TEMPLATE = "template_kit"


@pytest.fixture(scope="session")
def kit_template(postgres: EmbeddedPostgres) -> str:
    async def create() -> None:
        connection = await asyncpg.connect(dsn(postgres.url))
        await connection.execute(f"CREATE DATABASE {TEMPLATE}")
        await connection.close()
        await lay_tables(_sibling(postgres, TEMPLATE))

    # In a thread of its own: the loop of the tests is already running.
    thread = threading.Thread(target=lambda: asyncio.run(create()))
    thread.start()
    thread.join()
    return TEMPLATE


@pytest.fixture
async def kit_url(postgres: EmbeddedPostgres, kit_template: str) -> AsyncIterator[str]:
    name = f"kit_{uuid4().hex[:12]}"
    connection = await asyncpg.connect(dsn(postgres.url))
    await connection.execute(f"CREATE DATABASE {name} TEMPLATE {kit_template}")
    yield _sibling(postgres, name)
    await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await connection.close()


@pytest.fixture
async def bench(kit_url: str) -> AsyncIterator[Bench]:
    made = Bench(kit_url, PgLogBus(kit_url, lease=1.0))
    yield made
    await made.close()


@pytest.fixture(scope="session")
def mortal_postgres() -> Iterator[EmbeddedPostgres]:
    """Apart from the one that the other tests share."""
    folder = Path(tempfile.mkdtemp(prefix="duoge-pg-"))
    folder.chmod(0o755)
    postgres = EmbeddedPostgres(folder, settings={"max_connections": "100"})
    postgres.start()
    yield postgres
    postgres.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
async def own_server(mortal_postgres: EmbeddedPostgres) -> AsyncIterator[Server]:
    """With a fresh database on it; up when the test begins, and again when it has ended."""
    name = f"kit_{uuid4().hex[:12]}"
    server = Server(mortal_postgres, _sibling(mortal_postgres, name))
    await _ask(mortal_postgres, f"CREATE DATABASE {name}")
    await lay_tables(server.url)
    yield server
    if mortal_postgres.pid() is None:
        await asyncio.to_thread(server.raise_again)
    await _ask(mortal_postgres, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(autouse=True)
def no_failpoints() -> Iterator[None]:
    yield
    failpoints.disarm()


async def _ask(postgres: EmbeddedPostgres, statement: str) -> None:
    connection = await asyncpg.connect(dsn(postgres.url))
    await connection.execute(statement)
    await connection.close()


def _sibling(postgres: EmbeddedPostgres, name: str) -> str:
    return postgres.url.rsplit("/", 1)[0] + f"/{name}"
