"""From a ledger to a model: judged first on rows that it did not see, then made from all of them."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from services.intake.domain.learned.fitting import Told, fit, quiet
from services.intake.domain.learned.grams import Places, Sample
from services.intake.domain.learned.model import About, Model, packed, sharpness_for, softmax
from services.intake.domain.learned.scoring import Scores, score
from services.intake.domain.learned.vocabulary import Counted, Reals, counted, stacked, vocabulary

LEAST_ROWS = 10
HELD_OUT = 0.2
# How often a label's own name is shown as a text that has it: of a rare one the ledger has little else.
_NAMED = 3
# One against all others, a label's score leans to the frequent ones: of two that score alike the rarer is right more often.
_LEAN, _AS_IF_SEEN = 0.04, 10


class TooLittle(ValueError):
    """Nothing can be learned of so few rows or labels; says what is needed, in Chinese."""


def train(
    samples: Sequence[Sample], truth: Sequence[str], *, label: str, trained_at: str, told: Told = quiet
) -> tuple[Model, Scores]:
    """The model of all rows, and the scores of one made without a fifth of them. The same ledger, the same model.

    `label` is the name of the ledger's column, `trained_at` RFC 3339. TooLittle."""
    _enough(samples, truth)
    ways = _ways(samples, told)
    unseen = np.random.default_rng(1).permutation(len(samples))[: max(1, int(len(samples) * HELD_OUT))]
    about = _about(label, samples, trained_at)
    labels, found = _trial(ways, truth, unseen, about, _half(told, 0))
    asked = [truth[at] for at in unseen.tolist()]
    known = {name: at for at, name in enumerate(labels)}
    sharpness = sharpness_for(found, np.array([known.get(name, -1) for name in asked]))
    measured = score(softmax(found, sharpness), labels, asked)
    return _made(ways, truth, replace(about, scores=measured.as_json()), sharpness, _half(told, 1)), measured


def held_out(
    samples: Sequence[Sample], truth: Sequence[str], parts: Sequence[Places], told: Told = quiet
) -> list[Scores]:
    """How each part of the rows is named by a model of all others; last, all parts as one. TooLittle."""
    _enough(samples, truth)
    ways = _ways(samples, told)
    labels = sorted(set(truth))
    place = {label: at for at, label in enumerate(labels)}
    about = _about("", samples, "")
    asked = [[truth[at] for at in part.tolist()] for part in parts]
    likely = []
    for done, part in enumerate(parts):
        known, found = _trial(ways, truth, part, about, partial(_part, told, done, len(parts)))
        likely.append(np.full((len(part), len(labels)), -np.inf, np.float32))
        likely[-1][:, [place[label] for label in known]] = found
    each = [score(one, labels, right) for one, right in zip(likely, asked, strict=True)]
    return [*each, score(np.concatenate(likely), labels, [label for right in asked for label in right])]


def _enough(samples: Sequence[Sample], truth: Sequence[str]) -> None:
    if len(samples) < LEAST_ROWS or len(set(truth)) < 2:
        raise TooLittle(f"至少要 {LEAST_ROWS} 行、两种不同的标签才能学，请换一份台账")


def _ways(samples: Sequence[Sample], told: Told) -> list[Counted]:
    """An order whose source sends no such columns must be known by its text alone: each row is learned both ways."""
    told("读原话", 0.0)
    ways = [counted(samples)]
    if any(sample.columns for sample in samples):
        ways.append(counted([Sample(sample.text) for sample in samples]))
    return ways


def _trial(
    ways: Sequence[Counted], truth: Sequence[str], unseen: Places, about: About, told: Told
) -> tuple[tuple[str, ...], Reals]:
    """(labels, scores of the unseen rows) by a model of all others."""
    seen = np.setdiff1d(np.arange(len(truth)), unseen)
    model = _made([way.chosen(seen) for way in ways], [truth[at] for at in seen.tolist()], about, 1.0, told)
    return model.labels, model.scores(model.vocabulary.sparse(ways[0].chosen(unseen)))


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
    often = np.bincount(numbers, minlength=len(labels)) / len(ways)
    own -= (_LEAN * np.log(often + _AS_IF_SEEN)).astype(np.float32)
    small, scales = packed(weights)
    mark = hashlib.sha256(
        known.hashes.tobytes() + small.tobytes() + own.tobytes() + "\n".join(labels).encode()
    ).hexdigest()[:8]
    version = f"{about.trained_at[:10].replace('-', '')}-{mark}"
    return Model(replace(about, version=version), tuple(labels), known, small, scales, own, sharpness)


def _about(label: str, samples: Sequence[Sample], trained_at: str) -> About:
    return About(
        "", trained_at, len(samples), label, tuple(sorted({name for one in samples for name in one.columns})), {}
    )


def _part(told: Told, done: int, of: int, _said: str, share: float) -> None:
    told(f"学了再考（第 {done + 1} 次，共 {of} 次）", (done + share) / of)


def _half(told: Told, half: int) -> Told:
    return lambda said, share: told("试学并检验" if half == 0 else "用全部行学", share)
