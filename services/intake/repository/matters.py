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
from services.kit.db import Row, Tx

# Advisory locks have a space of their own with two numbers; the second is the ground's. So few that a thousand orders
# at once can't use up the server's room for locks.
_SPACE, _LOCKS = 0x6D74, 512
_MOST_NEAR, _MOST_OF_CALLER, _MOST_UNPLACED = 30, 20, 2000

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
_READ = ", ".join(f"m.{name}" for name, _ in _COLUMNS if name != "cell") + ", m.ended, m.ended_at"
_LOCK = text(f"SELECT pg_advisory_xact_lock({_SPACE}, key) FROM unnest(CAST(:keys AS int[])) AS key")
_NEAR = text(
    f"""SELECT a.n, m.* FROM unnest(CAST(:n AS int[]), CAST(:cell AS bigint[]), CAST(:concern AS text[]))
             AS a (n, cell, concern)
        CROSS JOIN LATERAL (
          SELECT {_READ} FROM matter m
          WHERE m.cell = a.cell AND m.concern = a.concern AND m.alive_at > :since
          ORDER BY m.alive_at DESC LIMIT {_MOST_NEAR}) m"""
)
_OF_CALLER = text(
    f"""SELECT a.n, {_READ} FROM unnest(CAST(:n AS int[]), CAST(:order_id AS text[]), CAST(:concern AS text[]))
             AS a (n, order_id, concern)
        JOIN personal mine ON mine.order_id = a.order_id AND mine.phone_index IS NOT NULL
        CROSS JOIN LATERAL (
          SELECT order_id FROM personal p WHERE p.phone_index = mine.phone_index AND p.order_id < a.order_id
          ORDER BY p.order_id DESC LIMIT {_MOST_OF_CALLER}) before
        JOIN orders o ON o.order_id = before.order_id AND o.case_id IS NOT NULL
        JOIN matter m ON m.matter_id = o.case_id AND m.concern = a.concern AND m.ended = 'closed'"""
)
_RECENT = text(f"SELECT {_READ} FROM matter m WHERE m.ended IS NULL AND m.alive_at > :since LIMIT {_MOST_UNPLACED}")
_TYPED = ", ".join(f"CAST(:{name} AS {kind}[])" for name, kind in _COLUMNS)
_GIVEN = ", ".join("string_to_array(telling, ' ')" if name == "telling" else name for name, _ in _COLUMNS)
_OPEN = text(
    f"""INSERT INTO matter ({_NAMES}, alive_at)
        SELECT {_GIVEN}, CAST(:now AS timestamptz) FROM unnest({_TYPED}) AS row ({_NAMES})
        ON CONFLICT (matter_id) DO UPDATE SET
          {", ".join(f"{name} = EXCLUDED.{name}" for name, _ in _COLUMNS if name != "matter_id")}"""
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
    f"""SELECT {_READ} FROM matter m WHERE m.order_id = :order_id
        UNION ALL SELECT {_READ} FROM joined j JOIN matter m USING (matter_id)
        WHERE j.order_id = :order_id AND j.left_at IS NULL LIMIT 1"""
)
_CASES_KNOWN = text("SELECT DISTINCT case_id FROM orders WHERE case_id = ANY(CAST(:ids AS text[]))")
_CONFIDENTIAL_IN = text(
    """SELECT count(*) AS orders, coalesce(bool_or(CAST(details->>'confidential' AS boolean)), false) AS hidden
       FROM orders WHERE case_id = :case_id"""
)


@dataclass(frozen=True, slots=True)
class Near:
    """A matter that may be the same; `ended`: how its case ended, None while it is open."""

    matter_id: str
    order_id: str
    sign: Sign
    ended: str | None = None
    ended_at: datetime | None = None


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


async def near(tx: Tx, signs: Sequence[Sign], metres: float, since: datetime) -> dict[int, list[Near]]:
    """For each by its place in `signs`: what is of its concern, lies within so many metres or little more, and moved
    after `since`; the latest of each cell. What several are near to is read once and is one object."""
    asked = [[(cell, sign.concern) for cell in cells_within(sign.lon, sign.lat, metres)] for sign in signs]
    wanted = list(dict.fromkeys(pair for pairs in asked for pair in pairs))
    rows = await tx.execute(
        _NEAR,
        {
            "n": list(range(len(wanted))),
            "cell": [cell for cell, _ in wanted],
            "concern": [concern for _, concern in wanted],
            "since": since,
        },
    )
    held = {wanted[number]: found for number, found in _by_number(rows.all()).items()}
    return {n: [one for pair in pairs for one in held.get(pair, ())] for n, pairs in enumerate(asked)}


async def of_caller(tx: Tx, orders: Sequence[tuple[str, str]]) -> dict[int, list[Near]]:
    """`orders`: (order, concern). What the same caller reported before, of the same concern, in cases closed since."""
    rows = await tx.execute(
        _OF_CALLER,
        {
            "n": list(range(len(orders))),
            "order_id": [order_id for order_id, _ in orders],
            "concern": [concern for _, concern in orders],
        },
    )
    return _by_number(rows.all())


async def recent(tx: Tx, since: datetime) -> list[Near]:
    """Open ones wherever they are, for an order of which nobody knows where."""
    return [_near(row) for row in (await tx.execute(_RECENT, {"since": since})).all()]


async def of_order(tx: Tx, order_id: str) -> Near | None:
    """The matter that the order began or was joined to."""
    row = (await tx.execute(_OF_ORDER, {"order_id": order_id})).one_or_none()
    return None if row is None else _near(row)


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


async def people(tx: Tx, matter_id: str) -> int:
    """How many different people reported it."""
    return int((await tx.execute(_PEOPLE, {"matter_id": matter_id})).scalar_one())


async def oldest_in(tx: Tx, matter_id: str) -> str | None:
    found: str | None = (await tx.execute(_OLDEST_IN, {"matter_id": matter_id})).scalar_one()
    return found


async def begun_by(tx: Tx, matter_id: str, order_id: str) -> bool:
    return (await tx.execute(_BEGUN_BY, {"matter_id": matter_id, "order_id": order_id})).one_or_none() is not None


async def cases_known(tx: Tx, ids: Collection[str]) -> set[str]:
    """Those that dispatch has opened, as far as we have heard."""
    return {row.case_id for row in (await tx.execute(_CASES_KNOWN, {"ids": list(ids)})).all()}


async def hidden(tx: Tx, case_id: str) -> bool | None:
    """Whether an order of the case is confidential; None for a case that nobody knows."""
    row = (await tx.execute(_CONFIDENTIAL_IN, {"case_id": case_id})).one()
    return bool(row.hidden) if row.orders else None


def _by_number(rows: Iterable[Row]) -> dict[int, list[Near]]:
    found: dict[int, list[Near]] = {}
    for row in rows:
        found.setdefault(row["n"], []).append(_near(row))
    return found


def _near(row: Row) -> Near:
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
