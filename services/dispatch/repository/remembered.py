"""Answers given under an Idempotency-Key."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text

from services.kit.db import Tx

_FIND = text("SELECT fingerprint, answer FROM remembered WHERE key_id = :key_id AND idempotency_key = :key")
_KEEP = text(
    """INSERT INTO remembered (key_id, idempotency_key, fingerprint, answer, at)
       VALUES (:key_id, :key, :fingerprint, CAST(:answer AS jsonb), :at) ON CONFLICT DO NOTHING RETURNING key_id"""
)


@dataclass(frozen=True, slots=True)
class Remembered:
    fingerprint: bytes
    answer: dict[str, Any]


async def find(tx: Tx, key_id: str, key: str) -> Remembered | None:
    row = (await tx.execute(_FIND, {"key_id": key_id, "key": key})).one_or_none()
    return None if row is None else Remembered(row.fingerprint, row.answer)


async def keep(tx: Tx, key_id: str, key: str, fingerprint: bytes, answer: dict[str, Any], at: datetime) -> bool:
    """False when another request took the key in the meantime."""
    arguments = {
        "key_id": key_id,
        "key": key,
        "fingerprint": fingerprint,
        "answer": json.dumps(answer, ensure_ascii=False),
        "at": at,
    }
    return (await tx.execute(_KEEP, arguments)).one_or_none() is not None
