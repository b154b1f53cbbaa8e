"""Sealed rows by key: counted, a batch taken under lock, and written back sealed anew."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import text

from services.kit.db import Row, Tx


@dataclass(frozen=True, slots=True)
class Shelf:
    """A table with sealed columns. `id` is its key and `kind` that key's type, `row` what is bound into the seal,
    `sealed` column → its purpose, both as SQL. `index`: (column, sealed column) of a blind index made from a phone."""

    table: str
    id: str
    kind: str
    row: str
    sealed: Mapping[str, str]
    index: tuple[str, str] | None = None


SHELVES = (
    Shelf(
        "personal",
        "order_id",
        "text",
        "order_id",
        {"content": "'content'", "person": "'person'"},
        ("phone_index", "person"),
    ),
    Shelf("entry", "id", "bigint", "order_id", {"sealed_note": "'note/' || action"}),
)


@dataclass(frozen=True, slots=True)
class Held:
    """One row as it rests: column → (purpose, ciphertext)."""

    id: str | int
    row: str
    key_id: str
    sealed: Mapping[str, tuple[str, bytes | None]]


async def counts(tx: Tx, shelf: Shelf) -> dict[str, int]:
    """Key id → rows sealed with it; reads the whole index of keys."""
    rows = await tx.execute(
        text(f"SELECT key_id, count(*) AS rows FROM {shelf.table} WHERE key_id IS NOT NULL GROUP BY key_id")
    )
    return {row.key_id: row.rows for row in rows.all()}


async def samples(tx: Tx, shelf: Shelf) -> list[Held]:
    """One row of each key that rows rest under: the index is skipped through, not read."""
    rows = await tx.execute(
        text(
            f"""WITH RECURSIVE used AS (
                  (SELECT key_id FROM {shelf.table} WHERE key_id IS NOT NULL ORDER BY key_id LIMIT 1)
                  UNION ALL
                  SELECT (SELECT t.key_id FROM {shelf.table} t WHERE t.key_id > used.key_id ORDER BY t.key_id LIMIT 1)
                  FROM used WHERE used.key_id IS NOT NULL)
                SELECT one.* FROM used CROSS JOIN LATERAL (
                  SELECT {_columns(shelf)} FROM {shelf.table} WHERE key_id = used.key_id LIMIT 1) AS one
                WHERE used.key_id IS NOT NULL"""
        )
    )
    return [_held(shelf, row) for row in rows.all()]


async def take(tx: Tx, shelf: Shelf, keys: Sequence[str], unopened: Sequence[str | int], limit: int) -> list[Held]:
    """Rows under one of `keys` that nobody else has in hand, locked; without those that were found not to open."""
    rows = await tx.execute(
        text(
            f"""SELECT {_columns(shelf)} FROM {shelf.table}
                WHERE key_id = ANY(CAST(:keys AS text[])) AND {shelf.id} <> ALL(CAST(:unopened AS {shelf.kind}[]))
                LIMIT :limit FOR UPDATE SKIP LOCKED"""
        ),
        {"keys": list(keys), "unopened": list(unopened), "limit": limit},
    )
    return [_held(shelf, row) for row in rows.all()]


async def put(tx: Tx, shelf: Shelf, key_id: str, rows: Sequence[tuple[str | int, Mapping[str, bytes | None]]]) -> None:
    """`rows`: (id, column → new value); they must be locked."""
    columns = [*shelf.sealed, *([shelf.index[0]] if shelf.index else [])]
    arrays = ", ".join(f"CAST(:{name} AS bytea[])" for name in columns)
    await tx.execute(
        text(
            f"""UPDATE {shelf.table} AS t SET key_id = :key_id, {", ".join(f"{name} = row.{name}" for name in columns)}
                FROM unnest(CAST(:ids AS {shelf.kind}[]), {arrays}) AS row (id, {", ".join(columns)})
                WHERE t.{shelf.id} = row.id"""
        ),
        {
            "key_id": key_id,
            "ids": [identity for identity, _ in rows],
            **{name: [values[name] for _, values in rows] for name in columns},
        },
    )


def _columns(shelf: Shelf) -> str:
    purposes = ", ".join(f"{name}, {purpose} AS {name}_purpose" for name, purpose in shelf.sealed.items())
    return f"{shelf.id} AS id, {shelf.row} AS bound, key_id, {purposes}"


def _held(shelf: Shelf, row: Row) -> Held:
    sealed = {name: (row[f"{name}_purpose"], row[name]) for name in shelf.sealed}
    return Held(row.id, row.bound, row.key_id, sealed)
