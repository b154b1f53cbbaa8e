"""From a ledger to a model: judged first on rows that it did not see, then made from all of them."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from services.intake.domain.learned.fitting import Told, fit, quiet
from services.intake.domain.learned.grams import Sample
from services.intake.domain.learned.model import About, Model, packed, sharpness_for, softmax
from services.intake.domain.learned.scoring import Scores, score
from services.intake.domain.learned.vocabulary import Counted, counted, stacked, vocabulary

LEAST_ROWS = 10
HELD_OUT = 0.2
# How often a label's own name is shown as a text that has it: of a rare one the ledger has little else.
_NAMED = 3


class TooLittle(ValueError):
    """Nothing can be learned of so few rows or labels; says what is needed, in Chinese."""


def train(
    samples: Sequence[Sample], truth: Sequence[str], *, label: str, trained_at: str, told: Told = quiet
) -> tuple[Model, Scores]:
    """The model of all rows, and the scores of one made without a fifth of them. The same ledger, the same model.

    `label` is the name of the ledger's column, `trained_at` RFC 3339. TooLittle."""
    if len(samples) < LEAST_ROWS or len(set(truth)) < 2:
        raise TooLittle(f"至少要 {LEAST_ROWS} 行、两种不同的标签才能学，请换一份台账")
    told("读原话", 0.0)
    ways = [counted(samples)]
    if any(sample.columns for sample in samples):
        # An order whose source sends no such columns must be known by its text alone: each row is learned both ways.
        ways.append(counted([Sample(sample.text) for sample in samples]))
    held = np.zeros(len(samples), np.bool_)
    held[np.random.default_rng(1).permutation(len(samples))[: max(1, int(len(samples) * HELD_OUT))]] = True
    seen, unseen = np.flatnonzero(~held), np.flatnonzero(held)
    about = _about(label, samples, trained_at)
    taught, asked = [truth[at] for at in seen.tolist()], [truth[at] for at in unseen.tolist()]
    trial = _made([way.chosen(seen) for way in ways], taught, about, 1.0, _half(told, 0))
    scores = trial.scores(trial.vocabulary.sparse(ways[0].chosen(unseen)))
    known = {name: at for at, name in enumerate(trial.labels)}
    sharpness = sharpness_for(scores, np.array([known.get(name, -1) for name in asked]))
    measured = score(softmax(scores, sharpness), trial.labels, asked)
    return _made(ways, truth, replace(about, scores=measured.as_json()), sharpness, _half(told, 1)), measured


def _made(ways: Sequence[Counted], truth: Sequence[str], about: About, sharpness: float, told: Told) -> Model:
    """`ways`: the same rows, as often as there are ways to read them."""
    labels = sorted(set(truth))
    place = {label: at for at, label in enumerate(labels)}
    numbers = np.tile(np.array([place[label] for label in truth], np.int64), len(ways))
    rows = stacked(ways)
    known = vocabulary(rows, numbers, len(labels))
    named = counted([Sample(label) for label in labels])
    shown = known.sparse(stacked([rows, *[named] * _NAMED]))
    with_names = np.concatenate([numbers, *[np.arange(len(labels))] * _NAMED])
    weights, own = fit(shown, with_names, len(labels), len(known), told)
    small, scales = packed(weights)
    mark = hashlib.sha256(known.hashes.tobytes() + small.tobytes() + "\n".join(labels).encode()).hexdigest()[:8]
    version = f"{about.trained_at[:10].replace('-', '')}-{mark}"
    return Model(replace(about, version=version), tuple(labels), known, small, scales, own, sharpness)


def _about(label: str, samples: Sequence[Sample], trained_at: str) -> About:
    return About(
        "", trained_at, len(samples), label, tuple(sorted({name for one in samples for name in one.columns})), {}
    )


def _half(told: Told, half: int) -> Told:
    return lambda said, share: told("试学并检验" if half == 0 else "用全部行学", share)
