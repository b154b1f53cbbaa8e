"""Deleting: which orders are due, what goes with them, and the book of what went."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import text

from services.intake.domain.keeping import ENDED, Depth, Gone
from services.intake.models import Order
from services.intake.repository.columns import READ, order_of
from services.kit.db import Tx

_ENDED = ", ".join(f"'{status}'" for status in ENDED)
# Others are still waiting for the same case, whose words this order may have brought.
SHARED = f"""EXISTS (SELECT 1 FROM orders other WHERE other.case_id = o.case_id AND other.order_id <> o.order_id
                       AND other.status NOT IN ({_ENDED}))"""
# A return that its source has not answered is still ours, whatever the status says.
_OURS = "(o.status <> 'returned_to_source' OR o.under IS NULL)"
# Which orders have had their time, for each depth. The partial indexes repeat these words.
_DUE: Mapping[str, str] = {
    "personal": f"o.erased_at IS NULL AND NOT o.held AND {_OURS} AND o.status IN ({_ENDED}) AND o.changed_at < :before",
    "order": f"o.erased_at IS NOT NULL AND NOT o.held AND {_OURS} AND o.status IN ({_ENDED}) AND o.changed_at < :before",
    "words": f"o.erase_asked IS NOT NULL AND NOT o.held AND {_OURS} AND o.status IN ({_ENDED}) AND NOT {SHARED}",
}
_BY: Mapping[str, str] = {"personal": "o.changed_at", "order": "o.changed_at", "words": "o.order_id"}
_OLD: Mapping[str, str] = {
    "audit": "DELETE FROM entry WHERE id = ANY(ARRAY(SELECT id FROM entry WHERE at < :before LIMIT :limit)) RETURNING at",
    "request": """DELETE FROM person_request WHERE request_id = ANY(ARRAY(
                    SELECT request_id FROM person_request WHERE at < :before ORDER BY at LIMIT :limit)) RETURNING at""",
}
_IDS = "order_id = ANY(CAST(:ids AS text[]))"
# What others may still look at is kept as it was, only without words: who said something when, not what.
_PERSONAL = (
    ("personal", f"DELETE FROM personal WHERE {_IDS}"),
    ("note", f"UPDATE entry SET sealed_note = NULL, key_id = NULL WHERE {_IDS} AND sealed_note IS NOT NULL"),
    (None, f"UPDATE orders SET erased_at = :now, erase_asked = NULL, version = version + 1 WHERE {_IDS}"),
)
_WORDS = (
    *_PERSONAL,
    (
        "words",
        f"""UPDATE orders SET title = '', content = '', address = NULL, said = NULL, callback_url = NULL,
              located = CASE WHEN located IS NULL THEN NULL
                        ELSE located || '{{"lon": null, "lat": null, "name": null}}' END,
              details = details || '{{"attachments": [], "source_urgency": null, "concern_given": null}}',
              progress = (SELECT coalesce(jsonb_agg(line || '{{"text": ""}}' ORDER BY place), '[]')
                          FROM jsonb_array_elements(progress) WITH ORDINALITY AS row (line, place)),
              sequence = sequence + 1 WHERE {_IDS}""",
    ),
    ("attachment", f"DELETE FROM attachment_use WHERE {_IDS}"),
    # Where a matter was, to a hundred metres, is still needed to know it again; what was said of it is not.
    (
        None,
        f"""UPDATE matter SET telling = '{{}}', words = '', building = NULL, place = NULL, coarse = true,
              lon = round(CAST(lon AS numeric), 3), lat = round(CAST(lat AS numeric), 3) WHERE {_IDS}""",
    ),
    (None, f"UPDATE joined SET reasons = '[]' WHERE {_IDS}"),
    (None, f"UPDATE proposal SET reasons = '[]' WHERE {_IDS}"),
    (
        None,
        f"""UPDATE request SET reason = '', proposal = '', evidence = '{{}}', before_said = NULL, note = NULL
            WHERE {_IDS}""",
    ),
    (None, f"DELETE FROM correction WHERE {_IDS}"),
    (
        None,
        f"UPDATE entry SET note = '' WHERE {_IDS} AND action NOT IN ('reveal', 'original', 'hold', 'unhold', 'erase')",
    ),
)
_ORDER = (
    *_PERSONAL[:2],
    ("attachment", f"DELETE FROM attachment_use WHERE {_IDS}"),
    *((None, f"DELETE FROM {table} WHERE {_IDS}") for table in ("matter", "joined", "proposal", "request", "handover")),
    ("order", f"DELETE FROM orders WHERE {_IDS}"),
)
_STATEMENTS: Mapping[Depth, Sequence[tuple[str | None, str]]] = {
    "personal": _PERSONAL,
    "words": _WORDS,
    "order": _ORDER,
}
_BOOK = text(
    """INSERT INTO erasure AS e (day, ground, part, rows, ended_from, ended_to, at)
       SELECT :day, :ground, part, rows, ended_from, ended_to, :now
       FROM unnest(CAST(:parts AS text[]), CAST(:rows AS bigint[]), CAST(:froms AS timestamptz[]),
                   CAST(:tos AS timestamptz[])) AS row (part, rows, ended_from, ended_to) ORDER BY part
       ON CONFLICT (day, ground, part) DO UPDATE SET rows = e.rows + EXCLUDED.rows, at = EXCLUDED.at,
         ended_from = least(e.ended_from, EXCLUDED.ended_from), ended_to = greatest(e.ended_to, EXCLUDED.ended_to)"""
)
_BOOKED = text(
    """SELECT day, ground, part, rows, ended_from, ended_to, at FROM erasure
       WHERE CAST(:after AS date) IS NULL OR (day, ground, part) < (:after, :ground, :part)
       ORDER BY day DESC, ground DESC, part DESC LIMIT :limit"""
)
_HOLD = text("UPDATE orders SET held = :held, version = version + 1 WHERE order_id = :order_id AND held <> :held")
_ASK = text("UPDATE orders SET erase_asked = :request WHERE order_id = ANY(CAST(:ids AS text[]))")


async def due(tx: Tx, depth: Depth, before: datetime, limit: int) -> list[Order]:
    """Locked; without those that somebody else has in hand. `before`: when they must have ended."""
    rows = await tx.execute(
        text(
            f"SELECT {READ} FROM orders o WHERE {_DUE[depth]} ORDER BY {_BY[depth]} LIMIT :limit FOR UPDATE SKIP LOCKED"
        ),
        {"limit": limit} | ({} if depth == "words" else {"before": before}),
    )
    return [order_of(row) for row in rows.all()]


async def any_due(tx: Tx, depth: Depth, before: datetime) -> bool:
    rows = await tx.execute(
        text(f"SELECT 1 FROM orders o WHERE {_DUE[depth]} LIMIT 1"), {} if depth == "words" else {"before": before}
    )
    return bool(rows.all())


async def any_old(tx: Tx, before: datetime) -> bool:
    """Whether there is an entry or a request that `drop_old` would take."""
    rows = await tx.execute(
        text(
            "SELECT 1 WHERE EXISTS (SELECT 1 FROM entry WHERE at < :before)"
            " OR EXISTS (SELECT 1 FROM person_request WHERE at < :before)"
        ),
        {"before": before},
    )
    return bool(rows.all())


async def erase(tx: Tx, depth: Depth, orders: Sequence[Order], now: datetime) -> list[Gone]:
    """Must be locked, and not held. What idempotency remembers stays, and so does who did what."""
    if not orders:
        return []
    ids = [order.order_id for order in orders]
    since, until = min(order.changed_at for order in orders), max(order.changed_at for order in orders)
    gone: list[Gone] = []
    for part, statement in _STATEMENTS[depth]:
        done = await tx.execute(text(statement), {"ids": ids} | ({"now": now} if ":now" in statement else {}))
        if part is not None and done.rowcount:
            gone.append(Gone(part, done.rowcount, since, until))
    return gone


async def drop_old(tx: Tx, part: str, before: datetime, limit: int) -> list[Gone]:
    """Entries or requests that are older than anybody has to answer for."""
    rows = (await tx.execute(text(_OLD[part]), {"before": before, "limit": limit})).all()
    times = [row.at for row in rows]
    return [Gone(part, len(times), min(times), max(times))] if times else []


async def book(tx: Tx, gone: Sequence[Gone], ground: str, day: date, now: datetime) -> None:
    if gone:
        await tx.execute(
            _BOOK,
            {
                "day": day,
                "ground": ground,
                "now": now,
                "parts": [one.part for one in gone],
                "rows": [one.rows for one in gone],
                "froms": [one.ended_from for one in gone],
                "tos": [one.ended_to for one in gone],
            },
        )


async def booked(tx: Tx, after: tuple[date, str, str] | None, limit: int) -> list[Mapping[str, Any]]:
    day, ground, part = after or (None, None, None)
    rows = await tx.execute(_BOOKED, {"after": day, "ground": ground, "part": part, "limit": limit})
    return [row._asdict() for row in rows.all()]


async def hold(tx: Tx, order_id: str, held: bool) -> bool:
    """False when it was so already."""
    return (await tx.execute(_HOLD, {"order_id": order_id, "held": held})).rowcount > 0


async def ask(tx: Tx, orders: Sequence[str], request: str) -> None:
    """To be erased as soon as they have ended."""
    if orders:
        await tx.execute(_ASK, {"ids": list(orders), "request": request})
