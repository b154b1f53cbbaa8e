"""Signing in with a key: the browser keeps a random token, the database hashes, nobody the key. On real time."""

import hashlib
import secrets
import time
from collections import OrderedDict
from datetime import timedelta

from services.console.metrics import SIGN_INS
from services.console.repository import sessions as repository
from services.kit.clock import real_now
from services.kit.db import Database
from services.kit.keys import Caller, Keys

COOKIE = "duoge_session"
LONGEST_KEY = 256
_REMEMBER_SECONDS = 2.0
_REMEMBER_MOST = 10_000


class Sessions:
    """A session ends when its time is over, when its owner signs out, and when its key is revoked."""

    def __init__(self, db: Database, keys: Keys, length: timedelta) -> None:
        self._db = db
        self._keys = keys
        self._length = length
        self._held: OrderedDict[bytes, tuple[float, bytes]] = OrderedDict()

    async def sign_in(self, key: str) -> tuple[str, Caller] | None:
        """(token for the cookie, whose key it is); None for a key that is none."""
        key = key.strip()
        caller = await self._keys.verify(key) if 0 < len(key) <= LONGEST_KEY else None
        if caller is None:
            SIGN_INS.labels("refused").inc()
            return None
        token = secrets.token_urlsafe(32)
        now = real_now()
        async with self._db.transaction() as tx:
            await repository.begin(tx, _digest(token), self._keys.digest(key), now, now + self._length)
        SIGN_INS.labels("signed_in").inc()
        return token, caller

    async def caller(self, token: str | None) -> Caller | None:
        """Whose session it is; None when it is over. Looked up at most every two seconds."""
        if not token or len(token) > LONGEST_KEY:
            return None
        digest = _digest(token)
        known = self._held.get(digest)
        if known is None or time.monotonic() - known[0] > _REMEMBER_SECONDS:
            async with self._db.reading() as tx:
                key = await repository.key_of(tx, digest, real_now())
            self._held.pop(digest, None)
            if key is None:
                return None
            self._held[digest] = known = (time.monotonic(), key)
            if len(self._held) > _REMEMBER_MOST:
                self._held.popitem(last=False)
        return await self._keys.standing(known[1])

    async def sign_out(self, token: str | None) -> None:
        if not token:
            return
        digest = _digest(token)
        self._held.pop(digest, None)
        async with self._db.transaction() as tx:
            await repository.end(tx, digest, real_now())

    @property
    def seconds(self) -> int:
        return int(self._length.total_seconds())


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
