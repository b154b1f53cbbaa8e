"""Components on the compacted topic: in buckets by the hash of the code, so that one change changes one value.

A value says each owner, kind and state once and refers to them by number, as it is also what a process keeps of the topic:
some fifty bytes a component.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from hashlib import blake2b
from typing import Any

from services.fabric.components import Component, Components
from services.fabric.entries import MAX_VALUE, Keyed

FAMILY = "component"
BUCKETS = 256


def bucket_of(code: str) -> int:
    return blake2b(code.encode(), digest_size=2).digest()[0] % BUCKETS


def bucket_key(bucket: int) -> str:
    return f"{FAMILY}/{bucket:02x}"


def encode_components(components: Iterable[Component]) -> list[Keyed]:
    """Whole buckets; what would pass the limit of a message goes on under `#1`, `#2`. Empty buckets have no entry."""
    buckets: dict[int, list[Component]] = defaultdict(list)
    for component in components:
        buckets[bucket_of(component.code)].append(component)
    keyed: list[Keyed] = []
    for bucket, rows in sorted(buckets.items()):
        rows.sort(key=lambda row: row.code)
        for number, piece in enumerate(_pieces(rows)):
            keyed.append((bucket_key(bucket) + (f"#{number}" if number else ""), piece))
    return keyed


def decode_components(value: bytes) -> list[Component]:
    told = json.loads(value)
    kinds, owners, states = told["kinds"], told["owners"], told["states"]
    return [
        Component(
            code,
            kinds[kind],
            lon,
            lat,
            owners[owner],
            states[state],
            *(datetime.fromisoformat(day) if day else None for day in dates),
        )
        for code, kind, lon, lat, owner, state, *dates in told["rows"]
    ]


def read_components(
    keys: Mapping[str, str], entries: Mapping[str, bytes], known: Mapping[str, str], before: Components
) -> Components:
    """`keys` and those `known` of `before`, each with the hash of its value: only the buckets that have changed are read."""
    if keys == known:
        return before
    changed = {_bucket_of_key(key) for key, _ in keys.items() ^ known.items()}
    fresh: dict[int, list[Component]] = {bucket: [] for bucket in changed}
    for key in keys:
        if _bucket_of_key(key) in changed:
            fresh[_bucket_of_key(key)] += decode_components(entries[key])
    return before.changed(fresh)


def _bucket_of_key(key: str) -> int:
    """Of a bucket's key or of one of its further pieces."""
    return int(key.partition("/")[2].partition("#")[0], 16)


def _pieces(rows: Sequence[Component]) -> list[bytes]:
    value = _value(rows)
    if len(value) <= MAX_VALUE or len(rows) == 1:
        return [value]
    middle = len(rows) // 2
    return [*_pieces(rows[:middle]), *_pieces(rows[middle:])]


def _value(rows: Sequence[Component]) -> bytes:
    kinds = sorted({row.kind for row in rows})
    owners: list[str | None] = [None, *sorted({row.owner for row in rows if row.owner is not None})]
    states = sorted({row.state for row in rows})
    told = [
        [
            row.code,
            kinds.index(row.kind),
            row.lon,
            row.lat,
            owners.index(row.owner),
            states.index(row.state),
            *_dates(row),
        ]
        for row in rows
    ]
    body = {"kinds": kinds, "owners": owners, "states": states, "rows": told}
    return json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _dates(row: Component) -> list[Any]:
    if row.valid_from is None and row.valid_to is None:
        return []
    return [day.isoformat() if day else None for day in (row.valid_from, row.valid_to)]
