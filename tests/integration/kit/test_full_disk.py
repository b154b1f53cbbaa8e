"""The database's disk runs full: told in a sentence, nothing acknowledged lost, and all goes on once there is room."""

import asyncio
import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import httpx
import pytest

from duoge.embedded.postgres import EmbeddedPostgres
from services.kit.bus.pglog import PgLogBus
from tests.integration.kit import stage
from tests.integration.kit.bench import SCHEMA, Bench, Server, dsn, lay_tables, until
from tests.integration.kit.stage import ADMIN
from tests.servers.plugin import lack

SIZE = 160 * 1024 * 1024
V1 = f"/{SCHEMA}/v1"


@pytest.fixture
async def small_disk() -> AsyncIterator[Server]:
    """A PostgreSQL whose folder is a file system of SIZE bytes."""
    folder = Path(tempfile.mkdtemp(prefix="duoge-disk-"))
    if not mount(folder):
        shutil.rmtree(folder)
        lack("满盘：要以 root 运行，且能挂载 tmpfs（容器请加 SYS_ADMIN）")
    # WAL is laid out ahead and used again, so that it is the tables that find no room, as on most full disks.
    settings = {"min_wal_size": "48MB", "max_wal_size": "48MB", "wal_init_zero": "on", "shared_buffers": "16MB"}
    server = EmbeddedPostgres(folder, settings=settings)
    url = await asyncio.to_thread(server.start)
    await lay_tables(url)
    yield Server(server, url)
    await asyncio.to_thread(server.stop)
    await asyncio.to_thread(unmount, folder)


def mount(folder: Path) -> bool:
    """False where this account may not."""
    if os.geteuid() != 0:
        return False
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", folder], capture_output=True)
    folder.chmod(0o755)
    return done.returncode == 0


def unmount(folder: Path) -> None:
    subprocess.run(["umount", "-l", folder], check=True)
    shutil.rmtree(folder, ignore_errors=True)


def fill(folder: Path) -> Path:
    """Takes every byte that is left."""
    balloon = folder / "balloon"
    with balloon.open("wb", buffering=0) as out:
        block = b"\0" * 65_536
        try:
            while True:
                out.write(block)
        except OSError:
            pass
    return balloon


async def exhaust_log(url: str) -> None:
    """Until the server finds no room for its write-ahead log either, and dies of it as PostgreSQL does."""
    connection = await asyncpg.connect(dsn(url))
    with contextlib.suppress(asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
        for _ in range(30):
            await connection.execute("SELECT pg_logical_emit_message(false, 'x', 'x')")
            await connection.execute("SELECT pg_switch_wal()")
    connection.terminate()


@pytest.mark.parametrize("log_too", [False, True], ids=["tables", "tables and log"])
async def test_a_full_disk(small_disk: Server, log_too: bool) -> None:
    bus = PgLogBus(small_disk.url, lease=1.0)
    service = stage.build(stage.settings_for(small_disk.url), bus)
    await service.start()
    transport = httpx.ASGITransport(service.app, raise_app_exceptions=False)
    headers = {"Authorization": f"Bearer {ADMIN}"}
    acknowledged: list[str] = []
    async with httpx.AsyncClient(transport=transport, base_url="http://duoge", headers=headers, timeout=60) as asking:

        async def post(name: str) -> httpx.Response:
            answer = await asking.post(
                f"{V1}/notes", json={"subject": name, "extra": {"text": os.urandom(20_000).hex()}}
            )
            if answer.status_code == 201:
                acknowledged.append(name)
            return answer

        async def ready(wanted: int) -> bool:
            return (await asking.get(f"/{SCHEMA}/readyz")).status_code == wanted

        await until(lambda: ready(200))
        assert (await post("before")).status_code == 201
        balloon = await asyncio.to_thread(fill, small_disk.postgres.folder)
        refused: list[httpx.Response] = []
        async with asyncio.timeout(60):
            for number in range(100_000):
                answer = await post(f"during{number}")
                assert answer.status_code in (201, 503), answer.text
                if answer.status_code == 503:
                    refused.append(answer)
                    break
        assert refused[0].json()["code"] == "unavailable"
        assert "磁盘满了" in refused[0].json()["detail"]
        assert refused[0].headers["retry-after"] == "5"
        assert await ready(503)
        assert "磁盘满了" in (await asking.get(f"/{SCHEMA}/readyz")).text
        assert (await asking.get(f"/{SCHEMA}/healthz")).status_code == 200

        if log_too:
            await exhaust_log(small_disk.url)
            answer = await post("while the server is down")
            assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
        await asyncio.to_thread(balloon.unlink)

        async def back() -> bool:
            # Its own recovery may do, or whoever runs it starts it again: an operator, a container engine.
            if small_disk.postgres.pid() is None:
                await asyncio.to_thread(small_disk.raise_again)
            return await ready(200)

        await until(back, 60)
        assert (await post("after")).status_code == 201
        await until(service.idle, 60)
        bench = Bench(small_disk.url, bus)
        effects = await bench.effects()
        assert set(acknowledged) <= set(effects)
        assert all(numbers == [1] for numbers in effects.values())
        assert await bench.scalar("SELECT count(*) FROM parked") == 0
        await bench.close()
    await service.stop()
