"""Start, adopt and stop the server of one folder. A killed parent leaves it running; the next start takes it over."""

import fcntl
import os
import secrets
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import IO, Any

from duoge.embedded.binaries import (
    CannotStart,
    Owner,
    blocked_at,
    find_binaries,
    reachable_binaries,
    server_owner,
)
from duoge.embedded.ports import free_port, port_is_free

START_SECONDS = 60.0  # crash recovery may take a while
USER = "duoge"
_PROC = Path("/proc/self")


class EmbeddedPostgres:
    """The database in `folder`/postgres, on 127.0.0.1 and a port kept in the folder.

    `start` holds a lock on the folder until `stop` or the end of the process: a second system on it is refused.
    """

    def __init__(self, folder: Path, port: int | None = None, settings: dict[str, str] | None = None) -> None:
        self.folder = folder.resolve()
        self.data = self.folder / "postgres"
        self._port = port
        self._settings = {"max_connections": "200", "shared_buffers": "128MB"} | (settings or {})
        self._binaries = find_binaries()
        self._owner: Owner | None = server_owner()
        self._lock: IO[str] | None = None
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def port(self) -> int:
        return int((self.folder / "postgres.port").read_text())

    @property
    def url(self) -> str:
        password = (self.folder / "postgres.password").read_text().strip()
        return f"postgresql+asyncpg://{USER}:{password}@127.0.0.1:{self.port}/{USER}"

    def start(self) -> str:
        """The URL to connect with. CannotStart says in one sentence what is in the way."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._take_lock()
        if self._owner is not None:
            self._binaries = reachable_binaries(self._owner, self._binaries)
            blocked = blocked_at(self._owner, self.folder)
            if blocked is not None:
                raise CannotStart(
                    f"以 root 运行时数据库由 {self._owner.name} 账户启动，它进不了 {blocked}，请用 --data 换一个文件夹（如 /srv/duoge），或换普通用户运行"
                )
        if not (self.data / "PG_VERSION").exists():
            self._initialise()
        if not self._adopted():
            self._launch()
        self._create_database()
        return self.url

    def raise_again(self) -> bool:
        """After the server died under a system that runs: on the same port. False when it is alive."""
        if self.pid() is not None:
            return False
        self._launch(may_move=False)
        return True

    def stop(self) -> None:
        """An orderly stop (`fast`): open transactions are rolled back. Gives the folder free."""
        pid = self.pid()
        if pid is not None:
            os.kill(pid, signal.SIGINT)
            deadline = time.monotonic() + 20
            while _alive(pid) and time.monotonic() < deadline:
                time.sleep(0.02)
        if self._child is not None:
            self._child.wait(timeout=5)
        self.release()

    def kill(self) -> None:
        """As a power cut would: the postmaster dies without a word, its children follow."""
        pid = self.pid()
        if pid is not None:
            os.kill(pid, signal.SIGKILL)
            if self._child is not None:
                self._child.wait(timeout=5)

    def release(self) -> None:
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def pid(self) -> int | None:
        """Of a postmaster that is alive."""
        try:
            pid = int((self.data / "postmaster.pid").read_text().splitlines()[0])
        except (FileNotFoundError, IndexError, ValueError):
            return None
        return pid if _alive(pid) else None

    def _take_lock(self) -> None:
        lock = (self.folder / "lock").open("w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            raise CannotStart(f"{self.folder} 正被另一个系统使用，请先停掉它，或用 --data 换一个文件夹") from None
        self._lock = lock

    def _initialise(self) -> None:
        """Beside its place and moved there when all is done: whoever is killed in between leaves nothing that counts,
        not even by an initdb that outlives him."""
        for left in (*self.folder.glob("postgres.new.*"), self.data):
            shutil.rmtree(left, ignore_errors=True)
        fresh = self.folder / f"postgres.new.{secrets.token_hex(4)}"
        fresh.mkdir(mode=0o700)
        password = self.folder / "postgres.password"
        _write_private(password, secrets.token_urlsafe(24))
        handed = self.folder / "postgres.password.initdb"
        _write_private(handed, password.read_text())
        if self._owner is not None:
            os.chown(fresh, self._owner.uid, self._owner.gid)
            os.chown(handed, self._owner.uid, self._owner.gid)
        try:
            done = self._run(
                "initdb", "-D", str(fresh), "-U", USER, "--pwfile", str(handed), "--auth=scram-sha-256",
                "--encoding=UTF8", "--locale-provider=builtin", "--locale=C.UTF-8",
            )  # fmt: skip
        finally:
            handed.unlink()
        if done.returncode:
            shutil.rmtree(fresh, ignore_errors=True)
            raise CannotStart(f"建不了数据库，请检查 {self.folder} 是否可写、磁盘是否有空间：{done.stderr[-300:]}")
        (self.folder / "postgres.port").write_text(str(self._port or free_port()))
        fresh.rename(self.data)

    def _launch(self, may_move: bool = True) -> None:
        if may_move and not port_is_free(self.port):
            (self.folder / "postgres.port").write_text(str(free_port()))
        options = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": "",
            "fsync": "on",
            "synchronous_commit": "on",
        } | self._settings
        arguments = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        # A killed postmaster is gone only when its children have left the shared memory: until then, try again.
        deadline = time.monotonic() + START_SECONDS
        while not self._attempt(arguments, deadline):
            if time.monotonic() > deadline:
                log = self.folder / "postgres.log"
                raise CannotStart(f"数据库没有起来，请看 {log}：{log.read_text(errors='replace')[-300:]}")
            time.sleep(0.1)

    def _attempt(self, arguments: list[str], deadline: float) -> bool:
        """Whether the server answers; False when it ended by itself."""
        with (self.folder / "postgres.log").open("ab") as out:
            server = self._child = subprocess.Popen(
                [str(self._binaries / "postgres"), "-D", str(self.data), *arguments],
                stdout=out, stderr=out, stdin=subprocess.DEVNULL, start_new_session=True, **self._as_owner(),
            )  # fmt: skip
        while not self._answers():
            if server.poll() is not None or time.monotonic() > deadline:
                return False
            time.sleep(0.02)
        return True

    def _adopted(self) -> bool:
        """Whether a server that an earlier start has left comes to answer: it may still be at its recovery."""
        deadline = time.monotonic() + START_SECONDS
        while self.pid() is not None and time.monotonic() < deadline:
            if self._answers():
                return True
            time.sleep(0.05)
        return False

    def _answers(self) -> bool:
        if self.pid() is None:
            return False
        return self._run("pg_isready", "-h", "127.0.0.1", "-p", str(self.port), "-t", "2").returncode == 0

    def _create_database(self) -> None:
        environment = {"PGPASSWORD": (self.folder / "postgres.password").read_text().strip()}
        address = ("-h", "127.0.0.1", "-p", str(self.port), "-U", USER, "-d", "postgres", "-At")
        asked = self._run("psql", *address, "-c", f"SELECT 1 FROM pg_database WHERE datname = '{USER}'", **environment)
        if asked.returncode == 0 and asked.stdout.strip() == "1":
            return
        made = self._run("psql", *address, "-c", f'CREATE DATABASE "{USER}"', **environment)
        if made.returncode:
            raise CannotStart(f"建不了库，请看 {self.folder / 'postgres.log'}：{(asked.stderr + made.stderr)[-300:]}")

    def _run(self, program: str, *arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [str(self._binaries / program), *arguments],
            capture_output=True, text=True, env=os.environ | environment, cwd="/", **self._as_owner(),
        )  # fmt: skip

    def _as_owner(self) -> dict[str, Any]:
        if self._owner is None:
            return {}
        return {"user": self._owner.uid, "group": self._owner.gid, "extra_groups": []}


def _write_private(file: Path, content: str) -> None:
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
        out.write(content)


def _alive(pid: int) -> bool:
    try:
        # A zombie still has its number but no longer its command line; somebody else's may have got the number since.
        return b"postgres" in Path(f"/proc/{pid}/cmdline").read_bytes() if _PROC.exists() else _signalled(pid)
    except OSError:
        return False


def _signalled(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
