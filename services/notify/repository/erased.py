"""Citizens' words blanked in feeds and deliveries. Rare: both tables are read through, for no index is worth being
written with every event for this."""

from collections.abc import Sequence

from sqlalchemy import text

from services.kit.db import Tx

_EVENT = "CAST(t.event AS jsonb)"
_MATTER = "key IN ('title', 'summary', 'content')"
# The sentence of an event is a citizen's where a citizen did it, and where the case was opened with it.
_SENTENCE = f"""key = 'text' AND ({_EVENT}->'data'->>'by' = '市民' OR {_EVENT}->>'type' LIKE 'duoge.case.opened.%'
                                  OR {_EVENT}->>'type' LIKE 'duoge.order.%')"""
# As Place.roughly has it.
_ROUGHLY = """value || jsonb_build_object('address', NULL, 'lon', round(CAST(value->>'lon' AS numeric), 3),
                                       'lat', round(CAST(value->>'lat' AS numeric), 3))"""
_BARE = f"""CAST(jsonb_set({_EVENT}, '{{data}}', (
      SELECT jsonb_object_agg(key, CASE WHEN jsonb_typeof(value) = 'string' AND ({_MATTER} OR {_SENTENCE})
                                        THEN CAST('""' AS jsonb)
                                        WHEN key = 'place' AND jsonb_typeof(value) = 'object' THEN {_ROUGHLY}
                                        ELSE value END)
      FROM jsonb_each({_EVENT}->'data'))) AS json)"""
_TOLD = text(f"UPDATE told AS t SET event = {_BARE} WHERE t.case_id = ANY(CAST(:cases AS text[]))")
_DELIVERIES = text(f"UPDATE delivery AS t SET event = {_BARE} WHERE t.subject = ANY(CAST(:subjects AS text[]))")


async def blank(tx: Tx, cases: Sequence[str], orders: Sequence[str]) -> None:
    """What units were told of these cases, and the sources of these orders. Last of
    a batch: what it blanks may have come in the same one."""
    if cases:
        await tx.execute(_TOLD, {"cases": list(cases)})
    if cases or orders:
        await tx.execute(_DELIVERIES, {"subjects": [*cases, *orders]})
