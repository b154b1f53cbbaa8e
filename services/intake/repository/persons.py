"""A person's orders by the blind index of the phone, and who asked about them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text

from services.intake.models import Order
from services.intake.repository.columns import READ, as_text, order_of
from services.intake.repository.erasing import SHARED
from services.kit.db import Tx

_FOUND = text(
    f"""SELECT {READ} FROM personal p JOIN orders o USING (order_id)
        WHERE p.phone_index = :person AND (CAST(:source AS text) IS NULL OR o.source = :source)
          AND (CAST(:readable AS text[]) IS NULL OR o.source = :mine
               OR NOT CAST(o.details->>'confidential' AS boolean) OR o.status = ANY(CAST(:readable AS text[])))
        ORDER BY o.reported_at DESC, o.order_id DESC LIMIT :limit"""
)
_HELD = text(
    f"""SELECT {READ}, o.progress, o.held, {SHARED} AS shared, p.content AS sealed_content, p.person AS sealed_person, p.key_id
        FROM personal p JOIN orders o USING (order_id) WHERE p.phone_index = :person AND o.erased_at IS NULL
        ORDER BY o.order_id FOR UPDATE OF o"""
)
_PERSONS = text(
    """SELECT order_id, person, key_id FROM personal WHERE phone_index = :person AND person IS NOT NULL
       ORDER BY order_id DESC LIMIT :limit"""
)
_ENTRIES = text(
    """SELECT id, order_id, at, action, by_name, by_role, note, sealed_note, key_id FROM entry
       WHERE order_id = ANY(CAST(:orders AS text[])) ORDER BY id"""
)
_ASKED = text("SELECT id, at, action, by_name, by_role, note FROM entry WHERE person = :person ORDER BY id")
_REQUEST = text(
    """INSERT INTO person_request (request_id, at, kind, person, ground, by_key, by_name, by_role, outcome)
       VALUES (:request_id, :at, :kind, :person, :ground, :by_key, :by_name, :by_role, CAST(:outcome AS jsonb))"""
)
_REQUESTS = text(
    """SELECT request_id, at, kind, ground, by_name, by_role, outcome FROM person_request
       WHERE CAST(:after_at AS timestamptz) IS NULL OR (at, request_id) < (:after_at, :after_id)
       ORDER BY at DESC, request_id DESC LIMIT :limit"""
)


@dataclass(frozen=True, slots=True)
class HeldOrder:
    """An order with all that is kept about its reporter; `held`: under a legal hold; `shared`: its case is still being
    worked on for others."""

    order: Order
    progress: Sequence[Mapping[str, Any]]
    held: bool
    shared: bool
    content: bytes
    person: bytes | None
    key_id: str


async def find(
    tx: Tx, person: bytes, source: str | None, mine: str, readable: Sequence[str] | None, limit: int
) -> list[Order]:
    """Latest first. `readable`: statuses in which confidential orders not of `mine` may be seen; None: all."""
    rows = await tx.execute(
        _FOUND,
        {
            "person": person,
            "source": source,
            "mine": mine,
            "readable": None if readable is None else list(readable),
            "limit": limit,
        },
    )
    return [order_of(row) for row in rows.all()]


async def held(tx: Tx, person: bytes) -> list[HeldOrder]:
    """All of one person, locked in sorted order; without those that somebody else erased while we waited."""
    rows = await tx.execute(_HELD, {"person": person})
    return [
        HeldOrder(order_of(row), row.progress, row.held, row.shared, row.sealed_content, row.sealed_person, row.key_id)
        for row in rows.all()
    ]


async def sealed_persons(tx: Tx, person: bytes, limit: int) -> list[tuple[str, bytes, str]]:
    """(order, sealed name and phone, the key's id), latest first."""
    rows = await tx.execute(_PERSONS, {"person": person, "limit": limit})
    return [(row.order_id, row.person, row.key_id) for row in rows.all()]


async def entries(tx: Tx, orders: Sequence[str]) -> list[Mapping[str, Any]]:
    """With their sealed notes."""
    rows = await tx.execute(_ENTRIES, {"orders": list(orders)})
    return [row._asdict() for row in rows.all()]


async def asked_about(tx: Tx, person: bytes) -> list[Mapping[str, Any]]:
    """Entries about the person that belong to no order: searches, exports, erasures."""
    return [row._asdict() for row in (await tx.execute(_ASKED, {"person": person})).all()]


@dataclass(frozen=True, slots=True)
class PersonRequest:
    request_id: str
    at: datetime
    kind: str
    person: bytes
    by_key: str
    by_name: str
    by_role: str
    outcome: Mapping[str, Any]
    ground: str | None = None


async def record(tx: Tx, request: PersonRequest) -> None:
    await tx.execute(
        _REQUEST,
        {
            "request_id": request.request_id,
            "at": request.at,
            "kind": request.kind,
            "person": request.person,
            "ground": request.ground,
            "by_key": request.by_key,
            "by_name": request.by_name,
            "by_role": request.by_role,
            "outcome": as_text(request.outcome),
        },
    )


async def requests(tx: Tx, after: tuple[datetime, str] | None, limit: int) -> list[Mapping[str, Any]]:
    rows = await tx.execute(
        _REQUESTS,
        {"after_at": after[0] if after else None, "after_id": after[1] if after else None, "limit": limit},
    )
    return [row._asdict() for row in rows.all()]
