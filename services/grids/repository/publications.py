"""Versions, what was last sent of each key, and the lock that lets one writer at a time through."""

import json
from collections.abc import Callable, Sequence

from sqlalchemy import text

from services.grids.domain.publication import Author, Entry, Publication
from services.grids.models import LastPublication
from services.kit.db import Tx

_PATIENCE = text("SET LOCAL lock_timeout = '50s'")
_TRY = text("SELECT pg_try_advisory_xact_lock(hashtextextended('grids.publication', 0))")
_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended('grids.publication', 0))")
_LAST = text("SELECT version, at FROM publication ORDER BY version DESC LIMIT 1")
_ENTRIES = text("SELECT key, digest, sequence FROM entry")
_ADD = text(
    """INSERT INTO publication (version, at, what, by_key, by_name, sent, overlay, file, counts, codes)
       VALUES (:version, :at, :what, :by_key, :by_name, :sent, :overlay, :file, CAST(:counts AS jsonb),
               CAST(:codes AS jsonb))"""
)
_SENT = text(
    """INSERT INTO entry (key, digest, sequence)
       SELECT * FROM unnest(CAST(:keys AS text[]), CAST(:digests AS text[]), CAST(:sequences AS bigint[]))
       ON CONFLICT (key) DO UPDATE SET digest = EXCLUDED.digest, sequence = EXCLUDED.sequence"""
)
_SECTION = text("SELECT version FROM section WHERE name = :name")
_MOVE_SECTIONS = text(
    """INSERT INTO section (name, version) SELECT name, :version FROM unnest(CAST(:names AS text[])) AS row (name)
       ON CONFLICT (name) DO UPDATE SET version = EXCLUDED.version"""
)


async def lock(tx: Tx, waits: Callable[[], None] = lambda: None) -> None:
    """Held to the end of the transaction. An import of a whole city may be before us, so the wait is longer than
    usual; `waits` is called when there is one."""
    if (await tx.execute(_TRY)).scalar_one():
        return
    waits()
    await tx.execute(_PATIENCE)
    await tx.execute(_LOCK)


async def last(tx: Tx) -> LastPublication:
    row = (await tx.execute(_LAST)).one_or_none()
    return LastPublication(0, None) if row is None else LastPublication(row.version, row.at)


async def entries(tx: Tx) -> dict[str, Entry]:
    return {row.key: Entry(row.digest, row.sequence) for row in (await tx.execute(_ENTRIES)).all()}


async def record(tx: Tx, publication: Publication, digests: Sequence[str | None], author: Author) -> None:
    """`digests` of the sendings, in their order."""
    origin = publication.origin
    await tx.execute(
        _ADD,
        {
            "version": publication.version,
            "at": publication.at,
            "what": author.what,
            "by_key": author.by_key,
            "by_name": author.by,
            "sent": len(publication.sendings),
            "overlay": origin.get("overlay"),
            "file": origin.get("file"),
            "counts": json.dumps(origin.get("counts", {})),
            "codes": json.dumps(origin.get("codes", {}), ensure_ascii=False),
        },
    )
    await tx.execute(
        _SENT,
        {
            "keys": [sending.key for sending in publication.sendings],
            "digests": list(digests),
            "sequences": [sending.sequence for sending in publication.sendings],
        },
    )


async def section_version(tx: Tx, name: str) -> int | None:
    found: int | None = (await tx.execute(_SECTION, {"name": name})).scalar_one_or_none()
    return found


async def move_sections(tx: Tx, names: Sequence[str], version: int) -> None:
    if names:
        await tx.execute(_MOVE_SECTIONS, {"names": list(names), "version": version})


def overlay_section(overlay: str) -> str:
    return f"overlay/{overlay}"
