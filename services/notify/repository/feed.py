"""Units' feeds: positions given out under the lock of the unit's row, read back in order."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import text

from services.kit.db import Tx
from services.notify.models import FeedRow

# Sorted, so that two batches wait for each other in one direction only.
_TAKE = text(
    """INSERT INTO head (unit, position)
       SELECT unit, wanted FROM unnest(CAST(:units AS text[]), CAST(:wanted AS bigint[])) AS row (unit, wanted)
       ORDER BY unit
       ON CONFLICT (unit) DO UPDATE SET position = head.position + EXCLUDED.position
       RETURNING unit, position"""
)
_ADD = text(
    """INSERT INTO feed (unit, position, case_id, event)
       SELECT * FROM unnest(CAST(:units AS text[]), CAST(:positions AS bigint[]), CAST(:cases AS text[]),
                            CAST(:events AS json[]))"""
)
_PAGE = text(
    """SELECT position, CAST(event AS text) AS event FROM feed
       WHERE unit = :unit AND position > :after ORDER BY position LIMIT :limit"""
)
_HEADS = text("SELECT unit, position FROM head WHERE unit = ANY(CAST(:units AS text[]))")


@dataclass(frozen=True, slots=True)
class Page:
    """`events` as JSON; `last` is the position to go on after."""

    events: tuple[tuple[int, str], ...]
    last: int


async def append(tx: Tx, rows: Sequence[FeedRow]) -> None:
    """In their order, per unit."""
    if not rows:
        return
    wanted = Counter(row.unit for row in rows)
    units = sorted(wanted)
    taken = await tx.execute(_TAKE, {"units": units, "wanted": [wanted[unit] for unit in units]})
    following = {row.unit: row.position - wanted[row.unit] for row in taken.all()}
    positions: list[int] = []
    for row in rows:
        following[row.unit] += 1
        positions.append(following[row.unit])
    await tx.execute(
        _ADD,
        {
            "units": [row.unit for row in rows],
            "positions": positions,
            "cases": [row.case_id for row in rows],
            "events": [row.event for row in rows],
        },
    )


async def page(tx: Tx, unit: str, after: int, limit: int) -> Page:
    rows = (await tx.execute(_PAGE, {"unit": unit, "after": after, "limit": limit})).all()
    return Page(tuple((row.position, row.event) for row in rows), rows[-1].position if rows else after)


async def heads(tx: Tx, units: Sequence[str]) -> dict[str, int]:
    """The last position given out, of those units that were ever told anything."""
    rows = await tx.execute(_HEADS, {"units": list(units)})
    return {row.unit: row.position for row in rows.all()}
