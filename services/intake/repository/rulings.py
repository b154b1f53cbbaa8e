"""Rulings on whose an order is, and orders with who was responsible for them in the end."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text

from services.kit.db import Tx

_KEEP = text(
    """INSERT INTO ruling AS held (order_id, case_id, sequence, at, was, lead)
       SELECT o.order_id, row.case_id, row.sequence, row.at, row.was, row.lead
       FROM unnest(CAST(:case_ids AS text[]), CAST(:sequences AS bigint[]), CAST(:ats AS timestamptz[]),
                   CAST(:was AS text[]), CAST(:leads AS text[])) AS row (case_id, sequence, at, was, lead)
       JOIN orders o ON o.case_id = row.case_id
       ORDER BY o.order_id
       ON CONFLICT (order_id) DO UPDATE SET case_id = excluded.case_id, sequence = excluded.sequence, at = excluded.at,
         was = excluded.was, lead = excluded.lead
       WHERE held.case_id <> excluded.case_id OR held.sequence < excluded.sequence"""
)
# Only what is settled: whoever has an order in hand may still not be the one.
_LEDGER = text(
    """SELECT o.order_id, o.reported_at, o.channel, o.kind, o.title, o.content, o.address,
              o.classified ->> 'concern' AS concern, o.classified ->> 'sub_concern' AS sub_concern, c.lead,
              (r.case_id IS NOT NULL) AS ruled, r.was AS lead_before
       FROM orders o JOIN case_card c ON c.case_id = o.case_id
       LEFT JOIN ruling r ON r.order_id = o.order_id AND r.case_id = o.case_id
       WHERE o.order_id > :after AND c.lead IS NOT NULL AND o.content <> ''
         AND (o.status IN ('resolved', 'closed') OR r.case_id IS NOT NULL)
         AND NOT CAST(o.details ->> 'confidential' AS boolean) AND NOT o.details ? 'sandbox'
       ORDER BY o.order_id LIMIT :limit"""
)


@dataclass(frozen=True, slots=True)
class Ruling:
    case_id: str
    sequence: int
    at: datetime
    was: str | None
    lead: str


@dataclass(frozen=True, slots=True)
class Line:
    """An order, masked, with `lead` who was responsible in the end; `ruled`: by a ruling, in place of `lead_before`."""

    order_id: str
    reported_at: datetime
    channel: str
    kind: str | None
    title: str
    content: str
    address: str | None
    concern: str | None
    sub_concern: str | None
    lead: str
    ruled: bool
    lead_before: str | None


async def keep(tx: Tx, rulings: Sequence[Ruling]) -> None:
    """Of each case one at most, for all of its orders."""
    if rulings:
        await tx.execute(
            _KEEP,
            {
                "case_ids": [one.case_id for one in rulings],
                "sequences": [one.sequence for one in rulings],
                "ats": [one.at for one in rulings],
                "was": [one.was for one in rulings],
                "leads": [one.lead for one in rulings],
            },
        )


async def ledger(tx: Tx, after: str, limit: int) -> list[Line]:
    rows = await tx.execute(_LEDGER, {"after": after, "limit": limit})
    return [Line(**row._mapping) for row in rows.all()]
