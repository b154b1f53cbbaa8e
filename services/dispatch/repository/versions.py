"""Versions of what an operator publishes whole: the routing table and the list of duties. What was once in force stays:
decisions name it."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import text

from services.kit.db import Tx

Kind = Literal["rule_table", "duty_list"]


@dataclass(frozen=True, slots=True)
class Published:
    """`body` holds the rows as written."""

    version: int
    at: datetime
    by_name: str
    by_role: str
    note: str
    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Newest:
    """None, 0 before the first was published or ruled."""

    rules: int | None
    duties: int | None
    precedent: int


_NEWEST = text(
    """SELECT (SELECT max(version) FROM rule_table) AS rules, (SELECT max(version) FROM duty_list) AS duties,
              (SELECT COALESCE(max(id), 0) FROM precedent) AS precedent"""
)


async def newest(tx: Tx) -> Newest:
    """Three looks at the end of an index, asked at once: every batch asks."""
    row = (await tx.execute(_NEWEST)).one()
    return Newest(row.rules, row.duties, row.precedent)


async def read(tx: Tx, kind: Kind, version: int) -> Published | None:
    row = (
        await tx.execute(
            text(f"SELECT version, at, by_name, by_role, note, body FROM {kind} WHERE version = :version"),
            {"version": version},
        )
    ).one_or_none()
    return None if row is None else Published(row.version, row.at, row.by_name, row.by_role, row.note, row.body)


async def listing(tx: Tx, kind: Kind, before: int | None, limit: int) -> list[Published]:
    """The newest first; `body` holds nothing but how many rows there are, as `rows`."""
    rows = await tx.execute(
        text(
            f"""SELECT version, at, by_name, by_role, note,
                       jsonb_build_object('rows', jsonb_array_length(COALESCE(body->'rows', body->'duties'))) AS body
                FROM {kind} WHERE CAST(:before AS bigint) IS NULL OR version < :before
                ORDER BY version DESC LIMIT :limit"""
        ),
        {"before": before, "limit": limit},
    )
    return [Published(row.version, row.at, row.by_name, row.by_role, row.note, row.body) for row in rows.all()]


async def alone(tx: Tx, kind: Kind) -> None:
    """Until the end of the transaction nobody else publishes; who reads is not kept waiting."""
    await tx.execute(text(f"LOCK TABLE {kind} IN SHARE ROW EXCLUSIVE MODE"))


async def publish(tx: Tx, kind: Kind, made: Published, by_key: str) -> None:
    await tx.execute(
        text(
            f"""INSERT INTO {kind} (version, at, by_key, by_name, by_role, note, body)
                VALUES (:version, :at, :by_key, :by_name, :by_role, :note, CAST(:body AS jsonb))"""
        ),
        {
            "version": made.version,
            "at": made.at,
            "by_key": by_key,
            "by_name": made.by_name,
            "by_role": made.by_role,
            "note": made.note,
            "body": json.dumps(made.body, ensure_ascii=False),
        },
    )
