"""Which grams count, and how much: texts as sparse rows.

A gram weighs by how few labels it is at home in (one minus the entropy of its labels, as a share of the greatest), times
one plus the logarithm of how often it stands there; a row has length one. On a real ledger this names one order in a
hundred more rightly than weighing by rarity.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.intake.domain.learned.grams import OF_COLUMNS, Hashes, Places, Sample, grams

LEAST_SAMPLES = 2
MOST_GRAMS = 150_000
_AT_ONCE = 1_000
# What the other columns say counts so much beside the text, however short they are.
COLUMNS_WEIGH = 0.7
_LEAST_WEIGHT = 1e-3
Reals = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Counted:
    """A line for each gram of each sample, samples in order: `pointers[i]:pointers[i + 1]` are the lines of sample i."""

    pointers: Places
    hashes: Hashes
    counts: NDArray[np.int32]

    def rows(self) -> Places:
        return np.repeat(np.arange(len(self.pointers) - 1), np.diff(self.pointers))

    def chosen(self, samples: Places) -> "Counted":
        """Of these samples only, in this order."""
        lengths = np.diff(self.pointers)[samples]
        lines = _ranges(self.pointers[samples], lengths)
        return Counted(_pointers(lengths), self.hashes[lines], self.counts[lines])


@dataclass(frozen=True, slots=True)
class Sparse:
    """Rows of length one (or without anything known): `columns` are places in the vocabulary."""

    pointers: Places
    columns: NDArray[np.int32]
    values: Reals


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """`hashes` ascending, each with its weight."""

    hashes: Hashes
    weights: Reals

    def __len__(self) -> int:
        return len(self.hashes)

    def places(self, hashes: Hashes) -> tuple[Places, NDArray[np.bool_]]:
        """Where each stands, and whether it is known at all."""
        if not len(self.hashes):
            return np.zeros(len(hashes), np.int64), np.zeros(len(hashes), np.bool_)
        found = np.minimum(np.searchsorted(self.hashes, hashes), len(self.hashes) - 1)
        return found, self.hashes[found] == hashes

    def sparse(self, counted: Counted) -> Sparse:
        places, known = self.places(counted.hashes)
        rows, columns = counted.rows()[known], places[known]
        values = (1.0 + np.log(counted.counts[known])) * self.weights[columns]
        samples = len(counted.pointers) - 1
        part = 2 * rows + (self.hashes[columns] >= OF_COLUMNS)
        length = np.sqrt(np.bincount(part, values * values, minlength=2 * samples))
        share = np.array([1.0, COLUMNS_WEIGH])
        whole = np.sqrt(((length.reshape(-1, 2) > 0) * share**2).sum(axis=1))
        values *= share[part % 2] / (length[part] * whole[rows])
        return Sparse(
            _pointers(np.bincount(rows, minlength=samples)), columns.astype(np.int32), values.astype(np.float32)
        )


def counted(samples: Sequence[Sample]) -> Counted:
    """A few thousand texts a second; in pieces, for all occurrences of a large ledger don't fit at once."""
    return stacked([_counted(samples[begin : begin + _AT_ONCE]) for begin in range(0, len(samples), _AT_ONCE)])


def stacked(parts: Sequence[Counted]) -> Counted:
    """One under the other."""
    return Counted(
        _pointers(np.concatenate([np.zeros(0, np.int64), *(np.diff(part.pointers) for part in parts)])),
        np.concatenate([np.zeros(0, np.uint64), *(part.hashes for part in parts)]),
        np.concatenate([np.zeros(0, np.int32), *(part.counts for part in parts)]),
    )


def vocabulary(counted: Counted, labels: Places, count: int) -> Vocabulary:
    """Of a ledger whose sample i has label `labels[i]`, a number below `count`: what stands in several samples."""
    hashes, inverse, seen = np.unique(counted.hashes, return_inverse=True, return_counts=True)
    kept = np.flatnonzero(seen >= LEAST_SAMPLES)
    if len(kept) > MOST_GRAMS:
        kept = np.sort(kept[np.argsort(-seen[kept], kind="stable")[:MOST_GRAMS]])
    place = np.full(len(hashes), -1, np.int64)
    place[kept] = np.arange(len(kept))
    lines = place[inverse]
    known = lines >= 0
    weights = 1.0 - _entropy(lines[known] * count + labels[counted.rows()[known]], seen[kept], count)
    return Vocabulary(hashes[kept], np.maximum(weights, _LEAST_WEIGHT).astype(np.float32))


def _entropy(cells: Places, seen: Places, count: int) -> NDArray[np.float64]:
    """Of each gram's labels, as a share of the greatest there can be; `cells` = gram x count + label."""
    if count < 2:
        return np.zeros(len(seen))
    cell, times = np.unique(cells, return_counts=True)
    share = times / seen[cell // count]
    found: NDArray[np.float64] = np.bincount(cell // count, -share * np.log(share), minlength=len(seen)) / np.log(count)
    return found


def _counted(samples: Sequence[Sample]) -> Counted:
    found = grams(samples)
    order = np.lexsort((found.hashes, found.rows))
    rows, hashes = found.rows[order], found.hashes[order]
    first = np.ones(len(rows), np.bool_)
    first[1:] = (rows[1:] != rows[:-1]) | (hashes[1:] != hashes[:-1])
    at = np.flatnonzero(first)
    counts = np.diff(np.append(at, len(rows))).astype(np.int32)
    return Counted(_pointers(np.bincount(rows[at], minlength=len(samples))), hashes[at], counts)


def _pointers(lengths: Places) -> Places:
    found = np.zeros(len(lengths) + 1, np.int64)
    np.cumsum(lengths, out=found[1:])
    return found


def _ranges(begins: Places, lengths: Places) -> Places:
    """begin, begin + 1, … of each, one after the other."""
    ends = np.cumsum(lengths)
    found: Places = np.arange(int(ends[-1]) if len(ends) else 0) + np.repeat(begins - (ends - lengths), lengths)
    return found
