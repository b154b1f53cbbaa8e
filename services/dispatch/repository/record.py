"""The record read back, and its checkpoints."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import text

from services.dispatch.domain.verifying import Stored, Told
from services.dispatch.models import Entry
from services.dispatch.repository import whistles as whistle_repository
from services.dispatch.repository.cases import clocks_of
from services.dispatch.repository.columns import READ, case_of
from services.kit.checkpoints import Checkpoint, Head
from services.kit.db import Tx

# One at a time, in any process: checkpoints are numbered without a gap.
_ALONE = text("SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || '.checkpoint', 0))")
_TAKE = text(
    """DELETE FROM unsealed WHERE ctid = ANY(ARRAY(SELECT ctid FROM unsealed LIMIT :limit))
       RETURNING subject, sequence, hash"""
)
_WAITS = text("SELECT EXISTS (SELECT 1 FROM unsealed)")
_LAST = text("SELECT number, body, hash, signature FROM checkpoint ORDER BY number DESC LIMIT 1")
_KEEP = text("INSERT INTO checkpoint (number, body, hash, signature) VALUES (:number, :body, :hash, :signature)")
_AFTER = text("SELECT number, body, hash, signature FROM checkpoint WHERE number > :after ORDER BY number LIMIT :limit")
_HASHES = text("SELECT number, hash FROM checkpoint")
# Each head as it was sealed beside what is there now: the entry of that number, and the last one.
_BESIDE = text(
    """SELECT h.subject, h.sequence, h.hash, e.hash AS now,
         (SELECT max(l.sequence) FROM entry l WHERE l.subject = h.subject) AS last
       FROM unnest(CAST(:subjects AS text[]), CAST(:sequences AS bigint[]), CAST(:hashes AS bytea[]))
         AS h (subject, sequence, hash)
       LEFT JOIN entry e ON e.subject = h.subject AND e.sequence = h.sequence
       WHERE e.hash IS DISTINCT FROM h.hash ORDER BY h.subject, h.sequence"""
)
# A batch of subjects from wherever one is known, so that nothing can hide by being gone from one place.
_SUBJECTS = text(
    """SELECT subject FROM (
         (SELECT case_id AS subject FROM cases WHERE case_id > :after ORDER BY case_id LIMIT :limit)
         UNION (SELECT whistle_id FROM whistles WHERE case_id IS NULL AND whistle_id > :after
                ORDER BY whistle_id LIMIT :limit)
         UNION (SELECT DISTINCT subject FROM entry WHERE subject > :after ORDER BY subject LIMIT :limit)) AS known
       ORDER BY subject LIMIT :limit"""
)
_SNAPSHOT = text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
_ENTRIES = text("SELECT * FROM entry WHERE subject = ANY(CAST(:subjects AS text[])) ORDER BY subject, sequence")
_CASES = text(f"SELECT {READ} FROM cases c WHERE c.case_id = ANY(CAST(:subjects AS text[]))")
# What a row of somebody else's making brings about in whoever reads it.
_UNREADABLE = (KeyError, TypeError, ValueError, AttributeError)
_SIZE = text("SELECT (SELECT count(*) FROM cases) + (SELECT count(*) FROM whistles WHERE case_id IS NULL)")


@dataclass(frozen=True, slots=True)
class Differing:
    """A sealed head whose entry is not as it was: `now` None when the entry is gone, `last` None when all are."""

    head: Head
    now: bytes | None
    last: int | None


async def alone(tx: Tx) -> None:
    await tx.execute(_ALONE)


async def take_unsealed(tx: Tx, limit: int) -> tuple[list[Head], int]:
    """(the newest head of each subject, how many rows were taken)."""
    rows = (await tx.execute(_TAKE, {"limit": limit})).all()
    newest: dict[str, Head] = {}
    for row in rows:
        held = newest.get(row.subject)
        if held is None or held.sequence < row.sequence:
            newest[row.subject] = Head(row.subject, row.sequence, row.hash)
    return sorted(newest.values()), len(rows)


async def unsealed_waits(tx: Tx) -> bool:
    return bool((await tx.execute(_WAITS)).scalar_one())


async def last_checkpoint(tx: Tx) -> Checkpoint | None:
    row = (await tx.execute(_LAST)).one_or_none()
    return None if row is None else Checkpoint(row.number, row.body, row.hash, row.signature)


async def keep_checkpoint(tx: Tx, made: Checkpoint) -> None:
    await tx.execute(_KEEP, {"number": made.number, "body": made.body, "hash": made.hash, "signature": made.signature})


async def checkpoints(tx: Tx, after: int, limit: int) -> list[Checkpoint]:
    rows = await tx.execute(_AFTER, {"after": after, "limit": limit})
    return [Checkpoint(row.number, row.body, row.hash, row.signature) for row in rows.all()]


async def hashes(tx: Tx) -> dict[int, bytes]:
    """Number → hash of every checkpoint that is kept."""
    return {row.number: row.hash for row in (await tx.execute(_HASHES)).all()}


async def differing(tx: Tx, heads: Sequence[Head]) -> list[Differing]:
    rows = await tx.execute(
        _BESIDE,
        {
            "subjects": [head.subject for head in heads],
            "sequences": [head.sequence for head in heads],
            "hashes": [head.hash for head in heads],
        },
    )
    return [Differing(Head(row.subject, row.sequence, row.hash), row.now, row.last) for row in rows.all()]


async def size(tx: Tx) -> int:
    return int((await tx.execute(_SIZE)).scalar_one())


async def subjects_after(tx: Tx, after: str, limit: int) -> list[str]:
    return [row.subject for row in (await tx.execute(_SUBJECTS, {"after": after, "limit": limit})).all()]


async def snapshot(tx: Tx) -> None:
    """Everything that this transaction reads is of one moment. Its first statement."""
    await tx.execute(_SNAPSHOT)


async def told_of(tx: Tx, subjects: Sequence[str]) -> list[Told]:
    """All that is kept of each: entries, row and whistles."""
    wanted = {"subjects": list(subjects)}
    entries: dict[str, list[Stored]] = {subject: [] for subject in subjects}
    for row in (await tx.execute(_ENTRIES, wanted)).all():
        entry = Entry(row.subject, row.sequence, row.at, row.type, row.text, row.by_name, row.by_role, row.unit)
        entries[row.subject].append(Stored(entry, row.body, row.salts, row.hash))
    try:
        rows = await _rows(tx, subjects)
    except _UNREADABLE:
        rows = {}
        for one in subjects:
            try:
                rows |= await _rows(tx, [one])
            except _UNREADABLE as error:
                rows[one] = Told(one, (), None, unreadable=type(error).__name__)
    return [replace(rows[one], entries=entries[one]) for one in subjects]


async def _rows(tx: Tx, subjects: Sequence[str]) -> dict[str, Told]:
    """Without the entries."""
    clocks = await clocks_of(tx, subjects)
    rows = (await tx.execute(_CASES, {"subjects": list(subjects)})).all()
    cases = {row.case_id: case_of(row, clocks.get(row.case_id, ())) for row in rows}
    whistles = await whistle_repository.of_subjects(tx, subjects)
    return {one: Told(one, (), cases.get(one), whistles.get(one, ())) for one in subjects}
