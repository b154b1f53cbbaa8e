"""Cases read, one with its timeline."""

from collections.abc import Sequence

from sqlalchemy import text

from services.dispatch.models import Case, Entry
from services.dispatch.repository.cases import clocks_of
from services.dispatch.repository.columns import READ, case_of
from services.kit.db import Tx

_ONE = text(f"SELECT {READ} FROM cases c WHERE c.case_id = :case_id")
ENTRY = "subject, sequence, at, type, text, by_name, by_role, unit"
_TIMELINE = text(
    f"""SELECT {ENTRY} FROM entry WHERE subject = :subject AND sequence < :before ORDER BY sequence DESC LIMIT :limit"""
)
_TIMELINES = text(
    f"""SELECT e.* FROM unnest(CAST(:subjects AS text[])) AS s (subject) CROSS JOIN LATERAL (
          SELECT {ENTRY} FROM entry WHERE entry.subject = s.subject ORDER BY sequence DESC LIMIT :limit) e
        ORDER BY e.subject, e.sequence"""
)
# As long a timeline as a case shows with it; what is earlier is read in pages.
TIMELINE = 1000
_END = 2**62


async def one(tx: Tx, case_id: str) -> Case | None:
    row = (await tx.execute(_ONE, {"case_id": case_id})).one_or_none()
    return None if row is None else case_of(row, (await clocks_of(tx, [case_id])).get(case_id, ()))


async def timeline(tx: Tx, subject: str, before: int = _END, limit: int = TIMELINE) -> list[Entry]:
    """The last `limit` entries before the one of that number, in their order."""
    rows = await tx.execute(_TIMELINE, {"subject": subject, "before": before, "limit": limit})
    return [Entry(**row._mapping) for row in reversed(rows.all())]


async def timelines(tx: Tx, subjects: Sequence[str], limit: int) -> dict[str, list[Entry]]:
    """Of each subject its last `limit` entries, in their order."""
    found: dict[str, list[Entry]] = {subject: [] for subject in subjects}
    for row in (await tx.execute(_TIMELINES, {"subjects": list(subjects), "limit": limit})).all():
        found[row.subject].append(Entry(**row._mapping))
    return found
