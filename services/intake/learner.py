"""The model in use, in every process: the one that was uploaded, else the file that the settings name, else none."""

import asyncio
import contextlib
import signal
from datetime import timedelta
from pathlib import Path

import structlog

from services.intake.domain.learned.model import Model
from services.intake.domain.learned.modelfile import BadModel, read
from services.intake.repository import learning
from services.kit.db import Database
from services.kit.worker import Worker

log = structlog.get_logger()
_Stamp = tuple[float, int]


class Learner(Worker):
    """`current` is None while the words decide alone. An upload is followed by every process within `every`; the file is
    read again when it has changed, and on SIGHUP at once. A file that is no model is said so and not taken."""

    def __init__(self, db: Database, file: Path | None, every: timedelta = timedelta(seconds=5)) -> None:
        super().__init__("intake.learner", every)
        self.current: Model | None = None
        self._db = db
        self._file = file
        self._uploaded: int | None = None
        self._held: tuple[_Stamp, Model | None] | None = None

    async def open(self) -> None:
        with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):  # not everywhere, nor in every thread
            asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, self.wake)
        await self.follow()

    async def turn(self) -> bool:
        await self.follow()
        return False

    async def follow(self) -> None:
        """Until this process holds what is in use."""
        async with self._db.reading() as tx:
            wanted = await learning.in_use(tx)
            if wanted is None:
                raw = None
            elif wanted.id == self._uploaded:
                return
            else:
                raw = await learning.file_of(tx, wanted)
        if wanted is None:
            self._uploaded = None
            self._take(await asyncio.to_thread(self._from_file))
        elif raw is not None:
            self._take(await asyncio.to_thread(read, raw))
            self._uploaded = wanted.id

    def _take(self, model: Model | None) -> None:
        if model is not self.current:
            log.info("learner.model", version=model.about.version if model else None)
        self.current = model

    def _from_file(self) -> Model | None:
        if self._file is None:
            return None
        try:
            found = self._file.stat()
            stamp = found.st_mtime, found.st_size
            if self._held is None or self._held[0] != stamp:
                self._held = stamp, None
                self._held = stamp, read(self._file.read_bytes())
        except (OSError, BadModel) as trouble:
            # Orders are read by words then, as without a model.
            log.warning("learner.no_model", file=self._file.name, error=str(trouble))
            return None
        return self._held[1]
