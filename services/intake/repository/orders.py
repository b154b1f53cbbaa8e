"""Orders written: claimed once for each id, read under lock, and saved."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import text

from services.intake.models import Claim, Entry, Order, Remembered, SourceId
from services.intake.repository.columns import CALLER, CHANGING, READ, STORED, arrays, order_of, unnested
from services.kit.db import Tx

_NAMES = tuple(name for name, _ in STORED)
_SEALED = (
    "CAST(:sealed_content AS bytea[]), CAST(:person AS bytea[]), CAST(:phone_index AS bytea[]), CAST(:key_id AS text[])"
)
# The claim decides: whoever comes second waits for the first to commit and then inserts nothing. Ids are claimed in
# sorted order, so that two batches with the same ids wait for each other in one direction only.
_CLAIM = text(
    f"""WITH given AS (
          SELECT * FROM unnest({unnested(_NAMES)}, CAST(:fingerprint AS bytea[]), {_SEALED})
            AS row ({", ".join(_NAMES)}, fingerprint, sealed_content, person, phone_index, key_id)),
        claimed AS (
          INSERT INTO seen (source, kind, id, order_id, fingerprint, seen_at)
          SELECT source, 'external_id', external_id, order_id, fingerprint, received_at FROM given
          ORDER BY source, external_id
          ON CONFLICT DO NOTHING RETURNING order_id),
        written AS (
          INSERT INTO orders ({", ".join(_NAMES)})
          SELECT {", ".join(f"given.{name}" for name in _NAMES)} FROM given JOIN claimed USING (order_id)),
        kept AS (
          INSERT INTO personal (order_id, content, person, phone_index, key_id)
          SELECT order_id, sealed_content, person, phone_index, key_id FROM given JOIN claimed USING (order_id))
        SELECT order_id FROM claimed"""
)
_CLAIM_KEY = text(
    """INSERT INTO seen (source, kind, id, order_id, fingerprint, seen_at)
       VALUES (:source, 'key', :key, :order_id, :fingerprint, :at) ON CONFLICT DO NOTHING RETURNING order_id"""
)
_KEY_HELD = text("SELECT fingerprint FROM seen WHERE source = :source AND kind = 'key' AND id = :key")
_REMEMBERED = text(
    f"""SELECT s.source AS seen_source, s.id AS seen_id, s.order_id AS seen_order, s.fingerprint, {READ}
        FROM unnest(CAST(:sources AS text[]), CAST(:ids AS text[])) AS wanted (source, id)
        JOIN seen s ON s.source = wanted.source AND s.kind = 'external_id' AND s.id = wanted.id
        LEFT JOIN orders o ON o.order_id = s.order_id"""
)
_LOCKED = text(
    f"SELECT {READ}, {CALLER} FROM orders o WHERE o.order_id = ANY(CAST(:ids AS text[])) ORDER BY o.order_id FOR UPDATE"
)
_WAITING = text(
    f"""SELECT {READ}, s.phone_index AS caller, s.content AS sealed_content, s.key_id FROM orders o JOIN personal s USING (order_id)
        WHERE o.status = 'received' ORDER BY o.order_id LIMIT :limit FOR UPDATE OF o SKIP LOCKED"""
)
_SAVE = text(
    f"""UPDATE orders AS o SET {", ".join(f"{name} = row.{name}" for name in CHANGING)},
               left_cases = CASE WHEN row.left_case IS NULL THEN o.left_cases
                                 ELSE array_append(o.left_cases, row.left_case) END,
               case_sequence = CASE WHEN row.case_id IS NOT DISTINCT FROM o.case_id THEN o.case_sequence ELSE 0 END,
               progress = o.progress || row.progress
        FROM unnest(CAST(:order_id AS text[]), {unnested(CHANGING)}, CAST(:left_case AS text[]),
                    CAST(:progress AS jsonb[])) AS row (order_id, {", ".join(CHANGING)}, left_case, progress)
        WHERE o.order_id = row.order_id"""
)
_ENTER = text(
    """INSERT INTO entry (order_id, at, action, by_key, by_name, by_role, note, sealed_note, key_id, person)
       VALUES (:order_id, :at, :action, :by_key, :by_name, :by_role, :note, :sealed_note, :key_id, :person)"""
)


async def claim(tx: Tx, claims: Sequence[Claim]) -> set[str]:
    """Stores those whose (source, external_id) was never seen; the order ids of these."""
    rows = await tx.execute(
        _CLAIM,
        {
            **arrays([claim.order for claim in claims]),
            "fingerprint": [claim.fingerprint for claim in claims],
            "sealed_content": [claim.sealed.content for claim in claims],
            "person": [claim.sealed.person for claim in claims],
            "phone_index": [claim.sealed.phone_index for claim in claims],
            "key_id": [claim.sealed.key_id for claim in claims],
        },
    )
    return {row.order_id for row in rows.all()}


async def claim_key(tx: Tx, source: str, key: str, order_id: str, fingerprint: bytes, at: datetime) -> bool:
    """False when the Idempotency-Key was used for another body."""
    arguments = {"source": source, "key": key, "order_id": order_id, "fingerprint": fingerprint, "at": at}
    if (await tx.execute(_CLAIM_KEY, arguments)).one_or_none() is not None:
        return True
    held = (await tx.execute(_KEY_HELD, {"source": source, "key": key})).scalar_one()
    return bool(held == fingerprint)


async def remembered(tx: Tx, wanted: Sequence[SourceId]) -> dict[SourceId, Remembered]:
    sources, ids = [source for source, _ in wanted], [external_id for _, external_id in wanted]
    rows = await tx.execute(_REMEMBERED, {"sources": sources, "ids": ids})
    return {
        (row.seen_source, row.seen_id): Remembered(
            row.seen_order, row.fingerprint, None if row.order_id is None else order_of(row)
        )
        for row in rows.all()
    }


async def locked(tx: Tx, order_id: str) -> Order | None:
    row = (await tx.execute(_LOCKED, {"ids": [order_id]})).one_or_none()
    return None if row is None else order_of(row)


async def waiting(tx: Tx, limit: int) -> list[tuple[Order, bytes, str]]:
    """(order, its sealed words, the key's id) of orders that no fabric has judged yet; locked."""
    rows = await tx.execute(_WAITING, {"limit": limit})
    return [(order_of(row), row.sealed_content, row.key_id) for row in rows.all()]


async def save(tx: Tx, orders: Sequence[Order], left_case: str | None = None) -> None:
    """Must be locked. `left_case` is the case that they were just split from."""
    if orders:
        columns = arrays(orders)
        wanted = {name: columns[name] for name in ("order_id", *CHANGING, "progress")}
        await tx.execute(_SAVE, {**wanted, "left_case": [left_case] * len(orders)})


async def enter(tx: Tx, entry: Entry) -> None:
    await tx.execute(
        _ENTER,
        {
            "order_id": entry.order_id,
            "at": entry.at,
            "action": entry.action,
            "by_key": entry.by_key,
            "by_name": entry.by_name,
            "by_role": entry.by_role,
            "note": entry.note,
            "sealed_note": entry.sealed_note,
            "key_id": entry.key_id,
            "person": entry.person,
        },
    )
