"""Who is signed in at the console. Only hashes: of the cookie, and of the key that it stands for."""

from datetime import datetime

from sqlalchemy import text

from services.kit.db import Tx

_BEGIN = text(
    """INSERT INTO session (digest, key_digest, started_at, expires_at) VALUES (:digest, :key, :now, :expires)"""
)
_KEY = text("SELECT key_digest FROM session WHERE digest = :digest AND expires_at > :now")
_END = text("DELETE FROM session WHERE digest = :digest OR expires_at <= :now")


async def begin(tx: Tx, digest: bytes, key: bytes, now: datetime, expires: datetime) -> None:
    await tx.execute(_BEGIN, {"digest": digest, "key": key, "now": now, "expires": expires})


async def key_of(tx: Tx, digest: bytes, now: datetime) -> bytes | None:
    key: bytes | None = (await tx.execute(_KEY, {"digest": digest, "now": now})).scalar_one_or_none()
    return key


async def end(tx: Tx, digest: bytes, now: datetime) -> None:
    """This one, and all whose time is over."""
    await tx.execute(_END, {"digest": digest, "now": now})
