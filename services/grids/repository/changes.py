"""The feed of changes: every publication, who made it, from which file."""

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import text

from services.kit.db import Tx

_AFTER = text(
    """SELECT version, at, what, by_name, by_key, overlay, file, counts, codes FROM publication
       WHERE version > :after AND (CAST(:overlay AS text) IS NULL OR overlay = :overlay)
       ORDER BY version LIMIT :limit"""
)


class Publicised(NamedTuple):
    """`counts` and `codes` by `added`, `changed`, `removed`; empty for what was published before they were kept."""

    version: int
    at: datetime
    what: str
    by: str
    by_key: str
    overlay: str | None
    file: str | None
    counts: dict[str, int]
    codes: dict[str, list[str]]


async def after(tx: Tx, version: int, limit: int, overlay: str | None = None) -> list[Publicised]:
    """Those later than `version`, the newest last."""
    rows: list[Any] = (await tx.execute(_AFTER, {"after": version, "limit": limit, "overlay": overlay})).all()
    return [Publicised(*row.values()) for row in rows]
