"""Which of the rows of a register are here already."""

from collections.abc import Sequence

from sqlalchemy import text

from services.kit.db import Tx

_KNOWN = text(
    """SELECT count(DISTINCT s.id) FROM unnest(CAST(:ids AS text[])) AS wanted (id)
       JOIN seen s ON s.source = :source AND s.kind = 'external_id' AND s.id = wanted.id"""
)


async def known(tx: Tx, source: str, ids: Sequence[str]) -> int:
    return int((await tx.execute(_KNOWN, {"source": source, "ids": list(ids)})).scalar_one())
