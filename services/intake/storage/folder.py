"""A folder on this machine, or on a disk that all processes mount."""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import structlog

from services.intake.storage.port import StoreAway

log = structlog.get_logger()
T = TypeVar("T")


class Folder:
    """Two letters of the key's end are a folder of their own: no folder holds more than a disk likes."""

    def __init__(self, root: Path) -> None:
        self._root = root

    async def put(self, key: str, content: bytes, media_type: str) -> None:
        await _done(lambda: _write(self._path(key), content))

    async def get(self, key: str) -> bytes | None:
        return await _done(lambda: _read(self._path(key)))

    async def delete(self, key: str) -> None:
        await _done(lambda: self._path(key).unlink(missing_ok=True))

    async def close(self) -> None: ...

    def _path(self, key: str) -> Path:
        return self._root / key[-2:] / key


def _write(path: Path, content: bytes) -> None:
    """Whole or not at all, and on the disk: file and name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.new")
    with fresh.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


async def _done(work: Callable[[], T]) -> T:
    try:
        return await asyncio.to_thread(work)
    except OSError as error:
        log.error("attachments.folder_away", error=repr(error))
        raise StoreAway(
            "附件的文件夹读写不了，请运维检查磁盘和权限；请稍后再试", headers={"Retry-After": "30"}
        ) from None
