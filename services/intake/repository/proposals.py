"""Joins proposed to the desk: one for each order and matter, ever, so that what was refused is not proposed again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text

from services.intake.models import Order
from services.intake.repository.columns import READ, as_text, order_of
from services.kit.db import Tx

Place = tuple[datetime, str]
"""Where a page ended: when the last one was proposed, and its id."""

_ADD = text(
    """INSERT INTO proposal (id, order_id, matter_id, at, score, reasons, state)
       SELECT id, order_id, matter_id, at, score, reasons, state
       FROM unnest(CAST(:id AS text[]), CAST(:order_id AS text[]), CAST(:matter_id AS text[]),
                   CAST(:at AS timestamptz[]), CAST(:score AS float8[]), CAST(:reasons AS jsonb[]),
                   CAST(:state AS text[])) AS row (id, order_id, matter_id, at, score, reasons, state)
       ON CONFLICT (order_id, matter_id) DO UPDATE SET state = EXCLUDED.state
         WHERE EXCLUDED.state = 'refused' AND proposal.state = 'open'"""
)
# Still worth a look: the order is at work on its own, the other matter is open.
_OPEN = """FROM proposal p JOIN orders o USING (order_id) JOIN matter m USING (matter_id)
           WHERE p.state = 'open' AND m.ended IS NULL AND o.status IN ('accepted', 'in_progress', 'reopened')
             AND o.case_id IS DISTINCT FROM p.matter_id"""
_LISTING = text(
    f"""SELECT p.id, p.matter_id, p.at AS proposed_at, p.score, p.reasons, m.words, m.place, {READ} {_OPEN}
        AND (CAST(:after_at AS timestamptz) IS NULL OR (p.at, p.id) > (CAST(:after_at AS timestamptz), :after_id))
        ORDER BY p.at, p.id LIMIT :limit"""
)
_REFUSE = text(
    """UPDATE proposal SET state = 'refused', decided_at = :now, decided_by = :by
       WHERE id = :id AND state = 'open' RETURNING id"""
)
_KNOWN = text("SELECT state FROM proposal WHERE id = :id")
_TAKEN = text(
    """UPDATE proposal SET state = 'joined', decided_at = :now, decided_by = :by
       WHERE order_id = :order_id AND matter_id = :matter_id AND state = 'open'"""
)
_REFUSED = text("SELECT matter_id FROM proposal WHERE order_id = :order_id AND state = 'refused'")


@dataclass(frozen=True, slots=True)
class Proposal:
    """`matter_id` is the id of the case that the order may belong to; `reasons` are sentences for people."""

    id: str
    order_id: str
    matter_id: str
    score: float
    reasons: tuple[str, ...]
    at: datetime
    state: str = "open"


@dataclass(frozen=True, slots=True)
class Shown:
    """A proposal as the desk looks at it: the order, and what the other matter said at first."""

    proposal: Proposal
    order: Order
    words: str
    place: str | None


async def add(tx: Tx, proposals: Sequence[Proposal]) -> None:
    """What was decided stays decided; `refused` closes one that is open."""
    if proposals:
        await tx.execute(
            _ADD,
            {
                "id": [one.id for one in proposals],
                "order_id": [one.order_id for one in proposals],
                "matter_id": [one.matter_id for one in proposals],
                "at": [one.at for one in proposals],
                "score": [one.score for one in proposals],
                "reasons": [as_text(list(one.reasons)) for one in proposals],
                "state": [one.state for one in proposals],
            },
        )


async def listing(tx: Tx, after: Place | None, limit: int) -> list[Shown]:
    """The oldest first."""
    rows = await tx.execute(
        _LISTING, {"after_at": after[0] if after else None, "after_id": after[1] if after else "", "limit": limit}
    )
    return [
        Shown(
            Proposal(row.id, row.order_id, row.matter_id, row.score, tuple(row.reasons), row.proposed_at),
            order_of(row),
            row.words,
            row.place,
        )
        for row in rows.all()
    ]


async def refuse(tx: Tx, proposal_id: str, now: datetime, by: str) -> str | None:
    """The state that it was in before; None for one that is not there. Of two who decide at once one finds it open."""
    if (await tx.execute(_REFUSE, {"id": proposal_id, "now": now, "by": by})).one_or_none() is not None:
        return "open"
    found: str | None = (await tx.execute(_KNOWN, {"id": proposal_id})).scalar_one_or_none()
    return found


async def taken(tx: Tx, order_id: str, matter_id: str, now: datetime, by: str) -> None:
    await tx.execute(_TAKEN, {"order_id": order_id, "matter_id": matter_id, "now": now, "by": by})


async def refused_for(tx: Tx, order_id: str) -> set[str]:
    return {row.matter_id for row in (await tx.execute(_REFUSED, {"order_id": order_id})).all()}
