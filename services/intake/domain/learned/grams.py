"""Texts to the signs that a model knows them by: runs of one to three characters and the words of a dictionary, those of
the last sentence (谁来办, mostly) once more by themselves, and those of the ledger's other columns apart from both.

A gram is a 64-bit hash; thousands of texts become grams in a few numpy steps, for a run's hash is the difference of two
prefix sums. Digits stay digits: a door number says little, a bus line or a hotline much.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import rjieba
from numpy.typing import NDArray

LONGEST_TEXT = 4_000
LONGEST_COLUMN = 200
_RUNS = (1, 2, 3)
_END = 40
_WORD, _WHOLE = 100, 101
_COLUMNS = 1 << 16
OF_COLUMNS = np.uint64(1 << 63)
"""The highest bit of a gram that is not of the text itself."""
# Odd numbers with well-mixed bits (those of splitmix64).
_SPREAD, _FIRST, _SECOND, _FINAL = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB, 0xD6E8FEB86659FD93
_BACK = pow(_SPREAD, -1, 1 << 64)
_BLANKS = re.compile(r"\s+")
_SPACES = {"content": 0, "end": 1}

Hashes = NDArray[np.uint64]
Places = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Sample:
    """A text with what other columns say of it (column → cell); their names must be the same when it is asked."""

    text: str
    columns: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Grams:
    """A line for each occurrence: which sample, which gram, and where it stands in its piece of text."""

    rows: Places
    hashes: Hashes
    starts: Places
    ends: Places


def plain(text: str) -> str:
    """As the model reads it: one way of writing each sign, blanks as one."""
    return _BLANKS.sub(" ", unicodedata.normalize("NFKC", text[:LONGEST_TEXT]).lower())


def grams(samples: Sequence[Sample]) -> Grams:
    """In no order that means anything. Positions are those of the whole joined text."""
    rows, spaces, pieces = _pieces(samples)
    signs, starts, piece = _joined(pieces)
    last = starts[piece] + np.fromiter(map(len, pieces), np.int64, len(pieces))[piece]
    at = np.arange(len(signs), dtype=np.int64)
    found = [(at[fit], at[fit] + run, run) for run in _RUNS for fit in (at + run <= last,)]
    found.append((*_words(pieces, starts), _WORD))
    of_columns = np.flatnonzero(spaces >= _COLUMNS)
    whole = starts[of_columns], last[starts[of_columns]] if len(signs) else starts[of_columns]
    found.append((*whole, _WHOLE))
    prefix, back = _prefix_sums(signs)
    begins = np.concatenate([begin for begin, _, _ in found])
    ends = np.concatenate([end for _, end, _ in found])
    kinds = np.concatenate([np.full(len(begin), kind, np.uint64) for begin, _, kind in found])
    owner = piece[begins]
    hashes = (prefix[ends] - prefix[begins]) * back[begins] + (kinds + spaces[owner]) * np.uint64(_FINAL)
    hashes ^= hashes >> np.uint64(31)
    hashes = (hashes >> np.uint64(1)) | np.where(spaces[owner] >= _COLUMNS, OF_COLUMNS, np.uint64(0))
    return Grams(rows[owner], hashes, begins, ends)


def text_words(text: str) -> list[tuple[str, int]]:
    """Words of a plain text with the place where each begins."""
    at, found = 0, []
    for word in rjieba.cut(text):
        found.append((word, at))
        at += len(word)
    return found


def _pieces(samples: Sequence[Sample]) -> tuple[Places, Hashes, list[str]]:
    """(sample, space, text) of everything that is read."""
    rows: list[int] = []
    spaces: list[int] = []
    pieces: list[str] = []
    for row, sample in enumerate(samples):
        text = plain(sample.text)
        told = [("content", text), ("end", text[-_END:])]
        told += [(f"column {name}", plain(cell[:LONGEST_COLUMN])) for name, cell in sample.columns.items() if cell]
        rows += [row] * len(told)
        spaces += [_space(name) for name, _ in told]
        pieces += [piece for _, piece in told]
    return np.array(rows, np.int64), np.array(spaces, np.uint64), pieces


def _space(name: str) -> int:
    if name in _SPACES:
        return _SPACES[name]
    told = 0  # not hash(): it differs from process to process
    for sign in name:
        told = (told * 1_000_003 + ord(sign)) & 0xFFFFFFFF
    return (told + 1) << 16


def _joined(pieces: Sequence[str]) -> tuple[NDArray[np.uint32], Places, Places]:
    """All signs in a row, where each piece begins, and which piece each sign is of. A line break parts them."""
    raw = "\n".join(pieces).encode("utf-32-le", "surrogatepass")
    signs = np.frombuffer(raw, np.uint32)
    lengths = np.fromiter(map(len, pieces), np.int64, len(pieces)) + 1
    starts = np.cumsum(lengths) - lengths
    return signs, starts, np.repeat(np.arange(len(pieces)), lengths)[: len(signs)]


def _words(pieces: Sequence[str], starts: Places) -> tuple[Places, Places]:
    lengths: list[int] = []
    counts: list[int] = []
    for piece in pieces:
        words = rjieba.cut(piece)
        lengths += map(len, words)
        counts.append(len(words))
    length = np.array(lengths, np.int64)
    ends = np.cumsum(length) + np.repeat(np.arange(len(pieces)), counts)  # a line break before each further piece
    return ends - length, ends


def _prefix_sums(signs: NDArray[np.uint32]) -> tuple[Hashes, Hashes]:
    mixed = signs.astype(np.uint64) * np.uint64(_FIRST)
    mixed ^= mixed >> np.uint64(29)
    mixed *= np.uint64(_SECOND)
    mixed ^= mixed >> np.uint64(32)
    ahead, back = _powers(_SPREAD, len(signs) + 1), _powers(_BACK, len(signs) + 1)
    sums = np.zeros(len(signs) + 1, np.uint64)
    np.cumsum(mixed * ahead[:-1], dtype=np.uint64, out=sums[1:])
    return sums, back


def _powers(base: int, count: int) -> Hashes:
    found = np.full(count, base, np.uint64)
    found[0] = 1
    return np.cumprod(found, dtype=np.uint64)
