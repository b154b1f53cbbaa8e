"""One case with all that an action on it needs to know. Two questions: the first locks it; only the second, asked when the
lock is held, sees what stands beside it as it is then."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import text

from services.dispatch.models import Case, Entry, OrderLink
from services.dispatch.repository.columns import CLOCK_STORED, LINK, READ, case_of, clock_of, link_of, names
from services.dispatch.repository.reading import ENTRY, TIMELINE
from services.dispatch.repository.remembered import Remembered
from services.kit.db import Tx

# By the id alone: a list of ids would be planned anew each time, for more than finding the case costs.
_LOCKED = text(f"SELECT {READ} FROM cases c WHERE c.case_id = :case_id FOR UPDATE")
_BESIDE = text(
    f"""SELECT ARRAY(SELECT ROW({names(CLOCK_STORED)}) FROM clock WHERE case_id = :case_id
                     ORDER BY round, started, due) AS clocks,
               ARRAY(SELECT ROW({", ".join(LINK)}) FROM case_order WHERE case_id = :case_id
                     ORDER BY since, order_id) AS links,
               ARRAY(SELECT ROW({ENTRY}) FROM entry WHERE subject = :case_id
                     ORDER BY sequence DESC LIMIT {TIMELINE}) AS entries,
               (SELECT ROW(fingerprint, answer) FROM remembered
                WHERE key_id = :key_id AND idempotency_key = :key) AS remembered"""
)


@dataclass(frozen=True, slots=True)
class AtHand:
    """`links`: the orders that ever were in it; `timeline`: its last TIMELINE entries, in their order; `remembered`: what
    was answered under the caller's key."""

    case: Case
    links: tuple[OrderLink, ...]
    timeline: tuple[Entry, ...]
    remembered: Remembered | None


async def take(tx: Tx, case_id: str, key_id: str, key: str | None) -> AtHand | None:
    """Locked to the end of the transaction."""
    row = (await tx.execute(_LOCKED, {"case_id": case_id})).one_or_none()
    if row is None:
        return None
    beside: Any = (await tx.execute(_BESIDE, {"case_id": case_id, "key_id": key_id, "key": key})).one()
    return AtHand(
        case_of(row, tuple(map(clock_of, beside.clocks))),
        tuple(map(link_of, beside.links)),
        tuple(Entry(*values) for values in reversed(beside.entries)),
        None if beside.remembered is None else Remembered(*beside.remembered),
    )
