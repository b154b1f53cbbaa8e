"""The compose file, really brought up under a project name of its own, and its processes killed from outside."""

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).parents[2]
PROJECT = "duoge-test"
READY_SECONDS = 240.0


class Stack:
    """`docker compose` or, where it is missing, `docker-compose`. Everything is removed by `down`, volumes too."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.admin_key = secrets.token_urlsafe(24)
        self._env = folder / "env"
        self._env.write_text(
            "\n".join(
                f"{name}={value}"
                for name, value in {
                    "POSTGRES_PASSWORD": secrets.token_urlsafe(16),
                    "DUOGE_SECRET": secrets.token_urlsafe(36),
                    "DUOGE_ADMIN_KEY": self.admin_key,
                    "DUOGE_PORT": self.port,
                    "DUOGE_VERSION": "test",
                }.items()
            )
        )
        plugin = subprocess.run(["docker", "compose", "version"], capture_output=True).returncode == 0
        tool = ["docker", "compose"] if plugin else ["docker-compose"]
        self._base = [*tool, "-p", PROJECT, "--env-file", str(self._env), "-f", str(ROOT / "docker-compose.yml")]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def up(self) -> None:
        self.compose("up", "-d", "--build")

    def down(self) -> None:
        self.compose("down", "-v", "--remove-orphans", "-t", "3")

    def compose(self, *arguments: str) -> str:
        done = subprocess.run([*self._base, *arguments], cwd=ROOT, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"compose {' '.join(arguments)}: {done.stdout[-1500:]}{done.stderr[-3000:]}")
        return done.stdout

    def kill(self, service: str) -> None:
        """SIGKILL to the container's first process, as a crash: the restart policy brings it back."""
        container = self.compose("ps", "-q", service).split()[0]
        found = subprocess.run(
            ["docker", "inspect", "-f", "{{.State.Pid}}", container], capture_output=True, text=True, check=True
        )
        os.kill(int(found.stdout), signal.SIGKILL)

    def wait_ready(self) -> float:
        """Seconds until the root readiness was green."""
        started = time.monotonic()
        said: Any = None
        while time.monotonic() - started < READY_SECONDS:
            try:
                answer = httpx.get(f"{self.url}/readyz", timeout=5, trust_env=False)
                said = answer.text
                if answer.status_code == 200:
                    return time.monotonic() - started
            except httpx.HTTPError as error:
                said = repr(error)
            time.sleep(0.5)
        raise RuntimeError(
            f"没有就绪：{said}\n{self.compose('ps')}\n{self.compose('logs', '--no-color', '--tail', '15')}"
        )

    def memory(self) -> dict[str, str]:
        """Service → memory in use, as the engine says it."""
        names = {}
        for line in self.compose("ps", "--format", "json").splitlines():
            row = json.loads(line)
            names[row["Name"]] = row["Service"]
        shown = subprocess.run(
            ["docker", "stats", "--no-stream", "--format", "{{json .}}", *names], capture_output=True, text=True
        )
        rows = [json.loads(line) for line in shown.stdout.splitlines()]
        return {names[row["Name"]]: row["MemUsage"].split("/")[0].strip() for row in rows}


def missing_engine() -> str | None:
    """A sentence when no container engine answers."""
    if shutil.which("docker") is None:
        return "容器引擎：请安装 docker"
    if subprocess.run(["docker", "info"], capture_output=True).returncode:
        return "容器引擎：dockerd 没有在运行，请先启动它"
    return None


def make_images() -> None:
    """Where no registry can be reached, DUOGE_IMAGE_BUILDER names a program that makes the base images by their names."""
    builder = os.environ.get("DUOGE_IMAGE_BUILDER")
    if builder:
        files = ["--from", str(ROOT / "docker-compose.yml"), "--from", str(ROOT / "deploy" / "Dockerfile")]
        subprocess.run([builder, *files], check=True, cwd="/")
