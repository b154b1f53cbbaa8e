"""The rolls of cases that several orders are in."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from sqlalchemy import text

from services.kit.db import Tx
from services.notify.domain.members import Roll

# The partitions' offset rows are locked by then: nobody else works on these cases.
_OF = text(
    "SELECT case_id, order_id FROM member WHERE case_id = ANY(CAST(:cases AS text[])) ORDER BY case_id, position"
)
_EMPTY = text("DELETE FROM member WHERE case_id = ANY(CAST(:cases AS text[]))")
_OUT = text(
    """DELETE FROM member AS m USING unnest(CAST(:cases AS text[]), CAST(:orders AS text[])) AS row (case_id, order_id)
       WHERE m.case_id = row.case_id AND m.order_id = row.order_id"""
)
_IN = text(
    """INSERT INTO member (case_id, order_id)
       SELECT * FROM unnest(CAST(:cases AS text[]), CAST(:orders AS text[])) ON CONFLICT DO NOTHING"""
)


async def of(tx: Tx, cases: Sequence[str]) -> dict[str, list[str]]:
    """One for each case, in the order in which they came."""
    found: defaultdict[str, list[str]] = defaultdict(list, {case_id: [] for case_id in cases})
    if cases:
        for row in (await tx.execute(_OF, {"cases": list(cases)})).all():
            found[row.case_id].append(row.order_id)
    return found


async def save(tx: Tx, changed: Mapping[str, Roll]) -> None:
    anew = [case_id for case_id, roll in changed.items() if roll.anew]
    out = [(case_id, order_id) for case_id, roll in changed.items() for order_id in roll.went]
    into = [(case_id, order_id) for case_id, roll in changed.items() for order_id in roll.came]
    if anew:
        await tx.execute(_EMPTY, {"cases": anew})
    for statement, pairs in ((_OUT, out), (_IN, into)):
        if pairs:
            cases, orders = zip(*pairs, strict=True)
            await tx.execute(statement, {"cases": list(cases), "orders": list(orders)})
