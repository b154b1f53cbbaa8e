"""Units' feeds: positions given out under the lock of the unit's row, read back in order."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count

from sqlalchemy import text

from services.kit.db import Tx
from services.notify.models import Told

# Sorted, so that two batches wait for each other in one direction only.
_TAKE = text(
    """INSERT INTO head (unit, position)
       SELECT unit, wanted FROM unnest(CAST(:units AS text[]), CAST(:wanted AS bigint[])) AS row (unit, wanted)
       ORDER BY unit
       ON CONFLICT (unit) DO UPDATE SET position = head.position + EXCLUDED.position
       RETURNING unit, position"""
)
# What is told stands once, its places in the feeds are short.
_ADD = text(
    """WITH given AS (
         SELECT nextval('told_id_seq') AS id, ord, case_id, event
         FROM unnest(CAST(:cases AS text[]), CAST(:events AS json[])) WITH ORDINALITY AS row (case_id, event, ord)),
       kept AS (INSERT INTO told (id, case_id, event) SELECT id, case_id, event FROM given)
       INSERT INTO feed (unit, position, told)
       SELECT unit, position, given.id
       FROM unnest(CAST(:units AS text[]), CAST(:positions AS bigint[]), CAST(:numbers AS int[]))
            AS place (unit, position, number) JOIN given ON given.ord = place.number"""
)
_PAGE = text(
    """SELECT feed.position, CAST(told.event AS text) AS event FROM feed JOIN told ON told.id = feed.told
       WHERE feed.unit = :unit AND feed.position > :after ORDER BY feed.position LIMIT :limit"""
)
_HEADS = text("SELECT unit, position FROM head WHERE unit = ANY(CAST(:units AS text[]))")


@dataclass(frozen=True, slots=True)
class Page:
    """`events` as JSON; `last` is the position to go on after."""

    events: tuple[tuple[int, str], ...]
    last: int


async def append(tx: Tx, told: Sequence[Told]) -> None:
    """In their order, per unit."""
    wanted = Counter([unit for each in told for unit in each.units])
    if not wanted:
        return
    units = sorted(wanted)
    taken = await tx.execute(_TAKE, {"units": units, "wanted": [wanted[unit] for unit in units]})
    following = {row.unit: count(row.position - wanted[row.unit] + 1) for row in taken.all()}
    places = [(unit, number) for number, each in enumerate(told, 1) for unit in each.units]
    await tx.execute(
        _ADD,
        {
            "cases": [each.message.key for each in told],
            "events": [each.event for each in told],
            "units": [unit for unit, _ in places],
            "positions": [next(following[unit]) for unit, _ in places],
            "numbers": [number for _, number in places],
        },
    )


async def page(tx: Tx, unit: str, after: int, limit: int) -> Page:
    rows = (await tx.execute(_PAGE, {"unit": unit, "after": after, "limit": limit})).all()
    return Page(tuple((row.position, row.event) for row in rows), rows[-1].position if rows else after)


async def heads(tx: Tx, units: Sequence[str]) -> dict[str, int]:
    """The last position given out, of those units that were ever told anything."""
    rows = await tx.execute(_HEADS, {"units": list(units)})
    return {row.unit: row.position for row in rows.all()}
