"""An overlay from the entries of the compacted topic."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

import shapely

from services.fabric import entries as codec
from services.fabric.model import GridEdition
from services.fabric.overlay import Overlay


def read_overlay(name: str, hashes: Mapping[str, str], entries: Mapping[str, bytes], old: Overlay | None) -> Overlay:
    """What has not changed since `old` is taken over: the whole of it, single grids, shapes."""
    if old is not None and old.hashes == hashes:
        return old
    grouped: dict[str, list[str]] = defaultdict(list)
    for key in hashes:
        grouped[key.partition("#")[0]].append(key)
    known = _editions_by_key(old) if old else {}
    editions: list[GridEdition] = []
    for head, keys in grouped.items():
        if old is not None and head in known and all(old.hashes.get(key) == hashes[key] for key in keys):
            editions.extend(known[head])
            continue
        keys.sort(key=lambda key: int(key.partition("#")[2] or 0))
        fresh = codec.decode_grid([entries[key] for key in keys])
        editions.extend(_same_ground(edition, known.get(head, ())) for edition in fresh)
    return Overlay(name, editions, hashes)


def _same_ground(edition: GridEdition, before: Sequence[GridEdition]) -> GridEdition:
    """With the shape that it had before, where only its name or its dates are new: that one is indexed already."""
    for old in before:
        if shapely.equals_identical(old.geometry, edition.geometry):
            return replace(edition, geometry=old.geometry)
    return edition


def _editions_by_key(overlay: Overlay) -> dict[str, list[GridEdition]]:
    known: dict[str, list[GridEdition]] = defaultdict(list)
    for edition in overlay.editions:
        known[codec.grid_key(edition.overlay, edition.code)].append(edition)
    return known
