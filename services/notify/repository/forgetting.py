"""What is kept no longer: feeds as long as the units' topics, the rest as long as a case may still speak."""

from datetime import datetime, timedelta

from sqlalchemy import text

from services.kit.contracts.topics import QUARTER, YEAR
from services.kit.db import Tx

AT_ONCE = 5000
# (table, which rows, how long), on real time as their columns are.
KEPT: tuple[tuple[str, str, timedelta], ...] = (
    ("feed", "created_at < :before", QUARTER),
    ("told", "created_at < :before", QUARTER + timedelta(days=1)),  # after its places in the feeds
    ("delivery", "finished_at < :before", QUARTER),
    ("early", "created_at < :before", QUARTER),
    ("matter", "changed_at < :before", 2 * YEAR),
    ("origin", "changed_at < :before", 2 * YEAR),
    ("member", "changed_at < :before", 2 * YEAR),
    ("answered", "changed_at < :before", 2 * YEAR),
)


async def forget(tx: Tx, table: str, condition: str, before: datetime) -> int:
    """How many rows are gone, AT_ONCE at most."""
    statement = text(
        f"DELETE FROM {table} WHERE ctid = ANY(ARRAY(SELECT ctid FROM {table} WHERE {condition} LIMIT {AT_ONCE}))"
    )
    return (await tx.execute(statement, {"before": before})).rowcount
