"""What becomes of an overlay's editions when a file comes in: what is added, what follows what, what ends.

A grid's past stays: the edition that a new one replaces ends where the new one begins. A file speaks of each of its
grids from its first start on; what is planned beyond the end that the file itself states is left alone.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from services.fabric.model import GridEdition

Layer = Mapping[str, tuple[GridEdition, ...]]
"""Code → its editions in order of time."""

MOST_ENDED = 20
# The share of a grid that must have been another's for it to be that one's successor: less is a border drawn anew.
SAME_GROUND = 0.01
_ALWAYS = datetime.min.replace(tzinfo=UTC)
_FOREVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Succession:
    """`after` has the grids whose editions change, with all that they have from now on (none: nothing is left to keep).
    `moment` is when the file takes effect: what is examined is what is in force then."""

    moment: datetime
    after: Layer
    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]
    unchanged: tuple[str, ...]
    recoded: tuple[tuple[str, str], ...]

    def impact(self) -> dict[str, Any]:
        told = {name: getattr(self, name) for name in ("added", "changed", "removed", "unchanged")}
        return {
            **{name: list(codes) for name, codes in told.items()},
            "counts": {name: len(codes) for name, codes in told.items()},
        }


def layer_of(editions: Iterable[GridEdition]) -> dict[str, tuple[GridEdition, ...]]:
    by_code: dict[str, list[GridEdition]] = defaultdict(list)
    for edition in editions:
        by_code[edition.code].append(edition)
    return {code: tuple(sorted(same, key=_since)) for code, same in by_code.items()}


def succeed(
    held: Layer, incoming: Sequence[GridEdition], now: datetime, *, part: bool, kept_for: timedelta
) -> Succession:
    """`part`: grids that the file does not name stay. `kept_for`: how long ended editions stay answerable."""
    files = layer_of(incoming)
    moment = _effective(incoming, now)
    grounds = _Grounds([*(e for same in held.values() for e in same), *incoming])
    after: dict[str, tuple[GridEdition, ...]] = {}
    added: list[str] = []
    changed: list[str] = []
    removed: list[str] = []
    unchanged: list[str] = []
    for code, told in files.items():
        had = held.get(code, ())
        becomes = _replaced(had, told, now, grounds)
        after[code] = becomes
        if not any(_until(edition) > now for edition in had):
            added.append(code)
        else:
            (unchanged if becomes == had else changed).append(code)
    for code, had in held.items():
        if code in files:
            continue
        after[code] = had if part else tuple(_before(had, moment))
        if after[code] != had:
            removed.append(code)
    _start_now(after, held, now)
    pruned = {code: _pruned(same, now, kept_for) for code, same in after.items()}
    return Succession(
        moment=moment,
        after={code: same for code, same in pruned.items() if same != held.get(code, ())},
        added=tuple(sorted(added)),
        changed=tuple(sorted(changed)),
        removed=tuple(sorted(removed)),
        unchanged=tuple(sorted(unchanged)),
        recoded=_recoded(held, files, removed, added, grounds),
    )


class _Grounds:
    """The ground of each edition in one canonical form: where a ring starts and which way it runs makes no difference."""

    def __init__(self, editions: Sequence[GridEdition]) -> None:
        shapes = np.array([edition.geometry for edition in editions], dtype=object)
        forms = shapely.to_wkb(shapely.normalize(shapes)) if len(editions) else []
        self._of = {id(edition): bytes(form) for edition, form in zip(editions, forms, strict=True)}

    def of(self, edition: GridEdition) -> bytes:
        return self._of[id(edition)]

    def alike(self, one: GridEdition, other: GridEdition) -> bool:
        """Whether a resolved point would get the same answer."""
        return (
            (one.name, one.unit, one.parent) == (other.name, other.unit, other.parent)
            and one.properties.get("zone") == other.properties.get("zone")
            and self.of(one) == self.of(other)
        )


def _replaced(
    had: Sequence[GridEdition], told: Sequence[GridEdition], now: datetime, grounds: _Grounds
) -> tuple[GridEdition, ...]:
    new = [_dated(had, edition, now, grounds) for edition in told]
    first, last = min(map(_since, new)), max(map(_until, new))
    later = [edition for edition in had if _since(edition) >= last]
    return tuple(sorted([*_before(had, first), *new, *later], key=_since))


def _dated(had: Sequence[GridEdition], edition: GridEdition, now: datetime, grounds: _Grounds) -> GridEdition:
    """An edition without a start begins now, unless it is the first of its code or says what is in force already."""
    begins = edition.valid_from is not None
    for twin in had:
        same_time = twin.valid_from == edition.valid_from if begins else twin.in_force(now)
        if same_time and grounds.alike(twin, edition):
            return replace(edition, geometry=twin.geometry, valid_from=twin.valid_from)
    if begins or not had or _until(edition) <= now:
        return edition
    return replace(edition, valid_from=now)


def _start_now(after: dict[str, tuple[GridEdition, ...]], held: Layer, now: datetime) -> None:
    """A new code without a start begins now where it stands on ground that another code gives up now: the past of that
    ground stays the other's. On ground that nobody gives up it was always in force."""
    given_up = [
        edition.geometry
        for code, becomes in after.items()
        for edition in held.get(code, ())
        if edition.in_force(now) and not any(e.in_force(now) and e.geometry is edition.geometry for e in becomes)
    ]
    fresh = [code for code in after if code not in held and any(e.valid_from is None for e in after[code])]
    if not given_up or not fresh:
        return
    ground = np.array(given_up, dtype=object)
    tree = shapely.STRtree(ground)
    for code in fresh:
        after[code] = tuple(
            replace(edition, valid_from=now)
            if edition.valid_from is None and _until(edition) > now and _takes(edition.geometry, tree, ground)
            else edition
            for edition in after[code]
        )


