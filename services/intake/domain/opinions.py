"""What a trained model holds of an order, in the words of the district's own profile."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from services.fabric.profile import Profile
from services.fabric.taxonomy import OTHER
from services.intake.domain.draft import Draft
from services.intake.domain.learned.grams import Sample
from services.intake.domain.learned.model import Model
from services.intake.domain.learned.vocabulary import Reals

# Below this the model says nothing: the words decide alone.
LEAST_SURE = 0.5


@dataclass(frozen=True, slots=True)
class Opinion:
    """`confidence` is the model's probability for the concern, all its sub-concerns together. `taught`: the concerns that
    it knows of at all; of others it would name the likest."""

    concern: str
    sub: str | None
    confidence: float
    words: tuple[str, ...]
    version: str
    taught: frozenset[str]


class Learned:
    """A model read with one profile: its labels are codes or names of concerns or sub-concerns. What the profile no
    longer has is passed over."""

    def __init__(self, model: Model, profile: Profile) -> None:
        self.model = model
        self.profile = profile
        codes = _codes(profile)
        self._labels = [codes.get(label.strip()) for label in model.labels]
        self._concerns = sorted({code.split(".")[0] for code in self._labels if code is not None})
        self._taught = frozenset(self._concerns)
        at = {concern: place for place, concern in enumerate(self._concerns)}
        self._groups = np.zeros((len(model.labels), len(self._concerns)), np.float32)
        for place, code in enumerate(self._labels):
            if code is not None:
                self._groups[place, at[code.split(".")[0]]] = 1.0

    @property
    def known(self) -> int:
        """How many of the model's labels mean anything here."""
        return sum(code is not None for code in self._labels)

    @property
    def strangers(self) -> list[str]:
        return [label for label, code in zip(self.model.labels, self._labels, strict=True) if code is None]

    def opinions(self, drafts: Sequence[Draft]) -> list[Opinion | None]:
        """One for each draft; None where the model isn't sure, or sure of something that the profile lacks."""
        if not drafts or not self._concerns:
            return [None] * len(drafts)
        samples = [_sample(draft, self.model.about.columns) for draft in drafts]
        likely = self.model.probabilities(samples)
        by_concern = likely @ self._groups
        best = by_concern.argmax(axis=1)
        return [
            self._opinion(sample, likely[row], int(best[row]), float(by_concern[row, best[row]]))
            for row, sample in enumerate(samples)
        ]

    def _opinion(self, sample: Sample, likely: Reals, best: int, confidence: float) -> Opinion | None:
        if confidence < LEAST_SURE or self._concerns[best] == OTHER:
            return None
        label = int((likely * self._groups[:, best]).argmax())
        code = self._labels[label] or ""
        words = tuple(self.model.words(sample, label))
        return Opinion(
            self._concerns[best],
            code if "." in code else None,
            round(confidence, 2),
            words,
            self.model.about.version,
            self._taught,
        )


def _codes(profile: Profile) -> dict[str, str]:
    """Code or name → code. A name that two have means neither."""
    found: dict[str, str] = {}
    doubled: set[str] = set()
    for concern in profile.concerns:
        for code, name in ((concern.code, concern.name), *((sub.code, sub.name) for sub in concern.subs)):
            found[code] = code
            if found.setdefault(name, code) != code:
                doubled.add(name)
    return {name: code for name, code in found.items() if name not in doubled}


def _sample(draft: Draft, columns: Sequence[str]) -> Sample:
    """With those of the ledger's columns that this order has too."""
    if not columns:
        return Sample(draft.text)
    given = {name: cell for name in columns if isinstance(cell := draft.extra.get(name), str)}
    if draft.address and "address" in columns:
        given["address"] = draft.address
    return Sample(draft.text, given)


_made: dict[int, Learned] = {}


def learned_of(model: Model, profile: Profile) -> Learned:
    """Matched once for each pair of model and profile."""
    made = _made.get(id(model))
    if made is None or made.model is not model or made.profile is not profile:
        if len(_made) > 1:
            _made.clear()
        made = _made[id(model)] = Learned(model, profile)
    return made
