"""Routing decisions over a table of 2,000 rows, the ground included: how long one takes, alone and in a batch."""

from collections.abc import Iterable
from time import process_time
from typing import Any

from services.dispatch.domain.routing.decide import decide, decide_many
from services.dispatch.domain.routing.duties import shipped
from services.dispatch.domain.routing.matter import Matter
from services.dispatch.domain.routing.row import Row, When
from services.dispatch.domain.routing.table import BUILT_IN, MOST_ROWS, RuleTable
from services.fabric.profile import Profile
from tests.harness.zhenru import AT, SHOP, profile, zhenru

LIMIT_MICROSECONDS = 100.0


def wide_table(known: Profile, rows: int = MOST_ROWS) -> RuleTable:
    """The shipped table behind so many rows that they are `rows`: over all sub-concerns, channels and kinds, each with a
    word that no text has."""
    subs = [sub.code for concern in known.concerns for sub in concern.subs]
    channels, kinds = [channel.code for channel in known.channels], [kind.code for kind in known.kinds]
    made = [
        Row(
            id=f"bench-{n}",
            priority=n % 40,
            when=When(
                sub=(subs[n % len(subs)],),
                channel=(channels[n % len(channels)],) if n % 2 else (),
                kind=(kinds[n % len(kinds)],) if n % 3 else (),
                words=(f"词{n}。",),
            ),
            lead=("role:police",),
        )
        for n in range(rows - len(BUILT_IN))
    ]
    return RuleTable(7, [*made, *BUILT_IN.written]).standing_on(shipped(known.name), None)


def matters(known: Profile, count: int) -> list[Matter]:
    subs = [sub.code for concern in known.concerns for sub in concern.subs]
    channels = [channel.code for channel in known.channels]
    return [
        Matter(
            subs[n % len(subs)].split(".")[0],
            subs[n % len(subs)],
            channel=channels[n % len(channels)],
            kind="complaint",
            text="兰溪路生鲜店每晚十一点后卸货，噪声很大",
            lon=SHOP[0] + (n % 50) * 1e-5,
            lat=SHOP[1],
        )
        for n in range(count)
    ]


def microseconds(table: RuleTable, asked: list[Matter], times: int = 5) -> float:
    """Of one decision in a batch; the quickest of several runs, so that a busy machine does not judge."""
    fabric = zhenru()
    decide_many(fabric, table, asked, AT)
    spent = []
    for _ in range(times):
        begun = process_time()
        decide_many(fabric, table, asked, AT)
        spent.append(process_time() - begun)
    return min(spent) / len(asked) * 1e6


def run() -> Iterable[dict[str, Any]]:
    known = profile()
    table, asked = wide_table(known), matters(known, 1000)
    fabric = zhenru()
    batch = microseconds(table, asked)
    begun = process_time()
    for matter in asked:
        decide(fabric, table, matter, AT)
    alone = (process_time() - begun) / len(asked) * 1e6
    shipped_table = microseconds(BUILT_IN, asked)
    yield {
        "figure": "routing",
        "rows": len(table),
        "us_per_decision": round(batch, 1),
        "per_second": round(1e6 / batch),
        "us_alone": round(alone, 1),
        "us_shipped_table": round(shipped_table, 1),
        "limit_us": LIMIT_MICROSECONDS,
    }
