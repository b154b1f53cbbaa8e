"""Rows of attachments: before their bytes come, and until they are gone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text

from services.kit.db import Tx


@dataclass(frozen=True, slots=True)
class Attachment:
    """`size` in bytes; `sha256` in hexadecimal."""

    attachment_id: str
    source: str
    media_type: str
    size: int
    sha256: str
    by_key: str
    created_at: datetime


_SEEN = "attachment_id, source, media_type, size, sha256, by_key, created_at"
_COMING = text(
    f"""INSERT INTO attachment ({_SEEN}, state)
        VALUES (:attachment_id, :source, :media_type, :size, :sha256, :by_key, :created_at, 'coming')"""
)
_STORED = text("UPDATE attachment SET state = 'stored' WHERE attachment_id = :id AND state = 'coming' RETURNING 1")
_ONE = text(f"SELECT {_SEEN} FROM attachment WHERE attachment_id = :id AND state = 'stored'")
_ORDERS = text("SELECT order_id FROM attachment_use WHERE attachment_id = :id")
# Shared with other orders, against whoever would delete it.
_HELD = text(
    f"""SELECT {_SEEN} FROM attachment WHERE attachment_id = ANY(CAST(:ids AS text[])) AND state = 'stored'
        ORDER BY attachment_id FOR SHARE"""
)
_USE = text(
    """INSERT INTO attachment_use (attachment_id, order_id)
       SELECT attachment_id, order_id
       FROM unnest(CAST(:ids AS text[]), CAST(:orders AS text[])) AS row (attachment_id, order_id)
       ORDER BY attachment_id, order_id ON CONFLICT DO NOTHING"""
)
# An order that is gone uses nothing any more. Locked first and looked at again after: an order that took one of them
# meanwhile has committed by then.
_UNUSED = """NOT EXISTS (SELECT 1 FROM attachment_use u JOIN orders o USING (order_id)
                            WHERE u.attachment_id = a.attachment_id)"""
_CANDIDATES = text(
    f"""SELECT a.attachment_id FROM attachment a WHERE a.created_at < :before AND {_UNUSED}
        ORDER BY a.created_at LIMIT :limit FOR UPDATE SKIP LOCKED"""
)
_LEAVE = text(
    f"""UPDATE attachment a SET state = 'leaving'
        WHERE a.attachment_id = ANY(CAST(:ids AS text[])) AND {_UNUSED} RETURNING a.attachment_id"""
)
_UNUSE = text("DELETE FROM attachment_use WHERE attachment_id = ANY(CAST(:ids AS text[]))")
_GONE = text("DELETE FROM attachment WHERE attachment_id = ANY(CAST(:ids AS text[])) AND state = 'leaving'")


async def coming(tx: Tx, one: Attachment) -> None:
    await tx.execute(
        _COMING,
        {
            "attachment_id": one.attachment_id,
            "source": one.source,
            "media_type": one.media_type,
            "size": one.size,
            "sha256": one.sha256,
            "by_key": one.by_key,
            "created_at": one.created_at,
        },
    )


async def stored(tx: Tx, attachment_id: str) -> bool:
    """False when it took so long that it was given up."""
    return (await tx.execute(_STORED, {"id": attachment_id})).one_or_none() is not None


async def one(tx: Tx, attachment_id: str) -> Attachment | None:
    row = (await tx.execute(_ONE, {"id": attachment_id})).one_or_none()
    return None if row is None else Attachment(**row._asdict())


async def orders_of(tx: Tx, attachment_id: str) -> list[str]:
    return [row.order_id for row in (await tx.execute(_ORDERS, {"id": attachment_id})).all()]


async def held(tx: Tx, ids: Sequence[str]) -> dict[str, Attachment]:
    """Those that are there, kept from being deleted until the transaction ends."""
    rows = (await tx.execute(_HELD, {"ids": sorted(ids)})).all()
    return {row.attachment_id: Attachment(**row._asdict()) for row in rows}


async def use(tx: Tx, used: Sequence[tuple[str, str]]) -> None:
    """(attachment, order)"""
    if used:
        await tx.execute(_USE, {"ids": [one for one, _ in used], "orders": [order for _, order in used]})


async def orphans(tx: Tx, before: datetime, limit: int) -> list[str]:
    """Those that came before and that no order uses: nobody can use them from now on."""
    rows = (await tx.execute(_CANDIDATES, {"before": before, "limit": limit})).all()
    if not rows:
        return []
    left = (await tx.execute(_LEAVE, {"ids": [row.attachment_id for row in rows]})).all()
    return [row.attachment_id for row in left]


async def gone(tx: Tx, ids: Sequence[str]) -> None:
    """After their bytes."""
    await tx.execute(_UNUSE, {"ids": list(ids)})
    await tx.execute(_GONE, {"ids": list(ids)})
