"""Our lists of a day for every source, and what came of comparing them with theirs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from pydantic_core import to_json
from sqlalchemy import text

from services.intake.domain.lifecycle import standing
from services.intake.domain.reconciling import Difference, Ours
from services.kit.db import Row, Tx

_COLUMNS = (
    "o.order_id, o.external_id, o.status, o.reason, o.under, o.changed_at, o.satisfaction, "
    "o.callback_url IS NOT NULL AS calls_back"
)
_OF_DAY = text(
    f"""SELECT {_COLUMNS} FROM orders o WHERE o.source = :source AND o.received_at >= :begins AND o.received_at < :ends
        ORDER BY o.received_at, o.order_id"""
)
_NAMED = text(f"SELECT {_COLUMNS} FROM orders o WHERE o.source = :source AND o.external_id = ANY(CAST(:ids AS text[]))")
# One statement for every source; a list that was made already stays as it is.
_NIGHT = text(
    """INSERT INTO reconciliation (source, day, made_at, ours)
       SELECT o.source, :day, :now,
              jsonb_agg(jsonb_build_object('external_id', o.external_id, 'order_id', o.order_id, 'status', o.status,
                                           'changed_at', o.changed_at, 'satisfaction', o.satisfaction)
                        ORDER BY o.received_at, o.order_id)
       FROM orders o WHERE o.received_at >= :begins AND o.received_at < :ends GROUP BY o.source
       ON CONFLICT (source, day) DO NOTHING"""
)
_RAISE = text(
    """UPDATE reconciliation SET raised = true
       WHERE acknowledged_at IS NULL AND NOT raised AND day < :day"""
)
_UNRECONCILED = text("SELECT count(*) FROM reconciliation WHERE raised AND acknowledged_at IS NULL")
_FORGET = text("DELETE FROM reconciliation WHERE day < :day")
_KEEP = text(
    """INSERT INTO reconciliation AS r (source, day, made_at, ours, compared_at, digest, received, differences,
                                        acknowledged_at, acknowledged_by)
       VALUES (:source, :day, :now, CAST(:ours AS jsonb), :now, :digest, :received, CAST(:differences AS jsonb),
               :acknowledged_at, :acknowledged_by)
       ON CONFLICT (source, day) DO UPDATE
         SET ours = excluded.ours, compared_at = excluded.compared_at, digest = excluded.digest,
             received = excluded.received, differences = excluded.differences,
             acknowledged_at = coalesce(r.acknowledged_at, excluded.acknowledged_at),
             acknowledged_by = coalesce(r.acknowledged_by, excluded.acknowledged_by)
       RETURNING (xmax = 0) AS fresh"""
)
_ACKNOWLEDGE = text(
    """UPDATE reconciliation SET acknowledged_at = :at, acknowledged_by = :by
       WHERE source = :source AND day = :day AND acknowledged_at IS NULL"""
)
_ONE = text("SELECT * FROM reconciliation WHERE source = :source AND day = :day")
_LISTING = text(
    """SELECT * FROM reconciliation
       WHERE (CAST(:source AS text) IS NULL OR source = :source)
         AND (CAST(:raised AS boolean) IS NULL OR (raised AND acknowledged_at IS NULL) = :raised)
         AND (CAST(:after_day AS date) IS NULL OR (day, source) < (:after_day, CAST(:after_source AS text)))
       ORDER BY day DESC, source DESC LIMIT :limit"""
)


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """Of one source and one day. `differences` None: the source has not sent its list."""

    source: str
    day: date
    made_at: datetime
    ours: Sequence[dict[str, Any]]
    compared_at: datetime | None
    received: int | None
    differences: Sequence[dict[str, Any]] | None
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    raised: bool

    def as_json(self) -> dict[str, Any]:
        return {
            "source": self.source,
            "day": self.day.isoformat(),
            "made_at": self.made_at.isoformat(),
            "ours": len(self.ours),
            "theirs": self.received,
            "compared_at": self.compared_at.isoformat() if self.compared_at else None,
            "differences": None if self.differences is None else list(self.differences),
            "acknowledged_at": self.acknowledged_at.isoformat() if self.acknowledged_at else None,
            "acknowledged_by": self.acknowledged_by,
            "raised": self.raised and self.acknowledged_at is None,
        }


async def of_day(tx: Tx, source: str, begins: datetime, ends: datetime) -> list[Ours]:
    rows = await tx.execute(_OF_DAY, {"source": source, "begins": begins, "ends": ends})
    return [_ours(row) for row in rows.all()]


async def named(tx: Tx, source: str, ids: Sequence[str]) -> list[Ours]:
    return [_ours(row) for row in (await tx.execute(_NAMED, {"source": source, "ids": list(ids)})).all()]


async def make_lists(tx: Tx, day: date, begins: datetime, ends: datetime, now: datetime) -> int:
    """For every source that had an order that day; how many lists are new."""
    arguments = {"day": day, "begins": begins, "ends": ends, "now": now}
    return (await tx.execute(_NIGHT, arguments)).rowcount


async def raise_unanswered(tx: Tx, before: date) -> int:
    """Days before that one which nobody compared; how many there are in all."""
    await tx.execute(_RAISE, {"day": before})
    return int((await tx.execute(_UNRECONCILED)).scalar_one())


async def forget(tx: Tx, before: date) -> int:
    return (await tx.execute(_FORGET, {"day": before})).rowcount


async def keep(
    tx: Tx,
    source: str,
    day: date,
    ours: Sequence[Ours],
    digest: bytes,
    received: int,
    differences: Sequence[Difference],
    now: datetime,
    by: str,
) -> bool:
    """Whether it is the day's first. Without a difference it is acknowledged thereby."""
    clean = not differences
    row = await tx.execute(
        _KEEP,
        {
            "source": source,
            "day": day,
            "now": now,
            "ours": to_json([one.as_json() for one in ours]).decode(),
            "digest": digest,
            "received": received,
            "differences": to_json([one.as_json() for one in differences]).decode(),
            "acknowledged_at": now if clean else None,
            "acknowledged_by": by if clean else None,
        },
    )
    return bool(row.one().fresh)


async def acknowledge(tx: Tx, source: str, day: date, at: datetime, by: str) -> None:
    await tx.execute(_ACKNOWLEDGE, {"source": source, "day": day, "at": at, "by": by})


async def one(tx: Tx, source: str, day: date) -> Reconciliation | None:
    row = (await tx.execute(_ONE, {"source": source, "day": day})).one_or_none()
    return None if row is None else _reconciliation(row)


async def listing(
    tx: Tx, source: str | None, raised: bool | None, after: tuple[date, str] | None, limit: int
) -> list[Reconciliation]:
    """Latest day first."""
    rows = await tx.execute(
        _LISTING,
        {
            "source": source,
            "raised": raised,
            "after_day": after[0] if after else None,
            "after_source": after[1] if after else None,
            "limit": limit,
        },
    )
    return [_reconciliation(row) for row in rows.all()]


def _ours(row: Row) -> Ours:
    return Ours(
        row.order_id,
        row.external_id,
        row.status,
        standing(row.status, row.reason, row.under),
        row.changed_at,
        row.satisfaction,
        row.calls_back,
    )


def _reconciliation(row: Row) -> Reconciliation:
    return Reconciliation(
        row.source,
        row.day,
        row.made_at,
        row.ours,
        row.compared_at,
        row.received,
        row.differences,
        row.acknowledged_at,
        row.acknowledged_by,
        row.raised,
    )
