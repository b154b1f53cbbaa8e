"""Jars that Maven resolves, once for all runs, into .cache."""

import fcntl
import shutil
import socket
import subprocess
from pathlib import Path

HERE = Path(__file__).parent
CACHE = HERE.parent.parent / ".cache"
# C1 only: a young server otherwise burns half a core on its compiler for minutes.
JAVA = ("java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")


class Missing(Exception):
    """What a machine lacks, as a sentence."""


def resolve_jars(name: str, what: str, otherwise: str = "") -> Path:
    """The folder with what `<name>-pom.xml` asks for. `what` it is and what one may do `otherwise`, for the sentence of
    Missing: no Java, no Maven or nothing to be had by it."""
    folder = CACHE / name
    CACHE.mkdir(exist_ok=True)
    with (CACHE / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if (folder / ".complete").exists():
            return folder
        if any(shutil.which(program) is None for program in ("java", "mvn")):
            raise Missing(f"{what}：请安装 Java 17 和 Maven{otherwise}")
        pom = HERE / f"{name}-pom.xml"
        done = subprocess.run(
            ["mvn", "-q", "-B", "-f", str(pom), "dependency:copy-dependencies", f"-DoutputDirectory={folder}"],
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise Missing(f"{what}：Maven 取不到包（{done.stdout[-300:].strip()}），请检查网络")
        (folder / ".complete").touch()
        return folder


def listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0
