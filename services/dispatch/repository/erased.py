"""Citizens' words blanked in what is kept of a case: who did what when stays."""

from collections.abc import Sequence

from sqlalchemy import text

from services.kit.db import Tx

_CASES = text("UPDATE cases SET title = '', summary = '', words = '' WHERE case_id = ANY(CAST(:cases AS text[]))")
# Without the salt nobody can try out what the words may have been; that of the name stays.
_ENTRIES = text(
    """UPDATE entry SET text = '', salts = decode(repeat('00', 16), 'hex') || substring(salts FROM 17) WHERE subject = ANY(CAST(:cases AS text[]))
         AND (by_role = 'citizen' OR type = 'case.opened')"""
)


async def blank(tx: Tx, cases: Sequence[str]) -> None:
    """Must be locked."""
    if cases:
        await tx.execute(_CASES, {"cases": list(cases)})
        await tx.execute(_ENTRIES, {"cases": list(cases)})
