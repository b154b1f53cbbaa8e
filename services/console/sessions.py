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
from services.kit.passes import Passes

COOKIE = "duoge_session"
LONGEST_KEY = 256
# A page that was left open after signing out can go on no longer than this.
PASS_LASTS = timedelta(minutes=5)
_REMEMBER_SECONDS = 2.0
_REMEMBER_MOST = 10_000


class Sessions:
    """A session ends when its time is over, when its owner signs out, and when its key is revoked."""

    def __init__(self, db: Database, keys: Keys, passes: Passes, length: timedelta) -> None:
        self._db = db
        self._keys = keys
        self._passes = passes
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
        key = await self._key_of(_digest(token))
        return None if key is None else await self._keys.standing(key)

    async def pass_for(self, token: str | None) -> tuple[str, Caller] | None:
        """(a pass for the page's script, whose session it is); None when the session is over."""
        caller = await self.caller(token)
        if caller is None or token is None:
            return None
        key = await self._key_of(_digest(token))
        return None if key is None else (self._passes.give(key, PASS_LASTS), caller)

    async def _key_of(self, digest: bytes) -> bytes | None:
        """The digest of the key that began the session."""
        known = self._held.get(digest)
        if known is not None and time.monotonic() - known[0] <= _REMEMBER_SECONDS:
            return known[1]
        async with self._db.reading() as tx:
            key = await repository.key_of(tx, digest, real_now())
        self._held.pop(digest, None)
        if key is None:
            return None
        self._held[digest] = (time.monotonic(), key)
        if len(self._held) > _REMEMBER_MOST:
            self._held.popitem(last=False)
        return key

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
