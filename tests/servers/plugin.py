"""Fixtures over the real servers, and the one closing line that names what was missing."""

import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, NoReturn
from uuid import uuid4

import asyncpg
import pytest
import pytest_asyncio

from duoge.embedded.postgres import EmbeddedPostgres
from services.kit import migrate
from tests.servers.databases import Databases
from tests.servers.jars import Missing
from tests.servers.kafka import KafkaServer
from tests.servers.s3proxy import S3Server

_missing: set[str] = set()
_IN_A_HURRY = {
    "max_connections": "300",
    "fsync": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
}


def lack(sentence: str) -> NoReturn:
    """What this machine can't give: said in the closing line, and a failure where CI=true."""
    _missing.add(sentence)
    pytest.skip(sentence)


@pytest.fixture(scope="session")
def postgres() -> Iterator[EmbeddedPostgres]:
    """One server for the whole run. What is killed here are processes, and the kernel keeps what they wrote: only a power
    cut would need the disk to be waited for. Tests that mean durability start a server of their own."""
    # Below the system's temporary folder, which the unprivileged account of the server may enter.
    folder = Path(tempfile.mkdtemp(prefix="duoge-pg-"))
    folder.chmod(0o755)
    server = EmbeddedPostgres(folder, settings=_IN_A_HURRY)
    server.start()
    yield server
    server.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def template_database(postgres: EmbeddedPostgres) -> str:
    """A database with all migrations run once; the others are copied from it."""
    import asyncio
    import threading

    name = "template_duoge"
    asyncio_url = postgres.url.rsplit("/", 1)[0] + f"/{name}"

    async def create() -> None:
        connection = await asyncpg.connect(_dsn(postgres.url))
        await connection.execute(f"CREATE DATABASE {name}")
        await connection.close()

    def work() -> None:
        asyncio.run(create())
        for history in migrate.HISTORIES:
            migrate.upgrade(asyncio_url, history)

    # In a thread of its own: the loop of the tests is already running.
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    return name


@pytest.fixture(scope="session")
def databases(postgres: EmbeddedPostgres, template_database: str) -> Databases:
    return Databases(_dsn(postgres.url).rsplit("/", 1)[0], template_database)


@pytest_asyncio.fixture
async def database_url(postgres: EmbeddedPostgres, databases: Databases) -> AsyncIterator[str]:
    """A migrated database for one test, as nobody has used it."""
    name = await databases.take()
    yield postgres.url.rsplit("/", 1)[0] + f"/{name}"
    await databases.give_back(name)


@pytest_asyncio.fixture
async def empty_database_url(postgres: EmbeddedPostgres) -> AsyncIterator[str]:
    """A fresh database with nothing in it."""
    name = f"test_{uuid4().hex[:12]}"
    connection = await asyncpg.connect(_dsn(postgres.url))
    await connection.execute(f"CREATE DATABASE {name}")
    await connection.close()
    yield postgres.url.rsplit("/", 1)[0] + f"/{name}"
    connection = await asyncpg.connect(_dsn(postgres.url))
    await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await connection.close()


@pytest.fixture(scope="session")
def kafka_bootstrap() -> Iterator[str]:
    """A broker shared by all tests; each takes a topic prefix of its own."""
    given = os.environ.get("DUOGE_TEST_KAFKA")
    if given:
        yield given
        return
    server = _kafka()
    yield server.bootstrap
    server.stop()


@pytest.fixture
def kafka_server() -> Iterator[KafkaServer]:
    """A broker of this test's own, to be killed."""
    server = _kafka()
    yield server
    server.stop()


def _kafka() -> KafkaServer:
    try:
        server = KafkaServer()
    except Missing as missing:
        lack(str(missing))
    server.start()
    return server


@pytest.fixture
def s3_server() -> Iterator[S3Server]:
    try:
        server = S3Server()
    except Missing as missing:
        lack(str(missing))
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def chromium_path() -> str:
    found = os.environ.get("DUOGE_TEST_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        lack("真实浏览器：请安装 chromium，或把 DUOGE_TEST_CHROMIUM 设成它的路径")
    return str(found)


def _dsn(url: str) -> str:
    return url.replace("postgresql+asyncpg://", "postgresql://", 1)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """What the processes of a parallel run lacked."""
    _missing.update(getattr(node, "workeroutput", {}).get("missing", ()))


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["missing"] = sorted(_missing)
    elif _missing and os.environ.get("CI") == "true" and exitstatus == 0:
        session.exitstatus = 1


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if _missing:
        terminalreporter.write_line("没有测到：" + "；".join(sorted(_missing)))
