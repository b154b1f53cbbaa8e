"""What is kept of cases and of orders from one event to the next."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

import orjson
from sqlalchemy import text

from services.kit.db import Tx
from services.notify.domain.callbacks import Callback, Origin
from services.notify.domain.matter import Matter, as_json, from_json

# The partitions' offset rows are locked by then: nobody else works on these cases.
_MATTERS = text("SELECT case_id, known FROM matter WHERE case_id = ANY(CAST(:cases AS text[]))")
_SAVE_MATTERS = text(
    """INSERT INTO matter (case_id, known)
       SELECT * FROM unnest(CAST(:cases AS text[]), CAST(:known AS jsonb[]))
       ON CONFLICT (case_id) DO UPDATE SET known = EXCLUDED.known, changed_at = clock_timestamp()"""
)
_ORIGINS = text(
    """SELECT order_id, source, callback_url, sandbox, entered, gone FROM origin
       WHERE order_id = ANY(CAST(:orders AS text[])) ORDER BY order_id FOR UPDATE"""
)
_CLAIM = text(
    """INSERT INTO origin (order_id) SELECT unnest(CAST(:orders AS text[])) AS order_id ORDER BY order_id
       ON CONFLICT DO NOTHING"""
)
_SAVE_ORIGINS = text(
    """UPDATE origin AS o SET source = row.source, callback_url = row.callback_url, sandbox = row.sandbox,
              entered = row.entered, changed_at = clock_timestamp()
       FROM unnest(CAST(:orders AS text[]), CAST(:sources AS text[]), CAST(:urls AS text[]),
                   CAST(:sandboxes AS boolean[]), CAST(:entered AS boolean[]))
            AS row (order_id, source, callback_url, sandbox, entered)
       WHERE o.order_id = row.order_id"""
)
_KEEP_EARLY = text(
    """INSERT INTO early (order_id, event_id, name, event)
       SELECT order_id, event_id, name, event
       FROM unnest(CAST(:orders AS text[]), CAST(:events_ids AS text[]), CAST(:names AS text[]),
                   CAST(:events AS json[])) WITH ORDINALITY AS row (order_id, event_id, name, event, ord)
       ORDER BY ord"""
)
_TAKE_EARLY = text(
    """DELETE FROM early WHERE order_id = ANY(CAST(:orders AS text[]))
       RETURNING id, order_id, event_id, name, CAST(event AS text) AS event"""
)


async def matters(tx: Tx, cases: Sequence[str]) -> dict[str, Matter]:
    rows = await tx.execute(_MATTERS, {"cases": list(cases)})
    return {row.case_id: from_json(row.known) for row in rows.all()}


async def save_matters(tx: Tx, changed: Mapping[str, Matter]) -> None:
    if changed:
        known = [orjson.dumps(as_json(matter)).decode() for matter in changed.values()]
        await tx.execute(_SAVE_MATTERS, {"cases": list(changed), "known": known})


async def origins(tx: Tx, orders: Sequence[str]) -> dict[str, Origin]:
    """Locked, in sorted order; an order never heard of gets an empty row, so that its two topics meet in one lock."""
    wanted = {"orders": sorted(orders)}
    rows = (await tx.execute(_ORIGINS, wanted)).all()
    if len(rows) < len(orders):
        await tx.execute(_CLAIM, wanted)
        rows = (await tx.execute(_ORIGINS, wanted)).all()
    return {
        row.order_id: Origin(row.order_id, row.source, row.callback_url, row.sandbox, row.entered, row.gone)
        for row in rows
    }


async def save_origins(tx: Tx, changed: Mapping[str, Origin]) -> None:
    if changed:
        await tx.execute(
            _SAVE_ORIGINS,
            {
                "orders": list(changed),
                "sources": [origin.source for origin in changed.values()],
                "urls": [origin.callback_url for origin in changed.values()],
                "sandboxes": [origin.sandbox for origin in changed.values()],
                "entered": [origin.entered for origin in changed.values()],
            },
        )


async def keep_early(tx: Tx, callbacks: Sequence[Callback]) -> None:
    if callbacks:
        await tx.execute(
            _KEEP_EARLY,
            {
                "orders": [callback.order_id for callback in callbacks],
                "events_ids": [callback.event_id for callback in callbacks],
                "names": [callback.name for callback in callbacks],
                "events": [callback.event for callback in callbacks],
            },
        )


async def take_early(tx: Tx, orders: Sequence[str]) -> dict[str, list[Callback]]:
    """What was kept for these orders, in its order; the orders' rows must be locked."""
    taken: defaultdict[str, list[Callback]] = defaultdict(list)
    if orders:
        rows = (await tx.execute(_TAKE_EARLY, {"orders": list(orders)})).all()
        for row in sorted(rows, key=lambda row: row.id):
            taken[row.order_id].append(Callback(row.order_id, row.event_id, row.name, row.event))
    return taken
