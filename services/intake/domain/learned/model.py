"""A trained model: which label a text has, how sure that is, and by which words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.intake.domain.learned.grams import Places, Sample, grams, plain, text_words
from services.intake.domain.learned.vocabulary import Reals, Sparse, Vocabulary, counted

MOST_WORDS = 8
# Signs that stand alone, and words of a text that only tell that somebody called, decide nothing by themselves.
_SHORTEST_WORD = 2


@dataclass(frozen=True, slots=True)
class About:
    """Of which ledger a model is: `scores` as measured on rows held out of it (see scoring.Scores)."""

    version: str
    trained_at: str
    rows: int
    label: str
    columns: tuple[str, ...]
    scores: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Model:
    """Weights are whole numbers times their gram's `scales`; `sharpness` makes scores into probabilities."""

    about: About
    labels: tuple[str, ...]
    vocabulary: Vocabulary
    weights: NDArray[np.int8]
    scales: Reals
    own: Reals
    sharpness: float

    def probabilities(self, samples: Sequence[Sample]) -> Reals:
        """samples x labels; each row sums to one."""
        return softmax(self.scores(self.vocabulary.sparse(counted(samples))), self.sharpness)

    def scores(self, rows: Sparse) -> Reals:
        found = np.empty((len(rows.pointers) - 1, len(self.labels)), np.float32)
        for row, (begin, end) in enumerate(zip(rows.pointers[:-1].tolist(), rows.pointers[1:].tolist(), strict=True)):
            columns = rows.columns[begin:end]
            found[row] = (rows.values[begin:end] * self.scales[columns]) @ self.weights[columns].astype(np.float32)
        return found + self.own

    def words(self, sample: Sample, label: int) -> list[str]:
        """Which words of the text spoke for this label, the strongest first: what their grams and those within them
        gave it more than they gave all labels."""
        text = plain(sample.text)
        given = self._given(Sample(text), label, len(text))
        weighed: dict[str, float] = {}
        for word, at in text_words(text):
            if len(word) >= _SHORTEST_WORD and not word.isspace():
                weighed[word] = max(weighed.get(word, 0.0), float(given[at : at + len(word)].sum()))
        best = sorted((word for word in weighed if weighed[word] > 0), key=lambda word: (-weighed[word], word))
        return best[:MOST_WORDS]

    def _given(self, sample: Sample, label: int, length: int) -> NDArray[np.float64]:
        """For each sign of the text its part of what the label was given."""
        found = grams([sample])
        places, known = self.vocabulary.places(found.hashes)
        inside = known & (found.ends <= length)
        places, starts, ends = places[inside], found.starts[inside], found.ends[inside]
        weights = self.weights[places].astype(np.float32) * self.scales[places][:, None]
        share = (weights[:, label] - weights.mean(axis=1)) * self.vocabulary.weights[places] / (ends - starts)
        steps = np.bincount(starts, share, minlength=length + 1) - np.bincount(ends, share, minlength=length + 1)
        return np.cumsum(steps)[:length]


def softmax(scores: Reals, sharpness: float) -> Reals:
    grown = np.exp((scores - scores.max(axis=1, keepdims=True)) * np.float32(sharpness))
    found: Reals = grown / grown.sum(axis=1, keepdims=True)
    return found


def packed(weights: Reals) -> tuple[NDArray[np.int8], Reals]:
    """Weights as whole numbers of one byte with a scale for each gram: a quarter of the room, and the same answers."""
    scales = np.maximum(np.abs(weights).max(axis=1, initial=0.0), 1e-9).astype(np.float32) / np.float32(127.0)
    return np.rint(weights / scales[:, None]).astype(np.int8), scales


def sharpness_for(scores: Reals, labels: Places) -> float:
    """That makes the held-out labels likeliest; -1 stands for a label that was never seen."""
    known = labels >= 0
    if not known.any():
        return 1.0
    tried = np.geomspace(0.5, 16.0, 40)
    right = np.arange(int(known.sum())), labels[known]
    return float(max(tried, key=lambda s: float(np.log(softmax(scores[known], s)[right] + 1e-9).sum())))
