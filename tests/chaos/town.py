"""The whole system as processes that may be killed: seven beside PostgreSQL and Kafka, or `duoge up` alone."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from duoge.embedded.ports import free_port
from duoge.embedded.postgres import EmbeddedPostgres
from duoge.running.devclock import read_offset
from services.kit import migrate
from services.kit.bus.kafka import KafkaBus, KafkaOptions
from services.kit.bus.pglog import PgLogBus
from services.kit.bus.port import Bus
from services.kit.clock import real_now
from tests.chaos.supervisor import Outage, Program, Supervisor, duoge, python
from tests.servers.kafka import KafkaServer

ADMIN, SECRET = "admin-key-only-for-tests", "only-for-tests-" + "x" * 32
# Two of those that people wait for: one goes on while the other is brought back.
INSTANCES = {"grids": 1, "intake": 2, "dispatch": 2, "notify": 1, "console": 1}
# Deaths between two durable steps; chances so that a process dies of them every half minute or so under load.
_CHANCES = {
    "outbox.appended": 0.0005,
    "db.before_commit": 0.0002,
    "db.committed": 0.0002,
    "relay.read": 0.001,
    "log.before_commit": 0.0005,
    "relay.published": 0.001,
    "relay.marked": 0.001,
    "consumer.polled": 0.0005,
    "consumer.before_commit": 0.001,
    "consumer.handled": 0.001,
    "consumer.committed": 0.001,
    "sweeper.locked": 0.01,
    "sweeper.before_commit": 0.01,
    "sweeper.fired": 0.01,
    "whistle.told": 0.2,
    "whistle.written": 0.2,
    "delivery.claimed": 0.005,
    "delivery.answered": 0.005,
}
POINTS = ",".join(f"{point}=kill:{chance}" for point, chance in _CHANCES.items())
LEADS = '"relay": "{}.relay", "event": "relay.leads"'


@dataclass(frozen=True)
class Town:
    """`roads`: path prefix → addresses of the processes behind it; `ahead`: how far business time is before real time;
    `movable`: whether there is `/dev/clock`; `first`: the program that the map is put into; `reopen`: brings the database back that an orderly stop took along."""

    supervisor: Supervisor
    roads: Mapping[str, Sequence[str]]
    database_url: Callable[[], str]
    bus: Callable[[], Bus]
    ahead: Callable[[], timedelta]
    movable: bool
    first: str
    reopen: Callable[[], object]
    outage_of: Mapping[str, Callable[[float], Outage]]

    def now(self) -> datetime:
        return real_now() + self.ahead()


@asynccontextmanager
async def split(kafka: KafkaServer, folder: Path, seed: int, kill_every: float) -> AsyncIterator[Town]:
    """As compose runs it. What can go wrong besides: `postgres`, `kafka`, `dispatch` and `intake` (their relay's
    leader)."""
    with own_folder() as place:
        postgres = EmbeddedPostgres(place, free_port())
        await asyncio.to_thread(postgres.start)
        for history in migrate.HISTORIES:
            await asyncio.to_thread(migrate.upgrade, postgres.url, history)
        programs, roads = _services(postgres.url, kafka.bootstrap)
        supervisor = Supervisor(programs, folder, seed, kill_every, at_least=1)

        def raise_postgres() -> None:
            postgres.release()
            postgres.start()

        def outage(name: str, kill: Callable[[], object], mend: Callable[[], object]) -> Callable[[float], Outage]:
            return lambda at: Outage(name, at, kill, mend)

        try:
            yield Town(
                supervisor,
                roads,
                lambda: postgres.url,
                lambda: KafkaBus(KafkaOptions(kafka.bootstrap)),
                lambda: timedelta(0),
                movable=False,
                first="grids-1",
                reopen=_nothing,
                outage_of={
                    "postgres": outage("postgres", postgres.kill, raise_postgres),
                    "kafka": outage("kafka", kafka.kill, kafka.start),
                    **{name: outage(f"{name}'s leader", _leader(supervisor, name), _nothing) for name in _DOUBLE},
                },
            )
        finally:
            await supervisor.end()
            await asyncio.to_thread(postgres.stop)


@asynccontextmanager
async def whole(folder: Path, seed: int, kill_every: float) -> AsyncIterator[Town]:
    """`duoge up --dev` on its own database, which outlives it. What can go wrong besides: `postgres`."""
    with own_folder() as place:
        port = free_port()
        environment = {"DUOGE_ADMIN_KEY": ADMIN, "DUOGE_LOG_LEVEL": "INFO"}
        up = duoge("up", "--dev", "--data", str(place), "--port", str(port))
        supervisor = Supervisor([Program("up", up, environment, POINTS)], folder, seed, kill_every, at_least=1)
        postgres = EmbeddedPostgres(place)
        try:
            yield Town(
                supervisor,
                {"/": [f"http://127.0.0.1:{port}"]},
                lambda: postgres.url,
                lambda: PgLogBus(postgres.url),
                lambda: read_offset(place / "clock-offset"),
                movable=True,
                first="up",
                reopen=postgres.start,
                # Nobody but the system itself brings it back.
                outage_of={"postgres": lambda at: Outage("postgres", at, postgres.kill, _nothing)},
            )
        finally:
            await supervisor.end()
            if postgres.pid() is not None:
                await asyncio.to_thread(postgres.stop)


def _services(url: str, bootstrap: str) -> tuple[list[Program], dict[str, list[str]]]:
    environment = {
        "DUOGE_DATABASE_URL": url,
        "DUOGE_DATABASE_POOL": "5",
        "DUOGE_KAFKA_BOOTSTRAP": bootstrap,
        "DUOGE_ADMIN_KEY": ADMIN,
        "DUOGE_SECRET": SECRET,
        "DUOGE_DEV": "true",
    }
    programs: list[Program] = []
    roads: dict[str, list[str]] = {}
    for service, count in INSTANCES.items():
        for number in range(1, count + 1):
            port = free_port()
            command = python("duoge", "serve", service, "--port", str(port))
            programs.append(Program(f"{service}-{number}", command, environment, POINTS))
            roads.setdefault(f"/{service}", []).append(f"http://127.0.0.1:{port}")
    return programs, roads


_DOUBLE = tuple(service for service, count in INSTANCES.items() if count > 1)


def _leader(supervisor: Supervisor, service: str) -> Callable[[], None]:
    def kill() -> None:
        name = supervisor.last_to_say(LEADS.format(service))
        if name is not None:
            supervisor.kill(name)

    return kill


def _nothing() -> None:
    pass


@contextmanager
def own_folder() -> Iterator[Path]:
    """Below the system's temporary folder, which the unprivileged account of the server may enter."""
    folder = Path(tempfile.mkdtemp(prefix="duoge-chaos-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
