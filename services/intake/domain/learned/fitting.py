"""Weights from a ledger: one linear support vector machine for each label, all of them in one walk over the rows.

Dual coordinate descent for the squared hinge loss (Hsieh et al. 2008); a step touches the weights of one row's grams
for all labels at once, so numpy does what else would need a compiled solver. Deterministic.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from services.intake.domain.learned.grams import Places
from services.intake.domain.learned.vocabulary import Reals, Sparse

_WALKS = 5
_WALKS_LARGE = 3
_LARGE = 20_000
_SLACK = 1.2
_FEW = 3
Told = Callable[[str, float], None]
"""Hears of progress: what is being done, and which share of it is."""


def quiet(_said: str, _share: float) -> None:
    """For whoever doesn't want to hear."""


def fit(rows: Sparse, labels: Places, count: int, grams: int, told: Told = quiet) -> tuple[Reals, Reals]:
    """(weights: grams x labels, the labels' own). `labels[i]` is a number below `count`."""
    samples = len(labels)
    weights, own = np.zeros((grams, count), np.float32), np.zeros(count, np.float32)
    alphas = np.zeros((samples, count), np.float32)
    signs = np.full((samples, count), -1.0, np.float32)
    signs[np.arange(samples), labels] = 1.0
    walks = _WALKS if samples <= _LARGE else _WALKS_LARGE
    random = np.random.default_rng(0)
    pointers, columns, values = rows.pointers.tolist(), rows.columns, rows.values
    for walk in range(walks):
        for step, row in enumerate(random.permutation(samples).tolist()):
            lines = slice(pointers[row], pointers[row + 1])
            _step(weights, own, alphas[row], signs[row], columns[lines], values[lines])
            if step % 500 == 0:
                told("学习", (walk + step / samples) / walks)
    return weights, own


def _step(weights: Reals, own: Reals, alphas: Reals, signs: Reals, columns: NDArray[np.int32], values: Reals) -> None:
    held = weights[columns]
    steepness = 1.0 + _SLACK + (1.0 if len(values) else 0.0)
    slope = signs * (values @ held + own) - 1.0 + _SLACK * alphas
    after = np.maximum(alphas - slope / steepness, 0.0)
    change = (after - alphas) * signs
    alphas[:] = after
    moved = np.flatnonzero(change)
    if not len(moved):
        return
    if len(moved) * _FEW < len(change):
        weights[columns[:, None], moved] += values[:, None] * change[moved]
    else:
        weights[columns] = held + values[:, None] * change
    own += change
