"""Ours and the bare one as sets of processes on one PostgreSQL and one Kafka."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import asyncpg
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from duoge.demo.load import load_zhenru
from services.kit import migrate
from tests.bench.bare import shape as bare
from tests.bench.bare.worker import STAGES
from tests.harness.single import ADMIN, SECRET

ROOT = Path(__file__).parents[2]
SERVICES = ("grids", "intake", "dispatch", "notify", "console")


@dataclass
class Processes:
    """Children with a name each; `memory` is the proportional set size in MB."""

    running: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)

    def start(self, name: str, arguments: list[str], environment: Mapping[str, str]) -> None:
        self.running[name] = subprocess.Popen(
            [sys.executable, *arguments], cwd=ROOT, env=os.environ | dict(environment), start_new_session=True
        )

    def stop(self, *but: str) -> None:
        """All of them, except those that are named."""
        ended = [self.running.pop(name) for name in list(self.running) if name not in but]
        for process in ended:
            process.send_signal(signal.SIGTERM)
        for process in ended:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def cpu(self) -> dict[str, float]:
        """Seconds of processor time that each has used."""
        return {name: cpu_seconds(process.pid) for name, process in self.running.items()}

    def memory(self) -> dict[str, float]:
        return {name: pss(process.pid) for name, process in self.running.items()}


def pss(pid: int) -> float:
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return round(next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:")) / 1024, 1)


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Target:
    """Where orders go, and actions on a case (`{}`), with which key, and which topics they end on."""

    one: str
    many: str
    acting: str
    headers: dict[str, str]
    topics: list[str]
    processes: Processes
    database: str

    async def settle(self) -> None:
        """What the server does by itself within a minute of new tables: they are no longer planned for as empty ones."""
        connection = await asyncpg.connect(self.database)
        await connection.execute("ANALYZE")
        await connection.close()


async def start_ours(url: str, bootstrap: str) -> Target:
    """Five services, a process each, as compose runs them; the demo's fabric loaded."""
    for history in migrate.HISTORIES:
        await asyncio.to_thread(migrate.upgrade, url, history)
    processes, ports = Processes(), {name: free_port() for name in SERVICES}
    environment = {
        "DUOGE_DATABASE_URL": url,
        "DUOGE_KAFKA_BOOTSTRAP": bootstrap,
        "DUOGE_SECRET": SECRET,
        "DUOGE_ADMIN_KEY": ADMIN,
        "DUOGE_DEV": "true",
        "DUOGE_LOG_LEVEL": "WARNING",
    }
    for name in SERVICES:
        processes.start(name, ["-m", "duoge", "serve", name, "--port", str(ports[name])], environment)
    await _wait(f"http://127.0.0.1:{ports['console']}/readyz")
    import httpx

    admin = {"Authorization": f"Bearer {ADMIN}"}
    async with httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{ports['grids']}", headers=admin, timeout=120, trust_env=False
    ) as http:
        await load_zhenru(http, lambda line: None)
        made = await http.post("/grids/v1/keys", json={"name": "bench", "role": "source", "source": "bench"})
        units = [row["code"] for row in (await http.get("/grids/v1/units", params={"limit": 1000})).json()["items"]]
    base = f"http://127.0.0.1:{ports['intake']}/intake/v1/orders"
    headers = {"Authorization": f"Bearer {made.json()['key']}", "Content-Type": "application/json"}
    return Target(
        base,
        f"{base}/batch",
        f"http://127.0.0.1:{ports['dispatch']}/dispatch/v1/cases/{{}}/actions",
        headers,
        [f"duoge.unit.{code}" for code in units],
        processes,
        url.replace("+asyncpg", ""),
    )


async def start_bare(url: str, bootstrap: str, weight: bare.Shape) -> Target:
    dsn = url.replace("+asyncpg", "")
    connection = await asyncpg.connect(dsn)
    await connection.execute(bare.DDL)
    await connection.close()
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    topics = [f"{bare.UNIT}{number}" for number in range(weight.unit_topics)]
    await admin.create_topics(
        [NewTopic(bare.ORDERS, 6, 1), NewTopic(bare.CASES, 6, 1), *(NewTopic(topic, 1, 1) for topic in topics)]
    )
    await admin.close()
    processes, port = Processes(), free_port()
    environment = weight.to_environment() | {"PYTHONHASHSEED": "0"}
    processes.start("api", ["-m", "tests.bench.bare.api", str(port), dsn, bootstrap], environment)
    for name in STAGES:
        processes.start(name, ["-m", "tests.bench.bare.worker", name, dsn, bootstrap], environment)
    await _wait(f"http://127.0.0.1:{port}/orders", any_answer=True)
    base = f"http://127.0.0.1:{port}"
    one = f"{base}/orders"
    headers = {"Content-Type": "application/json"}
    return Target(one, f"{one}/batch", f"{base}/cases/{{}}/actions", headers, topics, processes, dsn)


async def _wait(url: str, any_answer: bool = False, seconds: float = 90) -> None:
    deadline = time.monotonic() + seconds
    said = ""
    async with aiohttp.ClientSession() as http:
        while time.monotonic() < deadline:
            try:
                async with http.get(url) as answer:
                    said = await answer.text()
                    if any_answer or answer.status == 200:
                        return
            except aiohttp.ClientError as error:
                said = repr(error)
            await asyncio.sleep(0.2)
    raise RuntimeError(f"{url}: {said}")
