"""What was asked of the source or of a leader about an order: returns, 不合理诉求, appeals."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text

from services.kit.db import Row, Tx
from services.kit.ids import new_id

_ASK = text(
    """INSERT INTO request (request_id, order_id, source, kind, state, reason, proposal, evidence, before_reason,
                            before_said, asked_at, asked_by)
       VALUES (:request_id, :order_id, :source, :kind, 'open', :reason, :proposal, CAST(:evidence AS text[]),
               :before_reason, :before_said, :asked_at, :asked_by)"""
)
_OPEN = text("SELECT * FROM request WHERE order_id = :order_id AND kind = :kind AND state = 'open'")
_DECIDE = text(
    """UPDATE request SET state = :state, decided_at = :at, decided_by = :by, note = :note
       WHERE order_id = :order_id AND kind = :kind AND state = 'open'"""
)
_LAPSE = text(
    """UPDATE request SET state = 'lapsed', decided_at = :at
       WHERE order_id = :order_id AND state = 'open' AND kind IN ('return', 'appeal')"""
)
_ANY = text("SELECT 1 FROM request WHERE order_id = :order_id AND kind = :kind AND state = :state LIMIT 1")
_UNANSWERED = text(
    """SELECT order_id FROM request WHERE state = 'open' AND kind = 'return' AND asked_at < :before
       ORDER BY asked_at, request_id LIMIT :limit"""
)
_LOCK_CASE = text(
    """SELECT order_id FROM orders
       WHERE order_id = :order_id OR case_id = (SELECT case_id FROM orders WHERE order_id = :order_id)
       ORDER BY order_id FOR UPDATE"""
)
_OTHERS_COUNT = text(
    """SELECT 1 FROM orders o
       WHERE o.case_id = :case_id AND o.order_id <> :order_id AND o.status <> ALL(CAST(:settled AS text[]))
         AND NOT EXISTS (SELECT 1 FROM request r WHERE r.order_id = o.order_id AND r.kind = 'unreasonable'
                                                   AND r.state = 'granted')
       LIMIT 1"""
)
_FILTERS = {"source": "source = :source", "kind": "kind = :kind", "state": "state = :state"}


@dataclass(frozen=True, slots=True)
class Asked:
    """`before_*`: what the order said until then. Words are masked."""

    order_id: str
    source: str
    kind: str
    reason: str
    asked_at: datetime
    asked_by: str
    proposal: str = ""
    evidence: tuple[str, ...] = ()
    before_reason: str | None = None
    before_said: str | None = None
    state: str = "open"
    request_id: str = ""
    decided_at: datetime | None = None
    decided_by: str | None = None
    note: str | None = None

    def as_json(self) -> dict[str, Any]:
        return {
            "request_id": self.request_id,
            "order_id": self.order_id,
            "source": self.source,
            "kind": self.kind,
            "state": self.state,
            "reason": self.reason,
            "proposal": self.proposal,
            "evidence": list(self.evidence),
            "asked_at": self.asked_at.isoformat(),
            "asked_by": self.asked_by,
            "decided_at": self.decided_at.isoformat() if self.decided_at else None,
            "decided_by": self.decided_by,
            "note": self.note,
        }


async def ask(tx: Tx, asked: Asked) -> None:
    """The order must be locked, and no request of the kind be open."""
    await tx.execute(
        _ASK,
        {
            "request_id": new_id("req"),
            "order_id": asked.order_id,
            "source": asked.source,
            "kind": asked.kind,
            "reason": asked.reason,
            "proposal": asked.proposal,
            "evidence": list(asked.evidence),
            "before_reason": asked.before_reason,
            "before_said": asked.before_said,
            "asked_at": asked.asked_at,
            "asked_by": asked.asked_by,
        },
    )


async def open_one(tx: Tx, order_id: str, kind: str) -> Asked | None:
    row = (await tx.execute(_OPEN, {"order_id": order_id, "kind": kind})).one_or_none()
    return None if row is None else _asked(row)


async def decide(tx: Tx, order_id: str, kind: str, granted: bool, at: datetime, by: str, note: str) -> None:
    state = "granted" if granted else "refused"
    await tx.execute(_DECIDE, {"order_id": order_id, "kind": kind, "state": state, "at": at, "by": by, "note": note})


async def lapse(tx: Tx, order_id: str, at: datetime) -> None:
    """Nothing is left to be decided: the order was withdrawn."""
    await tx.execute(_LAPSE, {"order_id": order_id, "at": at})


async def was(tx: Tx, order_id: str, kind: str, state: str) -> bool:
    found = await tx.execute(_ANY, {"order_id": order_id, "kind": kind, "state": state})
    return found.one_or_none() is not None


async def unanswered(tx: Tx, before: datetime, limit: int) -> list[str]:
    """Orders whose return the source was asked for before that time and has not answered, oldest first."""
    return [row.order_id for row in (await tx.execute(_UNANSWERED, {"before": before, "limit": limit})).all()]


async def lock_case(tx: Tx, order_id: str) -> None:
    """The order and all others of its case, in sorted order: two that are excluded at once see each other."""
    await tx.execute(_LOCK_CASE, {"order_id": order_id})


async def others_count(tx: Tx, case_id: str, order_id: str, settled: frozenset[str]) -> bool:
    """Whether an order of the case, besides this one, still counts in the rates."""
    arguments = {"case_id": case_id, "order_id": order_id, "settled": sorted(settled)}
    return (await tx.execute(_OTHERS_COUNT, arguments)).one_or_none() is not None


async def listing(tx: Tx, wanted: dict[str, Any], after: tuple[datetime, str] | None, limit: int) -> Sequence[Asked]:
    """Oldest first. `wanted`: see _FILTERS."""
    arguments = {name: value for name, value in wanted.items() if value is not None}
    conditions = [_FILTERS[name] for name in arguments]
    if after is not None:
        conditions.append("(asked_at, request_id) > (:after_at, :after_id)")
        arguments |= {"after_at": after[0], "after_id": after[1]}
    where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
    statement = text(f"SELECT * FROM request {where} ORDER BY asked_at, request_id LIMIT :limit")
    return [_asked(row) for row in (await tx.execute(statement, {**arguments, "limit": limit})).all()]


def _asked(row: Row) -> Asked:
    return Asked(
        order_id=row.order_id,
        source=row.source,
        kind=row.kind,
        reason=row.reason,
        asked_at=row.asked_at,
        asked_by=row.asked_by,
        proposal=row.proposal,
        evidence=tuple(row.evidence),
        before_reason=row.before_reason,
        before_said=row.before_said,
        state=row.state,
        request_id=row.request_id,
        decided_at=row.decided_at,
        decided_by=row.decided_by,
        note=row.note,
    )
