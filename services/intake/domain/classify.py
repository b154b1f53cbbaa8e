"""Free text to a kind of trouble, with how sure that is and by which words: the words of the profile, beside what somebody
chose and what a trained model holds."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from services.fabric.once import once_for_each
from services.fabric.spoken import Lexicon
from services.fabric.taxonomy import CaseClass, LexiconEntry
from services.intake.domain.kinds import KindGuess, guess_from
from services.intake.domain.opinions import Opinion

MOST_WORDS = 8
# Nobody said so: the text was read.
READ_FROM_TEXT = frozenset({"words", "model"})


@dataclass(frozen=True, slots=True)
class Classified:
    """`concern` is one of the profile's, `sub` one of its subs or None; `by` is `words`, `model`, `source` or `desk`.
    `guess` is what the text alone says where somebody else decided. `handed_over`: the cry is for 110, 119 or 120.
    `model` is the version of the model that was sure enough to be heard. Class and urgency come of weighing.
    `kind_guess`: the 诉求类型 that the words show, also where the source named another."""

    concern: str
    sub: str | None
    category: str
    confidence: float
    words: tuple[str, ...]
    by: str = "words"
    emergency: bool = False
    handed_over: bool = False
    guess: str | None = None
    model: str | None = None
    case_class: CaseClass | None = None
    urgency: str | None = None
    reasons: tuple[str, ...] = ()
    kind_guess: KindGuess | None = None

    def as_json(self) -> dict[str, Any]:
        return {
            "concern": self.concern,
            "sub_concern": self.sub,
            "category": self.category,
            "confidence": self.confidence,
            "words": list(self.words),
            "by": self.by,
            "emergency": self.emergency,
            "handed_over": self.handed_over,
            "guess": self.guess,
            "model": self.model,
            "class": self.case_class,
            "urgency": self.urgency,
            "reasons": list(self.reasons),
            "kind_guess": self.kind_guess.as_json() if self.kind_guess else None,
        }


def classified_from(data: dict[str, Any]) -> Classified:
    """The inverse of `as_json`."""
    return Classified(
        concern=data["concern"],
        sub=data["sub_concern"],
        category=data["category"],
        confidence=data["confidence"],
        words=tuple(data["words"]),
        by=data["by"],
        emergency=data["emergency"],
        handed_over=data["handed_over"],
        guess=data["guess"],
        model=data.get("model"),
        case_class=data.get("class"),
        urgency=data.get("urgency"),
        reasons=tuple(data.get("reasons", ())),
        kind_guess=guess_from(data.get("kind_guess")),
    )


class Classifier(Lexicon):
    """What the words of a profile say, beside what somebody chose and what a trained model holds."""

    def classify(
        self, text: str, given: str | None = None, by: str = "source", opinion: Opinion | None = None
    ) -> Classified:
        """`given` is a concern or sub-concern that somebody chose; one that the profile lacks is not taken. `opinion` is
        what a trained model holds; it never silences a cry."""
        found = self.found(text)
        sums, subs = self.weights(text, found)
        best = self.best(sums)
        cry, handed_over = self.cry(text), self.handed_over(text)
        chosen = self._known(given)
        words_sure = self.confidence(best, sums)
        sure = words_sure >= self.profile.thresholds.triage_concern
        if not sure and (cry or handed_over):
            best, opinion = self.crying(text, found, best, subs, cry), None
        # A ledger that never held a matter can't speak against the words that name it.
        heard = None if opinion is not None and sure and best not in opinion.taught else opinion
        by_model = heard is not None and heard.confidence >= words_sure
        guess = heard.concern if heard is not None and by_model else best
        concern = chosen.split(".")[0] if chosen else guess
        sub = chosen if chosen and "." in chosen else self._heard(concern, subs, heard)
        if chosen is None:
            sub = self.sub_in_need(text, found, concern, sub, cry)
        # Where the model turns a text away from an emergency that its words show, the emergency stays.
        of_words = chosen is None and sure and self.is_emergency(text, found, best, self.sub(best, subs), True)
        of_class = of_words or (
            (chosen is not None or sure or by_model) and self.is_emergency(text, found, concern, sub, chosen is None)
        )
        return Classified(
            concern=concern,
            sub=sub,
            category=self.profile.concern(concern).category,
            confidence=1.0
            if chosen and by == "desk"
            else _agreed(concern, self.confidence(concern, sums), heard, words_sure),
            words=self._deciding(found, concern, heard),
            by=by if chosen else ("model" if by_model else "words"),
            emergency=of_class or cry is not None or handed_over,
            handed_over=handed_over,
            guess=guess if chosen else None,
            model=heard.version if heard is not None else None,
        )

    def knows(self, code: str) -> bool:
        return self._known(code) is not None

    def _known(self, code: str | None) -> str | None:
        if code is None:
            return None
        return code if code in self.order or self.profile.sub(code) is not None else None

    def _heard(self, concern: str, subs: Mapping[str, float], heard: Opinion | None) -> str | None:
        if (
            heard is not None
            and heard.concern == concern
            and heard.sub in {s.code for s in self.profile.concern(concern).subs}
        ):
            return heard.sub
        return self.sub(concern, subs)

    def _deciding(self, found: Iterable[LexiconEntry], concern: str, heard: Opinion | None) -> tuple[str, ...]:
        heaviest: dict[str, float] = {}
        for entry in found:
            if entry.concern == concern and entry.weight > 0:
                heaviest[entry.word] = max(entry.weight, heaviest.get(entry.word, 0.0))
        words = sorted(heaviest, key=lambda word: (-heaviest[word], word))
        learned = heard.words if heard is not None and heard.concern == concern else ()
        return tuple(dict.fromkeys([*words, *learned]))[:MOST_WORDS]


def _agreed(concern: str, own: float, heard: Opinion | None, best: float) -> float:
    """Words that are `own` sure of the concern, and `best` sure of whatever they name, beside the model: where both name
    it only what both doubt is left; where they differ, the one believed loses half of what the other is sure of."""
    if heard is None:
        return own
    if heard.concern != concern:
        return round(own * (1.0 - heard.confidence / 2), 2)
    if own >= best:
        return round(1.0 - (1.0 - own) * (1.0 - heard.confidence), 2)
    return round(heard.confidence * (1.0 - best / 2), 2)


classifier_of = once_for_each(Classifier)
"""A fabric that keeps its profile keeps its classifier."""
