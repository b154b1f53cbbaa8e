"""The operator's command: a system that is killed and goes on, settings named before anything starts, health and docs."""

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner, Result

from duoge.cli import app
from duoge.embedded.ports import free_port
from tests.contract.http.town import Town, ok

DUOGE = [sys.executable, "-m", "duoge"]
START = datetime.fromisoformat("2026-09-30T16:00:00+08:00")
SERVICES = ("grids", "intake", "dispatch", "notify", "console")
PLAIN = {name: value for name, value in os.environ.items() if not name.startswith("DUOGE_")}
READY_SECONDS = 120


class Up:
    """A `duoge up` of its own, in a folder that outlives it."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder, self.port = folder, port
        self.url = f"http://127.0.0.1:{port}"
        self.process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        command = ["up", "--dev", "--data", str(self.folder), "--port", str(self.port), "--clock", START.isoformat()]
        self.process = subprocess.Popen(
            [*DUOGE, *command], env=PLAIN, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        assert self.process.stdout is not None
        said: list[str] = []
        for line in self.process.stdout:
            said.append(line)
            if line.strip() == f"ready {self.url}":
                return
        raise AssertionError("".join(said))

    def end(self, number: signal.Signals) -> int:
        """Exit status: negative when the signal killed it."""
        assert self.process is not None
        with self.process as process:  # closes what it said, too
            process.send_signal(number)
            return process.wait(60)

    def client(self) -> httpx.Client:
        key = (self.folder / "admin.key").read_text()
        return httpx.Client(base_url=self.url, headers={"Authorization": f"Bearer {key}"}, timeout=30, trust_env=False)

    def duoge(self, *words: str) -> subprocess.CompletedProcess[str]:
        key = (self.folder / "admin.key").read_text()
        environment = PLAIN | {"DUOGE_URL": self.url, "DUOGE_API_KEY": key}
        return subprocess.run(
            [*DUOGE, *words], env=environment, capture_output=True, text=True, timeout=60, check=False
        )

    def database(self) -> int | None:
        """Process id of its PostgreSQL, while that is alive."""
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            pid = int((self.folder / "postgres" / "postmaster.pid").read_text().splitlines()[0])
            os.kill(pid, 0)
            return pid
        return None


@pytest.fixture
def up() -> Iterator[Up]:
    # Right below the system's temporary folder: where root runs the tests, the database's account must get through.
    folder = Path(tempfile.mkdtemp(prefix="duoge-up-"))
    folder.chmod(0o755)
    running = Up(folder / "data", free_port())
    yield running
    if running.process is not None and running.process.poll() is None:
        running.end(signal.SIGINT)
    if (left := running.database()) is not None:
        os.kill(left, signal.SIGINT)
    shutil.rmtree(folder, ignore_errors=True)


def test_a_system_that_is_killed_goes_on(up: Up) -> None:
    up.start()
    with up.client() as http:
        begun = ok(http.post("/dev/clock", json={"advance": "PT0S"}))["now"]
        assert timedelta(0) <= datetime.fromisoformat(begun) - START < timedelta(seconds=READY_SECONDS)
        moved = datetime.fromisoformat(ok(http.post("/dev/clock", json={"advance": "P1DT2H"}))["now"])
        assert moved - START >= timedelta(hours=26)
        for wrong in ("-PT5M", "P3000Y", "soon", None):
            refused = http.post("/dev/clock", json={"advance": wrong})
            assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/advance")
        ok(http.put("/grids/v1/units", json=[{"code": "QP", "name": "区", "level": "district"}]))
        order = {
            "external_id": "1", "channel": "hotline_12345", "content": "噪声扰民", "reported_at": START.isoformat(),
        }  # fmt: skip
        made = ok(http.post("/intake/v1/orders", json=order), 201)
    second = subprocess.run(
        [*DUOGE, "up", "--data", str(up.folder), "--port", str(free_port())],
        env=PLAIN, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert second.returncode == 1
    assert "正被另一个系统使用" in second.stdout + second.stderr
    assert up.end(signal.SIGKILL) == -signal.SIGKILL
    up.start()
    with up.client() as http:
        after = datetime.fromisoformat(ok(http.post("/dev/clock", json={"advance": "PT1S"}))["now"])
        assert after > moved
        assert ok(http.get(made["links"]["self"]))["external_id"] == "1"
        assert ok(http.post("/intake/v1/orders", json=order))["order_id"] == made["order_id"]
        assert ok(http.get("/grids/v1/units/QP"))["name"] == "区"
    doctor = up.duoge("doctor")
    assert doctor.returncode == 0, doctor.stdout
    key = up.duoge("keys", "create", "--name", "热线", "--role", "source", "--source", "sh12345").stdout.strip()
    assert re.fullmatch(r"dg_[\w-]{40,}", key)
    assert up.end(signal.SIGINT) == 0
    assert up.database() is None


def run(*words: str, **environment: str) -> Result:
    """In this process; the database is never reached."""
    return CliRunner(env=dict.fromkeys(n for n in os.environ if n.startswith("DUOGE_")) | environment).invoke(
        app, words
    )


@pytest.mark.parametrize(
    ("environment", "named"),
    [
        ({"DUOGE_SECRET": "short"}, "DUOGE_SECRET"),
        ({"DUOGE_ADMIN_KEY": "x"}, "DUOGE_ADMIN_KEY"),
        ({"DUOGE_DATABASE_URL": "nonsense"}, "DUOGE_DATABASE_URL"),
        ({"DUOGE_DATABASE_URL": "mysql://x/y"}, "DUOGE_DATABASE_URL"),
        ({"DUOGE_LOG_LEVEL": "loud"}, "DUOGE_LOG_LEVEL"),
        ({"DUOGE_RATE_LIMIT": "0"}, "DUOGE_RATE_LIMIT"),
        ({"DUOGE_GRIDS_WAIT": "soon"}, "DUOGE_GRIDS_WAIT"),
    ],
)
def test_a_wrong_setting_is_named_before_anything_starts(
    tmp_path: Path, environment: dict[str, str], named: str
) -> None:
    done = run("up", "--data", str(tmp_path / "d"), **environment)
    assert done.exit_code == 1
    assert named in done.output
    assert "启动数据库" not in done.output
    assert not (tmp_path / "d").exists()


def test_a_taken_port_and_a_folder_that_is_none(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = run("up", "--data", str(tmp_path), "--port", port)
        assert (done.exit_code, f"端口 {port} 已被占用" in done.output) == (1, True)
        url = "postgresql+asyncpg://u:p@127.0.0.1:1/x"
        served = run("serve", "intake", "--port", port, DUOGE_DATABASE_URL=url, DUOGE_SECRET="x" * 32)
        assert (served.exit_code, f"端口 {port} 已被占用" in served.output) == (1, True)
    file = tmp_path / "file"
    file.touch()
    for place in (file, file / "below"):
        done = run("up", "--data", str(place), "--port", str(free_port()))
        assert (done.exit_code, "不是文件夹" in done.output) == (1, True)


@pytest.mark.parametrize(
    "words",
    [
        ("nonsense",),
        ("up", "--port", "99999"),
        ("up", "--clock", "2026-09-30"),
        ("up", "--clock", "9999-01-01T00:00:00Z"),
        ("serve", "nobody"),
        ("migrate", "nobody"),
        ("replay", "--to", "nobody"),
        ("units", "import", "/nowhere.csv"),
        ("grids", "import", "/nowhere.geojson"),
        ("keys", "create", "--role", "source"),
        ("keys", "list"),
    ],
)
def test_what_can_not_be_done_is_said(words: tuple[str, ...]) -> None:
    done = run(*words)
    assert done.exit_code in (1, 2)
    assert done.output.strip()
    assert "Traceback" not in done.output


async def test_health_docs_and_figures_of_each_service(town: Town) -> None:
    anybody = town.running.visitor.anonymous()
    for prefix in ("", *(f"/{service}" for service in SERVICES)):
        for path in ("/healthz", "/readyz"):
            ok(await anybody.get(prefix + path))
            assert (await anybody.head(prefix + path)).status_code == 200
        assert "# TYPE" in (await anybody.get(f"{prefix}/metrics")).text
        page = await anybody.get(f"{prefix}/docs")
        assert page.status_code == 200
        assert not re.search(r"(?:src|href)=\"(?:https?:)?//", page.text)
    assert ok(await anybody.get("/readyz"))["ready"] is True
    for service in SERVICES:
        described = ok(await anybody.get(f"/{service}/openapi.json"))
        assert described["openapi"].startswith("3.")
        page = await anybody.get(f"/{service}/docs")
        assert not re.search(r"https?://", page.text)
        for asset in re.findall(r'(?:src|href)="(/[^"]+)"', page.text):
            assert (await anybody.get(asset)).status_code == 200
    admin = await town.key("admin")
    for path in ("/nope", "/intake/v1/nope", "/dispatch/nope", "/dev/clock"):
        missing = await admin.get(path)
        assert (missing.status_code, missing.headers["content-type"]) == (404, "application/problem+json")
