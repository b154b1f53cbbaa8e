"""Models as they were put in use, and corrections as they were made."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text

from services.intake.repository.columns import as_text
from services.kit.db import Tx

_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended('intake.learned_model', 0))")
_END = text("UPDATE learned_model SET until = :now, file = NULL WHERE until IS NULL")
_BEGIN = text(
    """INSERT INTO learned_model (version, file, about, since, by_name)
       VALUES (:version, :file, CAST(:about AS jsonb), :now, :by_name)"""
)
_IN_USE = text("SELECT id, version FROM learned_model WHERE until IS NULL")
_FILE = text("SELECT file FROM learned_model WHERE id = :id")
_PAST = text("SELECT version, about, since, until, by_name FROM learned_model ORDER BY id DESC LIMIT :limit")
_SHARE = text(
    """SELECT count(*) AS orders, count(*) FILTER (WHERE classified->>'by' = 'model') AS by_model,
              count(*) FILTER (WHERE classified->>'model' IS NOT NULL) AS heard
       FROM orders WHERE changed_at > :since AND received_at > :since AND classified IS NOT NULL"""
)
_CORRECT = text(
    """INSERT INTO correction (order_id, at, content, was, was_by, confidence, model, concern, by_name, by_role)
       VALUES (:order_id, :at, :content, :was, :was_by, :confidence, :model, :concern, :by_name, :by_role)"""
)
_CORRECTIONS = text(
    """SELECT id, order_id, at, content, was, was_by, confidence, model, concern, by_name, by_role
       FROM correction WHERE id > :after ORDER BY id LIMIT :limit"""
)


@dataclass(frozen=True, slots=True)
class InUse:
    """Of the model that is in use: its row and its version."""

    id: int
    version: str


@dataclass(frozen=True, slots=True)
class Corrected:
    """`was` is the concern or sub-concern before, None where there was none; `content` is masked."""

    order_id: str
    at: datetime
    content: str
    was: str | None
    was_by: str | None
    confidence: float | None
    model: str | None
    concern: str
    by_name: str
    by_role: str


async def put_in_use(tx: Tx, version: str, file: bytes, about: dict[str, Any], by_name: str, now: datetime) -> None:
    """In place of whatever was in use."""
    await tx.execute(_LOCK)
    await tx.execute(_END, {"now": now})
    arguments = {"version": version, "file": file, "about": as_text(about), "now": now, "by_name": by_name}
    await tx.execute(_BEGIN, arguments)


async def end(tx: Tx, now: datetime) -> None:
    await tx.execute(_LOCK)
    await tx.execute(_END, {"now": now})


async def in_use(tx: Tx) -> InUse | None:
    row = (await tx.execute(_IN_USE)).one_or_none()
    return None if row is None else InUse(row.id, row.version)


async def file_of(tx: Tx, model: InUse) -> bytes | None:
    """None when another has taken its place meanwhile."""
    row = (await tx.execute(_FILE, {"id": model.id})).one_or_none()
    return None if row is None else row.file


async def past(tx: Tx, limit: int) -> list[dict[str, Any]]:
    """The latest first, the one in use among them."""
    rows = await tx.execute(_PAST, {"limit": limit})
    return [
        {
            "version": row.version,
            "about": row.about,
            "since": row.since.isoformat(),
            "until": row.until.isoformat() if row.until else None,
            "by": row.by_name,
        }
        for row in rows.all()
    ]


async def share(tx: Tx, since: datetime) -> dict[str, int]:
    """Of the orders that came since then: all that were read, those that the model was heard on, those it decided."""
    row = (await tx.execute(_SHARE, {"since": since})).one()
    return {"orders": row.orders, "heard": row.heard, "by_model": row.by_model}


async def correct(tx: Tx, corrected: Corrected) -> None:
    await tx.execute(_CORRECT, {name: getattr(corrected, name) for name in Corrected.__slots__})


async def corrections(tx: Tx, after: int, limit: int) -> Sequence[tuple[int, Corrected]]:
    """In the order in which they were made, each with its number."""
    rows = await tx.execute(_CORRECTIONS, {"after": after, "limit": limit})
    return [(row.id, Corrected(*(getattr(row, name) for name in Corrected.__slots__))) for row in rows.all()]
