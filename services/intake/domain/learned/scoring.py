"""How good a model is on rows whose label is known: of all rows, and of each label."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from services.intake.domain.learned.vocabulary import Reals


@dataclass(frozen=True, slots=True)
class OfLabel:
    """`rows` have this label in truth, `named` were given it; precision and recall from 0 to 1."""

    label: str
    rows: int
    named: int
    precision: float
    recall: float
    f1: float


@dataclass(frozen=True, slots=True)
class Scores:
    """Shares from 0 to 1 over all rows; macro_f1 over the labels that occur in truth."""

    n: int
    top1: float
    top3: float
    macro_f1: float
    by_label: tuple[OfLabel, ...]

    def as_json(self) -> dict[str, float]:
        return {"n": self.n, "top1": self.top1, "top3": self.top3, "macro_f1": self.macro_f1}


def score(likely: Reals, labels: Sequence[str], truth: Sequence[str]) -> Scores:
    """`likely`: rows x labels, the higher the likelier. A true label that is not among them can't be named: wrong."""
    if not truth:
        return Scores(0, 0.0, 0.0, 0.0, ())
    place = {label: at for at, label in enumerate(labels)}
    right = np.array([place.get(label, -1) for label in truth])
    ranked = np.argsort(-likely, axis=1, kind="stable")[:, :3]
    first = [labels[at] for at in ranked[:, 0].tolist()]
    by_label = tuple(
        _of_label(label, truth, first) for label in sorted(set(truth), key=lambda one: (-_n(truth, one), one))
    )
    return Scores(
        len(truth),
        round(float((ranked[:, 0] == right).mean()), 4),
        round(float((ranked == right[:, None]).any(axis=1).mean()), 4),
        round(sum(one.f1 for one in by_label) / len(by_label), 4),
        by_label,
    )


def _n(names: Sequence[str], wanted: str) -> int:
    return sum(name == wanted for name in names)


def _of_label(label: str, truth: Sequence[str], named: Sequence[str]) -> OfLabel:
    both = sum(a == b == label for a, b in zip(truth, named, strict=True))
    rows, given = _n(truth, label), _n(named, label)
    precision, recall = both / given if given else 0.0, both / rows
    f1 = 2 * precision * recall / (precision + recall) if both else 0.0
    return OfLabel(label, rows, given, round(precision, 4), round(recall, 4), round(f1, 4))
