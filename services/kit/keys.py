"""API keys: shown once, kept as a keyed hash, looked up through a short cache."""

import hashlib
import hmac
import secrets
import time
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

from sqlalchemy import text

from services.kit.db import Database, Tx
from services.kit.ids import new_id
from services.kit.secrets import derive

Role = Literal[
    "admin",
    "source",
    "supervisor",
    "duty_desk",
    "community",
    "grid_chief",
    "grid_member",
    "department",
    "volunteer",
    "auditor",
]
ROLES: tuple[str, ...] = get_args(Role)
# Who looks after the whole: what any unit or source has is theirs to see.
SEE_ALL = frozenset({"admin", "duty_desk", "supervisor", "auditor"})
CACHE_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is asking. `unit` is the unit the key works for, `source` the external system it speaks for."""

    key_id: str
    name: str
    role: str
    unit: str | None = None
    source: str | None = None

    @property
    def speaks_for(self) -> str:
        """The source of what it sends; one that was named survives the key's rotation."""
        return self.source or self.name


@dataclass(frozen=True, slots=True)
class KeyRow:
    caller: Caller
    created_at: datetime
    revoked_at: datetime | None


class Keys:
    """Reads `kit.api_key`. A revoked key stops working within CACHE_SECONDS in every process."""

    def __init__(self, db: Database, secret: str, admin_key: str | None) -> None:
        self._db = db
        self._pepper = derive(secret, "api-keys")
        self._admin = self.digest(admin_key) if admin_key else None
        self._cache: dict[bytes, tuple[float, Caller | None]] = {}

    async def verify(self, token: str) -> Caller | None:
        return await self.standing(self.digest(token))

    async def standing(self, digest: bytes) -> Caller | None:
        """Whose key has this digest, as long as it is not revoked: what a signed-in session remembers of a key."""
        if self._admin is not None and hmac.compare_digest(digest, self._admin):
            return Caller("key_admin", "admin", "admin")
        held = self._cache.get(digest)
        if held is not None and time.monotonic() - held[0] < CACHE_SECONDS:
            return held[1]
        async with self._db.reading() as tx:
            row = (
                await tx.execute(
                    text(
                        """SELECT id, name, role, unit, source FROM kit.api_key
                           WHERE digest = :digest AND revoked_at IS NULL"""
                    ),
                    {"digest": digest},
                )
            ).one_or_none()
        caller = None if row is None else Caller(row.id, row.name, row.role, row.unit, row.source)
        if len(self._cache) > 10_000:
            self._cache.clear()
        if caller is not None:  # an unknown key is asked for each time, so that a new one works at once
            self._cache[digest] = (time.monotonic(), caller)
        return caller

    async def create(
        self, tx: Tx, *, name: str, role: str, unit: str | None, source: str | None, now: datetime
    ) -> tuple[Caller, str]:
        """(caller, the key itself): the only time that anybody sees it."""
        token = "dg_" + secrets.token_urlsafe(32)
        caller = Caller(new_id("key"), name, role, unit, (source or name) if role == "source" else source)
        await tx.execute(
            text(
                """INSERT INTO kit.api_key (id, name, role, unit, source, digest, created_at)
                   VALUES (:id, :name, :role, :unit, :source, :digest, :now)"""
            ),
            {
                "id": caller.key_id,
                "name": caller.name,
                "role": caller.role,
                "unit": caller.unit,
                "source": caller.source,
                "digest": self.digest(token),
                "now": now,
            },
        )
        return caller, token

    async def listing(self, tx: Tx) -> list[KeyRow]:
        rows = await tx.execute(text("SELECT * FROM kit.api_key ORDER BY created_at, id"))
        return [KeyRow(Caller(r.id, r.name, r.role, r.unit, r.source), r.created_at, r.revoked_at) for r in rows.all()]

    async def revoke(self, tx: Tx, key_id: str, now: datetime) -> bool:
        done = await tx.execute(
            text("UPDATE kit.api_key SET revoked_at = :now WHERE id = :id AND revoked_at IS NULL RETURNING digest"),
            {"id": key_id, "now": now},
        )
        row = done.one_or_none()
        if row is not None:
            self._cache.pop(row.digest, None)
        return row is not None

    def digest(self, token: str) -> bytes:
        """Keyed: worthless without the master secret."""
        return hmac.new(self._pepper, token.encode(), hashlib.sha256).digest()