def _takes(geometry: BaseGeometry, tree: shapely.STRtree, ground: NDArray[np.object_]) -> bool:
    near = tree.query(geometry, predicate="intersects")
    common = shapely.area(shapely.intersection(ground[near], geometry))
    return bool((common > SAME_GROUND * geometry.area).any())


def _before(had: Iterable[GridEdition], end: datetime) -> list[GridEdition]:
    """What was in force before `end`, ended there at the latest."""
    return [e if _until(e) <= end else replace(e, valid_to=end) for e in had if _since(e) < end]


def _pruned(editions: Sequence[GridEdition], now: datetime, kept_for: timedelta) -> tuple[GridEdition, ...]:
    """Without what ended too long ago; of the rest that has ended the latest only, because all of them travel in one
    message."""
    ended = [edition for edition in editions if _until(edition) <= now]
    kept = {id(edition) for edition in ended[-MOST_ENDED:] if _until(edition) > now - kept_for}
    return tuple(edition for edition in editions if _until(edition) > now or id(edition) in kept)


def _effective(incoming: Sequence[GridEdition], now: datetime) -> datetime:
    """Now, or the first start of a file of which everything starts later: until then what it replaces goes on."""
    starts = [_since(edition) for edition in incoming]
    return max(now, min(starts)) if starts else now


def _recoded(
    held: Layer, files: Layer, removed: Sequence[str], added: Sequence[str], grounds: _Grounds
) -> tuple[tuple[str, str], ...]:
    """(old code, new code) where the same ground goes on under another code."""
    new = {grounds.of(edition): code for code in added for edition in files[code]}
    pairs = {(code, new[form]) for code in removed for e in held[code][-1:] if (form := grounds.of(e)) in new}
    return tuple(sorted(pairs))


def _since(edition: GridEdition) -> datetime:
    return edition.valid_from or _ALWAYS


def _until(edition: GridEdition) -> datetime:
    return edition.valid_to or _FOREVER
