"""What speaks for an entry of the register: signs that its place bounces, and the reports that were made there."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

import numpy as np
import shapely
from sqlalchemy import text

from services.grids.domain.following import Sign
from services.grids.domain.ground import Ground
from services.kit.db import Row, Tx

MOST_CASES = 50
_SIGN = text(
    """INSERT INTO ground_sign (subject, sequence, reason, spot, at, concern)
       SELECT * FROM unnest(CAST(:subjects AS text[]), CAST(:sequences AS bigint[]), CAST(:reasons AS text[]),
         CAST(:spots AS text[]), CAST(:ats AS timestamptz[]), CAST(:concerns AS text[]))
       ON CONFLICT DO NOTHING"""
)
# What a closed entry was closed with does not count again.
_COUNTS = text(
    """SELECT sign.spot, sign.reason, count(*) AS times FROM ground_sign AS sign
       LEFT JOIN ground ON ground.key = sign.spot
       WHERE sign.spot = ANY(CAST(:spots AS text[])) AND sign.at > :since
         AND (ground.closed_at IS NULL OR sign.at > ground.closed_at)
       GROUP BY sign.spot, sign.reason"""
)
_EVIDENCE = text(
    """SELECT spot, reason, count(*) AS times, count(DISTINCT subject) AS cases,
         (array_agg(DISTINCT subject ORDER BY subject DESC))[1:CAST(:most AS int)] AS named FROM ground_sign
       WHERE spot = ANY(CAST(:spots AS text[])) GROUP BY spot, reason ORDER BY spot, reason"""
)
_CASES_AT_SPOTS = text(
    """SELECT place, opened_at, orders FROM followed_case WHERE place = ANY(CAST(:spots AS text[]))"""
)
_CASES_IN_BOXES = text(
    """SELECT wanted.id, c.lon, c.lat, c.opened_at, c.orders
       FROM unnest(CAST(:ids AS text[]), CAST(:wests AS double precision[]), CAST(:souths AS double precision[]),
         CAST(:easts AS double precision[]), CAST(:norths AS double precision[])) AS wanted (id, w, s, e, n)
       JOIN followed_case AS c ON point(c.lon, c.lat) <@ box(point(wanted.w, wanted.s), point(wanted.e, wanted.n))"""
)
_FORGET = text(
    """DELETE FROM ground_sign WHERE ctid = ANY(ARRAY(SELECT ctid FROM ground_sign WHERE at < :before LIMIT :slice))"""
)


class Evidence(NamedTuple):
    """`times` that it happened, over how many `cases` (or whistles of no case), of which some are `named`."""

    reason: str
    times: int
    cases: int
    named: tuple[str, ...]


class OrdersThere(NamedTuple):
    """Reports at the place, by whether their case was opened before the ruling; all are `before` where there is none."""

    before: int
    after: int


async def sign(tx: Tx, signs: Sequence[Sign]) -> None:
    await tx.execute(
        _SIGN,
        {
            "subjects": [one.subject for one in signs],
            "sequences": [one.sequence for one in signs],
            "reasons": [one.reason for one in signs],
            "spots": [one.spot for one in signs],
            "ats": [one.at for one in signs],
            "concerns": [one.concern for one in signs],
        },
    )


async def counts(tx: Tx, spots: Collection[str], since: datetime) -> dict[str, dict[str, int]]:
    """Spot → reason → how often since then, and since its entry was last closed."""
    found: dict[str, dict[str, int]] = {}
    for row in (await tx.execute(_COUNTS, {"spots": sorted(spots), "since": since})).all():
        found.setdefault(row.spot, {})[row.reason] = row.times
    return found


async def evidence(tx: Tx, grounds: Sequence[Ground]) -> dict[str, list[Evidence]]:
    """By id, of spots; the map speaks for itself."""
    spots = {ground.key: ground.id for ground in grounds if ground.kind == "bouncing"}
    found: dict[str, list[Evidence]] = {}
    rows = await tx.execute(_EVIDENCE, {"spots": sorted(spots), "most": MOST_CASES}) if spots else ()
    for row in rows:
        found.setdefault(spots[row.spot], []).append(Evidence(row.reason, row.times, row.cases, tuple(row.named)))
    return found


async def orders_there(tx: Tx, grounds: Sequence[Ground]) -> dict[str, OrdersThere]:
    """By id."""
    by_id = {ground.id: ground for ground in grounds}
    spots = {ground.key: ground.id for ground in grounds if ground.kind == "bouncing"}
    reports = [(spots[row.place], row.opened_at, row.orders) for row in await _at_spots(tx, sorted(spots))]
    reports += await _in_shapes(tx, [ground for ground in grounds if ground.shape is not None])
    sums = {ground.id: [0, 0] for ground in grounds}
    for ground_id, opened, orders in reports:
        ruling = by_id[ground_id].ruling
        sums[ground_id][ruling is not None and opened >= ruling.at] += orders
    return {ground_id: OrdersThere(*both) for ground_id, both in sums.items()}


async def forget(tx: Tx, before: datetime, slice_: int) -> int:
    return (await tx.execute(_FORGET, {"before": before, "slice": slice_})).rowcount


async def _at_spots(tx: Tx, spots: Sequence[str]) -> list[Row]:
    return (await tx.execute(_CASES_AT_SPOTS, {"spots": list(spots)})).all() if spots else []


async def _in_shapes(tx: Tx, grounds: Sequence[Ground]) -> list[tuple[str, datetime, int]]:
    if not grounds:
        return []
    boxes = shapely.bounds(np.array([ground.shape for ground in grounds], dtype=object))
    sides = dict(zip(("wests", "souths", "easts", "norths"), boxes.T.tolist(), strict=True))
    rows = (await tx.execute(_CASES_IN_BOXES, {"ids": [ground.id for ground in grounds], **sides})).all()
    if not rows:
        return []
    shapes = {ground.id: ground.shape for ground in grounds}
    asked = np.array([shapes[row.id] for row in rows], dtype=object)
    inside = shapely.intersects_xy(asked, [row.lon for row in rows], [row.lat for row in rows])
    return [(row.id, row.opened_at, row.orders) for row, here in zip(rows, inside.tolist(), strict=True) if here]
