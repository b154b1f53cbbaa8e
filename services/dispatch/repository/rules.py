"""Versions of the routing table. What was once in force stays: decisions name it."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text

from services.kit.db import Tx


@dataclass(frozen=True, slots=True)
class Published:
    """`body` holds `rows` and `examples` as written."""

    version: int
    at: datetime
    by_name: str
    by_role: str
    note: str
    body: dict[str, Any]


async def newest(tx: Tx) -> int | None:
    """None before the first was published."""
    found: int | None = (await tx.execute(text("SELECT max(version) FROM rule_table"))).scalar_one()
    return found


async def read(tx: Tx, version: int) -> Published | None:
    row = (
        await tx.execute(
            text("SELECT version, at, by_name, by_role, note, body FROM rule_table WHERE version = :version"),
            {"version": version},
        )
    ).one_or_none()
    return None if row is None else Published(row.version, row.at, row.by_name, row.by_role, row.note, row.body)


async def alone(tx: Tx) -> None:
    """Until the end of the transaction nobody else publishes; who reads is not kept waiting."""
    await tx.execute(text("LOCK TABLE rule_table IN SHARE ROW EXCLUSIVE MODE"))


async def publish(tx: Tx, table: Published, by_key: str) -> None:
    await tx.execute(
        text(
            """INSERT INTO rule_table (version, at, by_key, by_name, by_role, note, body)
               VALUES (:version, :at, :by_key, :by_name, :by_role, :note, CAST(:body AS jsonb))"""
        ),
        {
            "version": table.version,
            "at": table.at,
            "by_key": by_key,
            "by_name": table.by_name,
            "by_role": table.by_role,
            "note": table.note,
            "body": json.dumps(table.body, ensure_ascii=False),
        },
    )
