"""Sources and what they have used of their quotas."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import text

from services.intake.domain.sources import FieldRule, Source, Span
from services.intake.repository.columns import as_text
from services.kit.db import Row, Tx

Used = tuple[str, Span, datetime]
"""Source, span and where it began."""

_ALL = text("SELECT source, version, settings FROM source")
_ONE = text("SELECT source, version, settings FROM source WHERE source = :source")
# Both statements are a compare-and-set: of two who write the same version one meets no row.
_ADD = text(
    """INSERT INTO source (source, version, settings, changed_at, changed_by)
       VALUES (:source, 1, CAST(:settings AS jsonb), :now, :by) ON CONFLICT DO NOTHING RETURNING version"""
)
_CHANGE = text(
    """UPDATE source SET version = version + 1, settings = CAST(:settings AS jsonb), changed_at = :now,
              changed_by = :by
       WHERE source = :source AND (CAST(:wanted AS int) IS NULL OR version = :wanted) RETURNING version"""
)
_TAKE = text(
    """INSERT INTO source_usage (source, span, since, taken)
       SELECT source, span, since, taken
       FROM unnest(CAST(:sources AS text[]), CAST(:spans AS text[]), CAST(:since AS timestamptz[]),
                   CAST(:taken AS bigint[])) AS row (source, span, since, taken)
       ORDER BY source, span, since
       ON CONFLICT (source, span, since) DO UPDATE SET taken = source_usage.taken + EXCLUDED.taken"""
)
_USED = text(
    """SELECT source, span, since, taken FROM source_usage
       WHERE since IN (CAST(:minute AS timestamptz), CAST(:day AS timestamptz))"""
)
_FORGET = text("DELETE FROM source_usage WHERE since < :before")


async def everyone(tx: Tx) -> dict[str, Source]:
    return {row.source: _source(row) for row in (await tx.execute(_ALL)).all()}


async def one(tx: Tx, source: str) -> Source | None:
    row = (await tx.execute(_ONE, {"source": source})).one_or_none()
    return None if row is None else _source(row)


async def put(tx: Tx, source: Source, wanted: int | None, by: str, now: datetime) -> tuple[int, bool] | None:
    """(version, whether it is new); None when `wanted` is not the version that is there."""
    given = {"source": source.source, "settings": as_text(as_json(source)), "now": now, "by": by}
    if wanted is None and (added := (await tx.execute(_ADD, given)).scalar_one_or_none()) is not None:
        return int(added), True
    changed = (await tx.execute(_CHANGE, {**given, "wanted": wanted})).scalar_one_or_none()
    return None if changed is None else (int(changed), False)


async def take(tx: Tx, taken: Mapping[Used, int]) -> None:
    """Adds to what is there, in one order for everybody."""
    if taken:
        await tx.execute(
            _TAKE,
            {
                "sources": [used[0] for used in taken],
                "spans": [used[1] for used in taken],
                "since": [used[2] for used in taken],
                "taken": list(taken.values()),
            },
        )


async def used(tx: Tx, minute: datetime, day: datetime) -> dict[Used, int]:
    rows = await tx.execute(_USED, {"minute": minute, "day": day})
    return {(row.source, row.span, row.since): row.taken for row in rows.all()}


async def forget(tx: Tx, before: datetime) -> None:
    await tx.execute(_FORGET, {"before": before})


def as_json(source: Source) -> dict[str, Any]:
    return {
        "name": source.name,
        "channel": source.channel,
        "per_minute": source.per_minute,
        "per_day": source.per_day,
        "fields": {
            ours: {"path": rule.path, "values": dict(rule.values), "format": rule.format}
            for ours, rule in source.fields.items()
        },
        "callback_url": source.callback_url,
        "sandbox": source.sandbox,
    }


def _source(row: Row) -> Source:
    told = dict(row.settings)
    fields = {ours: FieldRule(**rule) for ours, rule in told.pop("fields").items()}
    return Source(row.source, fields=fields, version=row.version, **told)
