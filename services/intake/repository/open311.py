"""Orders as GeoReport lists them, what cases say of them, and which updates have come."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text

from services.intake.models import Order
from services.intake.repository.columns import READ, order_of
from services.kit.db import Row, Tx

_SHOWN = f"SELECT {READ}, o.progress, c.lead, c.due"
_CARD = "LEFT JOIN case_card c ON c.case_id = o.case_id"
# Whose own it is sees it whatever it is.
_PUBLIC = """(o.source = CAST(:viewer AS text) OR CAST(:everything AS boolean) OR (
               NOT CAST(o.details ->> 'confidential' AS boolean) AND NOT o.details ? 'sandbox'
               AND (o.kind IS NULL OR o.kind <> ALL(CAST(:hidden_kinds AS text[])))
               AND (CAST(:channels AS text[]) IS NULL OR o.channel = ANY(CAST(:channels AS text[])))))"""
_CONCERN = "coalesce(o.classified ->> 'concern', 'OTHER')"
_FILTERS = {
    "statuses": "o.status = ANY(CAST(:statuses AS text[]))",
    "concerns": f"{_CONCERN} = ANY(CAST(:concerns AS text[]))",
    "start": "o.reported_at >= :start",
    "end": "o.reported_at <= :end",
    "updated_after": "o.changed_at > :updated_after",
    "updated_before": "o.changed_at < :updated_before",
}
_BY_ID = text(
    f"""{_SHOWN} FROM orders o {_CARD} WHERE o.order_id = ANY(CAST(:ids AS text[])) AND {_PUBLIC}
        ORDER BY o.reported_at DESC, o.order_id DESC"""
)
# The channel stands in the words: a plan made for any channel would not find the index of this one.
_STEPS = text(
    f"""SELECT {READ}, s.place - 1 AS place, s.step
        FROM orders o, jsonb_array_elements(o.progress) WITH ORDINALITY AS s (step, place)
        WHERE o.channel = 'open311' AND o.changed_at >= :start AND o.received_at <= :end AND {_PUBLIC}
          AND (CAST(:ids AS text[]) IS NULL OR o.order_id = ANY(CAST(:ids AS text[])))
          AND s.step ->> 'type' = ANY(CAST(:types AS text[]))
          AND CAST(s.step ->> 'at' AS timestamptz) BETWEEN :start AND :end
        ORDER BY CAST(s.step ->> 'at' AS timestamptz), o.order_id, s.place LIMIT :limit OFFSET :offset"""
)
_CLAIM_UPDATE = text(
    """INSERT INTO seen (source, kind, id, order_id, fingerprint, seen_at)
       VALUES (:source, 'key', :id, :order_id, :fingerprint, :at) ON CONFLICT DO NOTHING RETURNING order_id"""
)
_UPDATE_HELD = text("SELECT fingerprint FROM seen WHERE source = :source AND kind = 'key' AND id = :id")
_KEEP = text(
    """INSERT INTO case_card AS held (case_id, sequence, lead, due)
       SELECT * FROM unnest(CAST(:case_ids AS text[]), CAST(:sequences AS bigint[]), CAST(:leads AS text[]),
                            CAST(:dues AS timestamptz[])) AS row (case_id, sequence, lead, due) ORDER BY case_id
       ON CONFLICT (case_id) DO UPDATE SET sequence = excluded.sequence, lead = excluded.lead,
                                           due = coalesce(excluded.due, held.due)
       WHERE held.sequence < excluded.sequence"""
)


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who reads: `source` is its own source, `everything` for those who look after the whole. `channels`: None for all."""

    source: str | None
    everything: bool
    hidden_kinds: Sequence[str]
    channels: Sequence[str] | None

    def arguments(self) -> dict[str, Any]:
        return {
            "viewer": self.source,
            "everything": self.everything,
            "hidden_kinds": list(self.hidden_kinds),
            "channels": None if self.channels is None else list(self.channels),
        }


@dataclass(frozen=True, slots=True)
class Shown:
    """An order with its steps, the unit that leads its case and when that is due."""

    order: Order
    progress: Sequence[dict[str, Any]]
    lead: str | None
    due: datetime | None


@dataclass(frozen=True, slots=True)
class ShownStep:
    """One step, `place` among all of its order's."""

    order: Order
    place: int
    step: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Card:
    """What a case says of all its orders; `due` None: as before."""

    case_id: str
    sequence: int
    lead: str | None
    due: datetime | None


async def by_ids(tx: Tx, viewer: Viewer, ids: Sequence[str]) -> list[Shown]:
    rows = await tx.execute(_BY_ID, {"ids": list(ids), **viewer.arguments()})
    return [_shown(row) for row in rows.all()]


async def listing(tx: Tx, viewer: Viewer, wanted: dict[str, Any], limit: int, offset: int) -> list[Shown]:
    """The latest requests first; asked for changes, those in the order in which they came, so that whoever follows meets
    every one. `wanted`: see _FILTERS."""
    arguments = {name: value for name, value in wanted.items() if value is not None}
    where = " AND ".join([_PUBLIC, *(_FILTERS[name] for name in arguments)])
    changes = {"updated_after", "updated_before"} & arguments.keys()
    order = "o.changed_at, o.order_id" if changes else "o.reported_at DESC, o.order_id DESC"
    rows = await tx.execute(
        text(
            f"""{_SHOWN} FROM (SELECT * FROM orders o WHERE {where} ORDER BY {order} LIMIT :limit OFFSET :offset) o
                {_CARD} ORDER BY {order}"""
        ),
        {**arguments, **viewer.arguments(), "limit": limit, "offset": offset},
    )
    return [_shown(row) for row in rows.all()]


async def steps(
    tx: Tx,
    viewer: Viewer,
    types: Sequence[str],
    ids: Sequence[str] | None,
    start: datetime,
    end: datetime,
    limit: int,
    offset: int,
) -> list[ShownStep]:
    """Those taken within [start, end] on orders that came by Open311, the earliest first."""
    arguments = {
        "types": list(types),
        "ids": None if ids is None else list(ids),
        "start": start,
        "end": end,
        "limit": limit,
        "offset": offset,
    }
    rows = await tx.execute(_STEPS, {**arguments, **viewer.arguments()})
    return [ShownStep(order_of(row), row.place, row.step) for row in rows.all()]


async def claim_update(
    tx: Tx, source: str, update_id: str, order_id: str, fingerprint: bytes, at: datetime
) -> bool | None:
    """True: new; False: the same came before; None: another came under this id."""
    held = {"source": source, "id": f"open311-update/{order_id}/{update_id}"}
    claimed = await tx.execute(_CLAIM_UPDATE, {**held, "order_id": order_id, "fingerprint": fingerprint, "at": at})
    if claimed.one_or_none() is not None:
        return True
    before = (await tx.execute(_UPDATE_HELD, held)).scalar_one()
    return False if before == fingerprint else None


async def keep(tx: Tx, cards: Sequence[Card]) -> None:
    """One for each case; an older sequence changes nothing."""
    if cards:
        await tx.execute(
            _KEEP,
            {
                "case_ids": [card.case_id for card in cards],
                "sequences": [card.sequence for card in cards],
                "leads": [card.lead for card in cards],
                "dues": [card.due for card in cards],
            },
        )


def _shown(row: Row) -> Shown:
    return Shown(order_of(row), row.progress, row.lead, row.due)
