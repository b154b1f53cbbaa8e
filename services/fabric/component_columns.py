"""Components as columns: arrays instead of objects, so that a city's inventory is small and a change of it cheap."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from services.fabric.nearby import Floats, Ints

OK, REMOVED = "ok", "removed"
STATES: dict[str, str] = {
    OK: "完好",
    "damaged": "破损",
    "missing": "丢失",
    "disused": "废弃",
    REMOVED: "移除",
}
# Seven digits of a degree are a centimetre.
DIGITS = 7


@dataclass(frozen=True, slots=True)
class Component:
    """`owner` is a unit's code, None where nobody is known to own it; in force from `valid_from` (inclusive) to `valid_to`
    (exclusive), None is without end. What is `removed` is in the books but no longer in the street."""

    code: str
    kind: str
    lon: float
    lat: float
    owner: str | None = None
    state: str = OK
    valid_from: datetime | None = None
    valid_to: datetime | None = None


@dataclass(frozen=True)
class Columns:
    """A row at the same place in each. `kind`, `owner` are places in `kinds`, `owners` (empty: nobody); `since`, `until`
    seconds of the epoch; `group` is whatever part of the whole the row came with; the code of row n is
    `codes[ends[n]:ends[n + 1]]`."""

    lons: Floats
    lats: Floats
    kinds: tuple[str, ...]
    kind: NDArray[np.uint16]
    owners: tuple[str, ...]
    owner: NDArray[np.uint16]
    there: NDArray[np.bool_]
    since: Floats
    until: Floats
    group: NDArray[np.uint16]
    codes: bytes
    ends: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.lons)

    def code(self, row: int) -> str:
        return self.codes[int(self.ends[row]) : int(self.ends[row + 1])].decode()

    def taken(self, rows: Ints) -> "Columns":
        """These rows in this order."""
        lengths = np.diff(self.ends)[rows]
        ends = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
        places = np.repeat(self.ends[:-1][rows] - ends[:-1], lengths) + np.arange(int(ends[-1]))
        return replace(
            self,
            lons=self.lons[rows],
            lats=self.lats[rows],
            kind=self.kind[rows],
            owner=self.owner[rows],
            there=self.there[rows],
            since=self.since[rows],
            until=self.until[rows],
            group=self.group[rows],
            codes=np.frombuffer(self.codes, dtype=np.uint8)[places].tobytes(),
            ends=ends,
        )

    def without(self, groups: Iterable[int]) -> "Columns":
        return self.taken(np.flatnonzero(~np.isin(self.group, np.array(sorted(groups), dtype=np.uint16))))

    def joined(self, more: "Columns") -> "Columns":
        kinds, mine, theirs = _merged(self.kinds, more.kinds)
        owners, my_owners, their_owners = _merged(self.owners, more.owners)
        return Columns(
            np.concatenate([self.lons, more.lons]),
            np.concatenate([self.lats, more.lats]),
            kinds,
            np.concatenate([mine[self.kind], theirs[more.kind]]),
            owners,
            np.concatenate([my_owners[self.owner], their_owners[more.owner]]),
            np.concatenate([self.there, more.there]),
            np.concatenate([self.since, more.since]),
            np.concatenate([self.until, more.until]),
            np.concatenate([self.group, more.group]),
            self.codes + more.codes,
            np.concatenate([self.ends, more.ends[1:] + self.ends[-1]]).astype(np.int32),
        )

    @property
    def nbytes(self) -> int:
        """What it holds in memory, but for the names of kinds and owners."""
        arrays = (
            self.lons,
            self.lats,
            self.kind,
            self.owner,
            self.there,
            self.since,
            self.until,
            self.group,
            self.ends,
        )
        return len(self.codes) + sum(int(array.nbytes) for array in arrays)


def columns_of(groups: Mapping[int, Iterable[Component]]) -> Columns:
    rows = [(number, row) for number, same in groups.items() for row in same]
    kinds, kind = _coded([row.kind for _, row in rows])
    owners, owner = _coded([row.owner or "" for _, row in rows])
    codes = [row.code.encode() for _, row in rows]
    return Columns(
        np.array([row.lon for _, row in rows], dtype=np.float64),
        np.array([row.lat for _, row in rows], dtype=np.float64),
        kinds,
        kind,
        owners,
        owner,
        np.array([row.state != REMOVED for _, row in rows], dtype=np.bool_),
        np.array([_seconds(row.valid_from, -np.inf) for _, row in rows], dtype=np.float64),
        np.array([_seconds(row.valid_to, np.inf) for _, row in rows], dtype=np.float64),
        np.array([number for number, _ in rows], dtype=np.uint16),
        b"".join(codes),
        np.cumsum([0, *map(len, codes)], dtype=np.int32),
    )


def _seconds(moment: datetime | None, otherwise: float) -> float:
    return otherwise if moment is None else moment.timestamp()


def _coded(values: Sequence[str]) -> tuple[tuple[str, ...], NDArray[np.uint16]]:
    """The different values, and for each row which it is. OverflowError for more than 65,536 different ones."""
    known = sorted(set(values))
    places = {value: place for place, value in enumerate(known)}
    return tuple(known), np.array([places[value] for value in values], dtype=np.uint16)


def _merged(
    first: tuple[str, ...], second: tuple[str, ...]
) -> tuple[tuple[str, ...], NDArray[np.uint16], NDArray[np.uint16]]:
    """All values, and where those of each are among them."""
    known = sorted({*first, *second})
    places = {value: place for place, value in enumerate(known)}
    where = [np.array([places[value] for value in values], dtype=np.uint16) for values in (first, second)]
    return tuple(known), where[0], where[1]
