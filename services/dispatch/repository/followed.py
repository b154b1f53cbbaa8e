"""How far open cases have followed the fabric.

Opening a case holds the advisory lock shared, beginning a walk takes it alone: when a walk begins, every case that was
opened without knowing of it is there to be walked over, and whoever opens one later is told that it has begun.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import text

from services.dispatch.domain.ground import Box, Ground
from services.dispatch.models import Case
from services.dispatch.repository.columns import READ, case_of
from services.kit.db import Row, Tx

_KEY = "hashtextextended(current_schema() || '.fabric', 0)"
_OPENING = text(f"SELECT pg_advisory_xact_lock_shared({_KEY})")
_BEGINNING = text(f"SELECT pg_advisory_xact_lock({_KEY})")
_READ = text("SELECT version, since, after, done FROM fabric_followed")
_TAKE = text("SELECT version, since, after, done FROM fabric_followed FOR UPDATE SKIP LOCKED")
_KEEP = text("UPDATE fabric_followed SET version = :version, since = :since, after = :after, done = :done")
# The condition is that of the partial index.
_OPEN = text(
    f"""SELECT {READ} FROM cases c WHERE c.state NOT IN ('closed', 'withdrawn') AND c.case_id > :after
        ORDER BY c.case_id LIMIT :limit"""
)
_OPEN_WITHIN = text(
    f"""SELECT {READ} FROM cases c WHERE c.state NOT IN ('closed', 'withdrawn') AND c.case_id > :after
          AND (c.place->>'lon' IS NULL OR c.place->>'lat' IS NULL
            OR (CAST(c.place->>'lon' AS float8) BETWEEN :west AND :east
              AND CAST(c.place->>'lat' AS float8) BETWEEN :south AND :north))
        ORDER BY c.case_id LIMIT :limit"""
)
_NEXT_IDS = text(
    """SELECT case_id FROM cases WHERE state NOT IN ('closed', 'withdrawn') AND case_id > :after
       ORDER BY case_id LIMIT :limit"""
)
_LATE = text("SELECT id, case_id FROM fabric_late ORDER BY id LIMIT :limit")
_COME_LATE = text("INSERT INTO fabric_late (case_id) SELECT unnest(CAST(:cases AS text[]))")
_CAUGHT_UP = text("DELETE FROM fabric_late WHERE id = ANY(CAST(:ids AS bigint[]))")


@dataclass(frozen=True, slots=True)
class Walk:
    """Over all open cases in the order of their ids, once for each ground. `after`: the last one looked at."""

    ground: Ground
    after: str = ""
    done: bool = False


@dataclass(frozen=True, slots=True)
class Late:
    ids: tuple[int, ...]
    cases: tuple[str, ...]


async def opening(tx: Tx) -> Ground:
    """The ground that is walked or has been; until the transaction ends no other walk begins."""
    await tx.execute(_OPENING)
    return (await read(tx)).ground


async def read(tx: Tx) -> Walk:
    return _walk((await tx.execute(_READ)).one())


async def take(tx: Tx) -> Walk | None:
    """This transaction's to go on with; None while another process has it in hand."""
    row = (await tx.execute(_TAKE)).one_or_none()
    return None if row is None else _walk(row)


async def begin(tx: Tx, walk: Walk) -> None:
    """Waits for those who are opening cases; commit at once, for they wait too."""
    await tx.execute(_BEGINNING)
    await keep(tx, walk)


async def keep(tx: Tx, walk: Walk) -> None:
    await tx.execute(
        _KEEP,
        {
            "version": walk.ground.version,
            "since": walk.ground.since,
            "after": walk.after,
            "done": walk.done,
        },
    )


async def open_after(tx: Tx, after: str, limit: int, box: Box | None = None) -> list[Case]:
    """The next open cases, without their clocks and not locked; of those with a position only the ones in the box."""
    arguments: dict[str, str | int | float] = {"after": after, "limit": limit}
    if box is not None:
        arguments |= dict(zip(("west", "south", "east", "north"), box, strict=True))
    return [case_of(row, ()) for row in (await tx.execute(_OPEN if box is None else _OPEN_WITHIN, arguments)).all()]


async def next_ids(tx: Tx, after: str, limit: int) -> list[str]:
    """As `open_after`, without reading what may be unreadable."""
    return [row.case_id for row in (await tx.execute(_NEXT_IDS, {"after": after, "limit": limit})).all()]


async def come_late(tx: Tx, cases: Sequence[str]) -> None:
    await tx.execute(_COME_LATE, {"cases": list(cases)})


async def late(tx: Tx, limit: int) -> Late:
    rows = (await tx.execute(_LATE, {"limit": limit})).all()
    return Late(tuple(row.id for row in rows), tuple(row.case_id for row in rows))


async def caught_up(tx: Tx, ids: Sequence[int]) -> None:
    await tx.execute(_CAUGHT_UP, {"ids": list(ids)})


def _walk(row: Row) -> Walk:
    return Walk(Ground(row.version, row.since), row.after, row.done)
