"""What new orders are compared with: matters near to them, and those of the same caller."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text

from services.intake.domain.cells import cells_within
from services.intake.domain.matter import Sign
from services.kit.db import Row, Tx

_MOST_NEAR, _MOST_OF_CALLER = 30, 20
READ = """m.matter_id, m.order_id, m.category, m.concern, m.sub, m.lon, m.lat, m.place, m.coarse, m.building, m.emergency,
          m.telling, m.words, m.at, m.ended, m.ended_at"""
_NEAR = text(
    f"""SELECT false AS caller, a.n, m.* FROM unnest(CAST(:n AS int[]), CAST(:cell AS bigint[]), CAST(:concern AS text[]))
             AS a (n, cell, concern)
        CROSS JOIN LATERAL (
          SELECT {READ} FROM matter m
          WHERE m.cell = a.cell AND m.concern = a.concern AND m.alive_at > :since
          ORDER BY m.alive_at DESC LIMIT {_MOST_NEAR}) m"""
)
_NEAR_OR_OF_CALLER = text(
    f"""{_NEAR.text}
        UNION ALL
        SELECT true, a.n, {READ} FROM unnest(CAST(:caller_n AS int[]), CAST(:order_id AS text[]), CAST(:told AS text[]))
             AS a (n, order_id, concern)
        JOIN personal mine ON mine.order_id = a.order_id AND mine.phone_index IS NOT NULL
        CROSS JOIN LATERAL (
          SELECT order_id FROM personal p WHERE p.phone_index = mine.phone_index AND p.order_id < a.order_id
          ORDER BY p.order_id DESC LIMIT {_MOST_OF_CALLER}) before
        JOIN orders o ON o.order_id = before.order_id AND o.case_id IS NOT NULL
        JOIN matter m ON m.matter_id = o.case_id AND m.concern = a.concern AND m.ended = 'closed'"""
)


@dataclass(frozen=True, slots=True)
class Near:
    """A matter that may be the same; `ended`: how its case ended, None while it is open."""

    matter_id: str
    order_id: str
    sign: Sign
    ended: str | None = None
    ended_at: datetime | None = None


_Pair = tuple[int, str]
"""A cell and a concern: what lies there is asked for once, however many orders are near to it."""


async def near(tx: Tx, signs: Sequence[Sign], metres: float, since: datetime) -> dict[int, list[Near]]:
    """For each by its place in `signs`: what is of its concern, lies within so many metres or little more, and moved
    after `since`; the latest of each cell. What several are near to is one object."""
    asked, wanted = _pairs(signs, metres)
    rows = await tx.execute(_NEAR, _given(wanted, since))
    return _spread(asked, wanted, _by_number(rows))


async def around(
    tx: Tx, orders: Sequence[tuple[str, Sign]], metres: float, since: datetime
) -> tuple[dict[int, list[Near]], dict[int, list[Near]]]:
    """As `near`, and beside it what the same caller reported before, of the same concern, in cases closed since."""
    asked, wanted = _pairs([sign for _, sign in orders], metres)
    callers = {
        "caller_n": list(range(len(orders))),
        "order_id": [order_id for order_id, _ in orders],
        "told": [sign.concern for _, sign in orders],
    }
    rows = (await tx.execute(_NEAR_OR_OF_CALLER, {**_given(wanted, since), **callers})).all()
    held = _by_number(row for row in rows if not row["caller"])
    return _spread(asked, wanted, held), _by_number(row for row in rows if row["caller"])


def _pairs(signs: Sequence[Sign], metres: float) -> tuple[list[list[_Pair]], list[_Pair]]:
    asked = [[(cell, sign.concern) for cell in cells_within(sign.lon, sign.lat, metres)] for sign in signs]
    return asked, list(dict.fromkeys(pair for pairs in asked for pair in pairs))


def _given(wanted: Sequence[_Pair], since: datetime) -> dict[str, Any]:
    cells, concerns = [cell for cell, _ in wanted], [concern for _, concern in wanted]
    return {"n": list(range(len(wanted))), "cell": cells, "concern": concerns, "since": since}


def _spread(
    asked: Sequence[Sequence[_Pair]], wanted: Sequence[_Pair], found: Mapping[int, list[Near]]
) -> dict[int, list[Near]]:
    held = {wanted[number]: there for number, there in found.items()}
    return {n: [one for pair in pairs for one in held.get(pair, ())] for n, pairs in enumerate(asked)}


def _by_number(rows: Iterable[Row]) -> dict[int, list[Near]]:
    found: dict[int, list[Near]] = {}
    for row in rows:
        found.setdefault(row["n"], []).append(near_of(row))
    return found


def near_of(row: Row) -> Near:
    """A row of READ."""
    sign = Sign(
        row["concern"],
        row["category"],
        row["sub"],
        row["at"],
        row["lon"],
        row["lat"],
        row["place"],
        row["coarse"],
        row["building"],
        row["emergency"],
        frozenset(row["telling"]),
        row["words"],
    )
    return Near(row["matter_id"], row["order_id"], sign, row["ended"], row["ended_at"])
