"""Which calendar clocks are reckoned by, and which clocks are still reckoned by another."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import text

from services.kit.db import Tx

_READ = text("SELECT version, published, fingerprint FROM calendar_known")
_KNOW = text(
    """UPDATE calendar_known SET version = :version, published = :published, fingerprint = :fingerprint
       WHERE version = :before_version AND published = :before_published"""
)
# The condition is that of the partial index.
_MOVABLE = "NOT ended AND remaining IS NOT NULL AND state IN ('running', 'paused')"
_STALE = text(
    f"""SELECT DISTINCT case_id FROM (
          SELECT case_id FROM clock WHERE reckoned < :version AND {_MOVABLE} ORDER BY reckoned LIMIT :limit) AS oldest"""
)
_RECKONED = text(
    f"UPDATE clock SET reckoned = :version WHERE case_id = ANY(CAST(:cases AS text[])) AND reckoned < :version AND {_MOVABLE}"
)


@dataclass(frozen=True, slots=True)
class Known:
    """`version`: the fabric's at which the calendar was first seen; `published`: the last year that a release knows of
    itself. Of two the one with the greater pair is newer."""

    version: int
    published: int
    fingerprint: str

    @property
    def place(self) -> tuple[int, int]:
        return self.version, self.published


async def read(tx: Tx) -> Known:
    return Known(**(await tx.execute(_READ)).one()._mapping)


async def know(tx: Tx, before: Known, now: Known) -> bool:
    """False where another process was first."""
    told = {"version": now.version, "published": now.published, "fingerprint": now.fingerprint}
    held = {"before_version": before.version, "before_published": before.published}
    return (await tx.execute(_KNOW, told | held)).rowcount == 1


async def stale(tx: Tx, version: int, limit: int) -> list[str]:
    """Cases with clocks that were reckoned before `version`; `limit` counts clocks."""
    return [row.case_id for row in (await tx.execute(_STALE, {"version": version, "limit": limit})).all()]


async def reckoned(tx: Tx, cases: Sequence[str], version: int) -> None:
    """All clocks of these cases are by the calendar of `version`."""
    await tx.execute(_RECKONED, {"cases": list(cases), "version": version})
