"""What each resolve limit of a case counts for in the rates: one narrow row, refreshed from the case whenever that has
changed in the same transaction, so that figures read a month without touching the cases."""

from collections.abc import Collection

from sqlalchemy import text

from services.kit.db import Tx

_COLUMNS = (
    "case_id, round, due, resolve, next_due, next_resolve, contact_due, contact, unit, grid, street, concern, channel,"
    " answered, solved, satisfied, fair, pending, recurred, excluded"
)
# Whoever had it first answers for it, wherever it has climbed since. What a round was before the next one began stands
# beside it: of two that fell due in one period the later counts. A verdict without a word on satisfaction is a plain one.
_FRESH = """
    SELECT k.case_id, k.round, k.due, k.state AS resolve, n.due AS next_due, n.state AS next_resolve,
           t.due AS contact_due, t.state AS contact, coalesce(c.course->'climbed_from'->>0, c.lead) AS unit,
           c.place->'grids'->>'comprehensive' AS grid, c.place->'grids'->>'street' AS street, c.concern, c.channel,
           o.answered, o.solved, o.satisfied, o.fair, o.pending,
           coalesce(CAST(c.course->>'recurrences' AS int), 0) > 0 AS recurred, c.excluded
    FROM {schema}clock k JOIN {schema}cases c ON c.case_id = k.case_id
    LEFT JOIN {schema}clock t
      ON t.case_id = k.case_id AND t.round = k.round AND t.kind = 'contact' AND NOT t.ended
    LEFT JOIN LATERAL (
      SELECT l.due, l.state FROM {schema}clock l
      WHERE l.case_id = k.case_id AND l.round > k.round AND l.kind = 'resolve' AND NOT l.ended
      ORDER BY l.round LIMIT 1) n ON true
    CROSS JOIN LATERAL (
      SELECT count(*) FILTER (WHERE resolved IS NOT NULL) AS answered, count(*) FILTER (WHERE resolved) AS solved,
             count(*) FILTER (WHERE satisfaction = 'satisfied' OR satisfaction IS NULL AND resolved) AS satisfied,
             count(*) FILTER (WHERE resolved IS NOT NULL AND satisfaction = 'fair') AS fair,
             count(*) FILTER (WHERE resolved IS NULL AND live AND NOT anonymous) AS pending
      FROM {schema}case_order WHERE case_id = k.case_id) o
    WHERE k.kind = 'resolve' AND NOT k.ended AND c.state <> 'withdrawn'"""
_CHANGING = [name.strip() for name in _COLUMNS.split(",") if name.strip() not in ("case_id", "round")]
_REFRESH = text(
    f"""WITH fresh AS ({_FRESH.format(schema="")} AND k.case_id = ANY(CAST(:ids AS text[]))),
        gone AS (
          DELETE FROM rated r WHERE r.case_id = ANY(CAST(:ids AS text[])) AND NOT EXISTS (
            SELECT FROM fresh f WHERE f.case_id = r.case_id AND f.round = r.round))
        INSERT INTO rated AS r ({_COLUMNS}) SELECT {_COLUMNS} FROM fresh
        ON CONFLICT (case_id, round) DO UPDATE SET {", ".join(f"{name} = EXCLUDED.{name}" for name in _CHANGING)}
        WHERE ROW({", ".join(f"r.{name}" for name in _CHANGING)})
          IS DISTINCT FROM ROW({", ".join(f"EXCLUDED.{name}" for name in _CHANGING)})"""
)
_DIFFERENT = text(
    f"""WITH fresh AS ({_FRESH.format(schema="")} AND k.case_id = ANY(CAST(:ids AS text[]))),
        held AS (SELECT {_COLUMNS} FROM rated WHERE case_id = ANY(CAST(:ids AS text[])))
        SELECT DISTINCT coalesce(f.case_id, h.case_id) AS case_id
        FROM fresh f FULL JOIN held h ON h.case_id = f.case_id AND h.round = f.round
        WHERE ROW({", ".join(f"f.{name}" for name in _CHANGING)})
          IS DISTINCT FROM ROW({", ".join(f"h.{name}" for name in _CHANGING)})"""
)


async def refresh(tx: Tx, ids: Collection[str]) -> None:
    """Of cases that are locked, after they, their clocks and their orders were written."""
    if ids:
        await tx.execute(_REFRESH, {"ids": sorted(ids)})


async def different(tx: Tx, ids: Collection[str]) -> list[str]:
    """Cases of these whose rows are not what they would be if made anew."""
    return [row.case_id for row in (await tx.execute(_DIFFERENT, {"ids": list(ids)})).all()]
