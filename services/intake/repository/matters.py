"""Matters: what new orders are compared with, who was joined to what, and what is proposed to the desk.

Whoever decides about an order holds the locks of the ground around it until the commit: of two like reports that come in
the same moment, in one process or two, the second sees the first.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zlib import crc32

from sqlalchemy import text

from services.intake.domain.cells import cell_of, cells_within
from services.intake.domain.matter import Sign
from services.intake.repository.columns import as_text
from services.intake.repository.nearby import READ, Near, near_of
from services.kit.db import Tx

# Advisory locks have a space of their own with two numbers; the second is the ground's. So few that a thousand orders
# at once can't use up the server's room for locks.
_SPACE, _LOCKS = 0x6D74, 512
_MOST_UNPLACED = 2000

_COLUMNS: tuple[tuple[str, str], ...] = (
    ("matter_id", "text"),
    ("order_id", "text"),
    ("cell", "bigint"),
    ("category", "text"),
    ("concern", "text"),
    ("sub", "text"),
    ("lon", "float8"),
    ("lat", "float8"),
    ("place", "text"),
    ("coarse", "boolean"),
    ("building", "text"),
    ("emergency", "boolean"),
    ("telling", "text"),
    ("words", "text"),
    ("at", "timestamptz"),
)
_NAMES = ", ".join(name for name, _ in _COLUMNS)
_LOCK = text(f"SELECT pg_advisory_xact_lock({_SPACE}, key) FROM unnest(CAST(:keys AS int[])) AS key")
_RECENT = text(f"SELECT {READ} FROM matter m WHERE m.ended IS NULL AND m.alive_at > :since LIMIT {_MOST_UNPLACED}")
_TYPED = ", ".join(f"CAST(:{name} AS {kind}[])" for name, kind in _COLUMNS)
_GIVEN = ", ".join("string_to_array(telling, ' ')" if name == "telling" else name for name, _ in _COLUMNS)
_OPEN = text(
    f"""INSERT INTO matter ({_NAMES}, alive_at)
        SELECT {_GIVEN}, CAST(:now AS timestamptz) FROM unnest({_TYPED}) AS row ({_NAMES})
        ON CONFLICT (matter_id) DO UPDATE SET
          {", ".join(f"{name} = EXCLUDED.{name}" for name, _ in _COLUMNS if name != "matter_id")}"""
)
# An order that was joined to a case which had ended by then begins a case of its own: what it shows is its matter's.
_BEGIN_AGAIN = text(
    f"""INSERT INTO matter ({_NAMES}, alive_at)
        SELECT row.case_id, row.order_id, {", ".join(f"m.{name}" for name, _ in _COLUMNS[2:-1])}, o.reported_at, row.at
        FROM unnest(CAST(:case_id AS text[]), CAST(:order_id AS text[]), CAST(:at AS timestamptz[]))
             AS row (case_id, order_id, at)
        JOIN orders o ON o.order_id = row.order_id
        JOIN joined j ON j.order_id = row.order_id AND j.left_at IS NULL
        JOIN matter m ON m.matter_id = j.matter_id AND m.ended IS NOT NULL
        ORDER BY row.case_id ON CONFLICT (matter_id) DO NOTHING"""
)
_JOIN = text(
    """WITH given AS (
         SELECT * FROM unnest(CAST(:matter_id AS text[]), CAST(:order_id AS text[]), CAST(:by AS text[]),
                              CAST(:score AS float8[]), CAST(:reasons AS jsonb[]), CAST(:reported AS timestamptz[]))
           AS row (matter_id, order_id, by, score, reasons, reported)),
       touched AS (
         UPDATE matter m SET alive_at = greatest(m.alive_at, :now), at = greatest(m.at, last.at)
         FROM (SELECT matter_id, max(reported) AS at FROM given GROUP BY matter_id) last
         WHERE m.matter_id = last.matter_id)
       INSERT INTO joined (matter_id, order_id, at, by, score, reasons)
       SELECT matter_id, order_id, CAST(:now AS timestamptz), by, score, reasons FROM given
       ON CONFLICT (matter_id, order_id) DO UPDATE SET at = EXCLUDED.at, by = EXCLUDED.by, score = EXCLUDED.score,
         reasons = EXCLUDED.reasons, left_at = NULL"""
)
_LEAVE = text(
    """UPDATE joined SET left_at = :now WHERE matter_id = :matter_id AND order_id = :order_id AND left_at IS NULL
       RETURNING by"""
)
_END = text(
    """UPDATE matter AS m SET ended = row.ended, ended_at = CASE WHEN row.ended IS NULL THEN NULL ELSE row.at END,
              alive_at = greatest(m.alive_at, row.at)
       FROM (SELECT * FROM unnest(CAST(:matter_id AS text[]), CAST(:ended AS text[]), CAST(:at AS timestamptz[]))
               AS given (matter_id, ended, at) ORDER BY matter_id) AS row
       WHERE m.matter_id = row.matter_id"""
)
# Of those in a case, and of those joined to one that is still to be opened. Who can't be told apart counts alone.
_ORDERS_IN = """SELECT o.order_id FROM orders o JOIN (
         SELECT order_id FROM orders WHERE case_id = :matter_id
         UNION SELECT order_id FROM matter WHERE matter_id = :matter_id
         UNION SELECT order_id FROM joined WHERE matter_id = :matter_id AND left_at IS NULL) AS within USING (order_id)
       WHERE o.status NOT IN ('withdrawn', 'returned_to_source', 'declined') AND NOT :matter_id = ANY(o.left_cases)
         AND (o.case_id IS NULL OR o.case_id = :matter_id)"""
_PEOPLE = text(
    f"""SELECT count(DISTINCT coalesce(encode(p.phone_index, 'hex'), o.order_id))
        FROM ({_ORDERS_IN}) AS o LEFT JOIN personal p USING (order_id)"""
)
_OLDEST_IN = text(f"SELECT min(order_id) FROM ({_ORDERS_IN}) AS o")
_BEGUN_BY = text("SELECT 1 FROM matter WHERE matter_id = :matter_id AND order_id = :order_id")
_OF_ORDER = text(
    f"""SELECT {READ} FROM matter m WHERE m.order_id = :order_id
        UNION ALL SELECT {READ} FROM joined j JOIN matter m USING (matter_id)
        WHERE j.order_id = :order_id AND j.left_at IS NULL LIMIT 1"""
)
_STANDING = text(
    f"""SELECT given.matter_id, EXISTS (SELECT FROM orders WHERE case_id = given.matter_id) AS known, counted.people
        FROM unnest(CAST(:ids AS text[])) AS given (matter_id)
        CROSS JOIN LATERAL (
          SELECT count(DISTINCT coalesce(encode(p.phone_index, 'hex'), o.order_id)) AS people
          FROM ({_ORDERS_IN.replace(":matter_id", "given.matter_id")}) AS o LEFT JOIN personal p USING (order_id)) AS counted"""
)
_CASES_KNOWN = text("SELECT DISTINCT case_id FROM orders WHERE case_id = ANY(CAST(:ids AS text[]))")
_CONFIDENTIAL_IN = text(
    """SELECT count(*) AS orders, coalesce(bool_or(CAST(details->>'confidential' AS boolean)), false) AS hidden
       FROM orders WHERE case_id = :case_id"""
)


@dataclass(frozen=True, slots=True)
class Join:
    """`score` is None where the desk saw it by itself."""

    matter_id: str
    order_id: str
    by: str
    score: float | None
    reasons: Sequence[str]
    reported: datetime


async def lock(tx: Tx, signs: Iterable[Sign], metres: float) -> None:
    """Of all ground within so many metres, in one order for everybody."""
    keys = {
        (cell + crc32(sign.concern.encode())) % _LOCKS
        for sign in signs
        for cell in cells_within(sign.lon, sign.lat, metres)
    }
    await tx.execute(_LOCK, {"keys": sorted(keys)})


async def recent(tx: Tx, since: datetime) -> list[Near]:
    """Open ones wherever they are, for an order of which nobody knows where."""
    return [near_of(row) for row in (await tx.execute(_RECENT, {"since": since})).all()]


async def of_order(tx: Tx, order_id: str) -> Near | None:
    """The matter that the order began or was joined to."""
    row = (await tx.execute(_OF_ORDER, {"order_id": order_id})).one_or_none()
    return None if row is None else near_of(row)


async def open_(tx: Tx, begun: Mapping[str, tuple[str, Sign]], now: datetime) -> None:
    """`begun`: matter → its first order and what that shows; one that is there already is shown by this one from now."""
    if not begun:
        return
    columns: dict[str, list[Any]] = {name: [] for name, _ in _COLUMNS}
    for matter_id, (order_id, sign) in begun.items():
        told = {"matter_id": matter_id, "order_id": order_id, "cell": cell_of(sign.lon, sign.lat)}
        for name, values in columns.items():
            values.append(told[name] if name in told else getattr(sign, name))
    columns["telling"] = [" ".join(sorted(telling)) for telling in columns["telling"]]
    await tx.execute(_OPEN, {**columns, "now": now})


async def join(tx: Tx, joins: Sequence[Join], now: datetime) -> None:
    if joins:
        await tx.execute(
            _JOIN,
            {
                "matter_id": [one.matter_id for one in joins],
                "order_id": [one.order_id for one in joins],
                "by": [one.by for one in joins],
                "score": [one.score for one in joins],
                "reasons": [as_text(list(one.reasons)) for one in joins],
                "reported": [one.reported for one in joins],
                "now": now,
            },
        )


async def leave(tx: Tx, matter_id: str, order_id: str, now: datetime) -> str | None:
    """By whom it had been joined; None where it had not been."""
    rows = await tx.execute(_LEAVE, {"matter_id": matter_id, "order_id": order_id, "now": now})
    by: str | None = rows.scalar_one_or_none()
    return by


async def end(tx: Tx, ended: Mapping[str, tuple[str | None, datetime]]) -> None:
    """Case → how it ended and when; None: it goes on."""
    await tx.execute(
        _END,
        {
            "matter_id": list(ended),
            "ended": [how for how, _ in ended.values()],
            "at": [at for _, at in ended.values()],
        },
    )


async def begin_again(tx: Tx, begun: Mapping[str, tuple[str, datetime]]) -> None:
    """Case → the order that it was opened for, and when. Does nothing for cases whose matter is known already."""
    await tx.execute(
        _BEGIN_AGAIN,
        {
            "case_id": list(begun),
            "order_id": [order_id for order_id, _ in begun.values()],
            "at": [at for _, at in begun.values()],
        },
    )


async def people(tx: Tx, matter_id: str) -> int:
    """How many different people reported it."""
    return int((await tx.execute(_PEOPLE, {"matter_id": matter_id})).scalar_one())


async def oldest_in(tx: Tx, matter_id: str) -> str | None:
    found: str | None = (await tx.execute(_OLDEST_IN, {"matter_id": matter_id})).scalar_one()
    return found


async def begun_by(tx: Tx, matter_id: str, order_id: str) -> bool:
    return (await tx.execute(_BEGUN_BY, {"matter_id": matter_id, "order_id": order_id})).one_or_none() is not None


async def standing(tx: Tx, ids: Collection[str]) -> dict[str, tuple[bool, int]]:
    """Of each: whether dispatch has opened it, as far as we have heard, and how many different people reported it."""
    rows = await tx.execute(_STANDING, {"ids": list(ids)})
    return {row.matter_id: (row.known, row.people) for row in rows.all()}


async def cases_known(tx: Tx, ids: Collection[str]) -> set[str]:
    """Those that dispatch has opened, as far as we have heard."""
    return {row.case_id for row in (await tx.execute(_CASES_KNOWN, {"ids": list(ids)})).all()}


async def hidden(tx: Tx, case_id: str) -> bool | None:
    """Whether an order of the case is confidential; None for a case that nobody knows."""
    row = (await tx.execute(_CONFIDENTIAL_IN, {"case_id": case_id})).one()
    return bool(row.hidden) if row.orders else None
