"""The keeper of attachments: takes them in, gives them out, and clears away what no order uses."""

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import unquote, urlsplit

from services.intake.domain.media import BadMedia, checked, stripped
from services.intake.repository import attachments as repository
from services.intake.repository.attachments import Attachment
from services.intake.settings import IntakeSettings
from services.intake.storage import Bucket, Credentials, Folder, Store, StoreAway
from services.kit.clock import Clock, SystemClock
from services.kit.db import Database
from services.kit.ids import new_id
from services.kit.keys import Caller
from services.kit.problems import TooLarge, wrong
from services.kit.settings import WrongSetting
from services.kit.worker import Worker

BATCH = 50


class Attic(Worker):
    """A row is on disk before the bytes come, and goes after them: nothing that is answered is ever without its bytes,
    and no bytes are ever without a row by which they are found again."""

    def __init__(self, db: Database, clock: Clock, store: Store | None, limit: int, keep: timedelta) -> None:
        super().__init__("intake.attachments", timedelta(minutes=5))
        self._db = db
        self._clock = clock
        self._store = store
        self._limit = limit
        self._keep = keep

    @property
    def keeps(self) -> bool:
        """Whether there is anywhere to keep them."""
        return self._store is not None

    @property
    def store(self) -> Store:
        if self._store is None:
            raise StoreAway("还没有配置附件放在哪里，请运维设 DUOGE_INTAKE_STORE")
        return self._store

    async def take(self, caller: Caller, content: bytes, told: str) -> Attachment:
        """Stored when it returns. Invalid for what is not taken; TooLarge."""
        store = self.store
        if len(content) > self._limit:
            raise TooLarge(f"附件超过 {self._limit // 1024} KB 的上限，请压缩后再传")
        if not content:
            raise wrong("/file", "附件是空的")
        try:
            kind = checked(content, told)
        except BadMedia as bad:
            raise wrong("/file", str(bad)) from None
        one = Attachment(
            new_id("att"),
            caller.speaks_for,
            kind,
            len(content),
            hashlib.sha256(content).hexdigest(),
            caller.key_id,
            self._clock.now(),
        )
        async with self._db.transaction() as tx:
            await repository.coming(tx, one)
        await store.put(one.attachment_id, content, kind)
        async with self._db.transaction() as tx:
            if not await repository.stored(tx, one.attachment_id):
                raise StoreAway("附件传得太久，请重新上传")
        return one

    async def find(self, attachment_id: str) -> Attachment | None:
        async with self._db.reading() as tx:
            return await repository.one(tx, attachment_id)

    async def give(self, one: Attachment, original: bool) -> bytes | None:
        """Without what an image tells of whoever made it, unless the `original` is wanted."""
        content = await self.store.get(one.attachment_id)
        return content if content is None or original else stripped(content, one.media_type)

    async def turn(self) -> bool:
        if self._store is None:
            return False
        async with self._db.transaction() as tx:
            ids = await repository.orphans(tx, self._clock.now() - self._keep, BATCH)
        for attachment_id in ids:
            await self._store.delete(attachment_id)
        if ids:
            async with self._db.transaction() as tx:
                await repository.gone(tx, ids)
        return len(ids) == BATCH

    async def stop(self) -> None:
        await super().stop()
        if self._store is not None:
            await self._store.close()


def store_of(settings: IntakeSettings, real: Callable[[], datetime] = SystemClock().now) -> Store | None:
    """None when nothing is set. WrongSetting for what can't be meant."""
    if settings.intake_store is None:
        return None
    parts = urlsplit(settings.intake_store)
    if parts.scheme == "file" and not parts.netloc and parts.path.startswith("/"):
        return Folder(Path(unquote(parts.path)))
    if parts.scheme == "s3" and parts.netloc:
        endpoint, access, secret = (
            settings.intake_store_endpoint,
            settings.intake_store_access_key,
            settings.intake_store_secret_key,
        )
        if not (endpoint and access and secret):
            raise WrongSetting(
                "DUOGE_INTAKE_STORE 是 s3:// 时，请把 DUOGE_INTAKE_STORE_ENDPOINT、_ACCESS_KEY、_SECRET_KEY 都设好"
            )
        prefix = f"{parts.path.strip('/')}/" if parts.path.strip("/") else ""
        credentials = Credentials(access, secret.get_secret_value(), settings.intake_store_region)
        return Bucket(endpoint, parts.netloc, prefix, credentials, real)
    raise WrongSetting("DUOGE_INTAKE_STORE 请写 file:///绝对路径 或 s3://桶/前缀")
