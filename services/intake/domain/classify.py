"""Free text to a kind of trouble, with how sure that is and by which words; and the cries of an emergency.

A word counts once, however often it stands there. Confidence is the winner's sum against its rival's and one strong
word more: a single strong word is just enough, two concerns that weigh the same are not.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import ahocorasick

from services.fabric.profile import Profile
from services.fabric.taxonomy import OTHER, CaseClass, LexiconEntry
from services.intake.domain.kinds import KindGuess, guess_from
from services.intake.domain.opinions import Opinion

MOST_WORDS = 8
# Nobody said so: the text was read.
READ_FROM_TEXT = frozenset({"words", "model"})
# What stands right before a cry and makes it a fear (怕着火了) or a condition instead.
_NOT_NOW = ("怕", "担心", "以防", "万一", "防止", "容易", "如果", "要是", "避免", "曾", "上次", "去年", "预防", "没有")
_LOOK_BACK = 5


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


class Classifier:
    """The words of one profile in an automaton: a text costs its length, not the number of words known."""

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        by_word: dict[str, list[LexiconEntry]] = defaultdict(list)
        for entry in profile.lexicon:
            by_word[entry.word].append(entry)
        self._words = ahocorasick.Automaton()
        for word, entries in by_word.items():
            self._words.add_word(word, (word, tuple(entries)))
        if len(self._words):
            self._words.make_automaton()
        self._order = {concern.code: place for place, concern in enumerate(profile.concerns)}

    def classify(
        self, text: str, given: str | None = None, by: str = "source", opinion: Opinion | None = None
    ) -> Classified:
        """`given` is a concern or sub-concern that somebody chose; one that the profile lacks is not taken. `opinion` is
        what a trained model holds; it never silences a cry."""
        found = self._found(text)
        sums, subs = _sums(found)
        for entry in found:
            if entry.sub in self._urgent and entry.weight > 0 and not _stands_now(text, entry.word):
                subs[entry.sub] -= entry.weight  # 怕着火 is no fire
        ranked = sorted(sums, key=lambda code: (-sums[code], self._order[code]))
        best = ranked[0] if ranked and sums[ranked[0]] > 0 else OTHER
        cry, handed_over = self._cry(text), self._handed_over(text)
        chosen = self._known(given)
        words_sure = self._confidence(best, sums)
        sure = words_sure >= self.profile.thresholds.triage_concern
        if not sure and (cry or handed_over):
            opinion = None
            # The likeliest matter stays where it is an emergency itself: 电瓶车着火了 is no fire hazard at large.
            if not self._is_emergency(text, found, best, self._sub(best, subs, None), True):
                best = cry or OTHER
        # A ledger that never held a matter can't speak against the words that name it.
        heard = None if opinion is not None and sure and best not in opinion.taught else opinion
        by_model = heard is not None and heard.confidence >= words_sure
        guess = heard.concern if heard is not None and by_model else best
        concern = chosen.split(".")[0] if chosen else guess
        sub = chosen if chosen and "." in chosen else self._sub(concern, subs, heard)
        if chosen is None and cry == concern and sub not in self._urgent:
            sub = self._cried(text, found, concern) or sub
        # Where the model turns a text away from an emergency that its words show, the emergency stays.
        of_words = chosen is None and sure and self._is_emergency(text, found, best, self._sub(best, subs, None), True)
        of_class = of_words or (
            (chosen is not None or sure or by_model) and self._is_emergency(text, found, concern, sub, chosen is None)
        )
        return Classified(
            concern=concern,
            sub=sub,
            category=self.profile.concern(concern).category,
            confidence=1.0
            if chosen and by == "desk"
            else _agreed(concern, self._confidence(concern, sums), heard, words_sure),
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
        return code if code in self._order or self.profile.sub(code) is not None else None

    def _found(self, text: str) -> list[LexiconEntry]:
        if not len(self._words):
            return []
        words: dict[str, tuple[LexiconEntry, ...]] = {word: entries for _, (word, entries) in self._words.iter(text)}
        return [entry for entries in words.values() for entry in entries]

    def _confidence(self, concern: str, sums: Mapping[str, float]) -> float:
        own = sums.get(concern, 0.0)
        if own <= 0:
            return 0.0
        rival = max((weight for code, weight in sums.items() if code != concern), default=0.0)
        return round(own / (own + max(rival, 0.0) + self.profile.grades.strong), 2)

    def _sub(self, concern: str, sums: Mapping[str, float], heard: Opinion | None) -> str | None:
        known = self.profile.concern(concern)
        if heard is not None and heard.concern == concern and heard.sub in {sub.code for sub in known.subs}:
            return heard.sub
        likely = [sub.code for sub in known.subs if sums.get(sub.code, 0.0) > 0]
        if likely:
            return max(likely, key=lambda code: sums[code])
        return known.default_sub.code if known.default_sub else None

    def _is_emergency(
        self, text: str, found: Iterable[LexiconEntry], concern: str, sub: str | None, read: bool
    ) -> bool:
        """Whether the class of the concern is one, and, where it was `read` from the text, is meant of now."""
        if self.profile.concern(concern).class_for(sub, "") != "emergency":
            return False
        return not read or self._happens_now(text, found, concern, sub)

    def _deciding(self, found: Iterable[LexiconEntry], concern: str, heard: Opinion | None) -> tuple[str, ...]:
        heaviest: dict[str, float] = {}
        for entry in found:
            if entry.concern == concern and entry.weight > 0:
                heaviest[entry.word] = max(entry.weight, heaviest.get(entry.word, 0.0))
        words = sorted(heaviest, key=lambda word: (-heaviest[word], word))
        learned = heard.words if heard is not None and heard.concern == concern else ()
        return tuple(dict.fromkeys([*words, *learned]))[:MOST_WORDS]

    @cached_property
    def _cries(self) -> tuple[tuple[str, str], ...]:
        return tuple((word, concern.code) for concern in self.profile.concerns for word in concern.emergency_words)

    @cached_property
    def _urgent(self) -> frozenset[str]:
        """Subs that are an emergency whenever they are meant."""
        return frozenset(
            sub.code for concern in self.profile.concerns for sub in concern.subs if sub.case_class == "emergency"
        )

    def _cried(self, text: str, found: Iterable[LexiconEntry], concern: str) -> str | None:
        """The emergency of the concern that the text speaks of as of now, whatever else it speaks of."""
        now = [e for e in found if e.sub in self._urgent and e.weight > 0 and _stands_now(text, e.word)]
        mine = [entry for entry in now if entry.concern == concern]
        return max(mine, key=lambda entry: entry.weight).sub if mine else None

    def _cry(self, text: str) -> str | None:
        """The concern whose emergency word is cried out in the text."""
        return next((concern for word, concern in self._cries if _stands_now(text, word)), None)

    def _happens_now(self, text: str, found: Iterable[LexiconEntry], concern: str, sub: str | None) -> bool:
        """Whether a word that makes the class an emergency is meant of now."""
        of_sub = self.profile.concern(concern).class_for(None, "") != "emergency"
        deciding = (e for e in found if e.concern == concern and e.weight > 0 and (e.sub == sub or not of_sub))
        return any(_stands_now(text, entry.word) for entry in deciding)

    def _handed_over(self, text: str) -> bool:
        return any(reason.hand_over and reason.speaks_in(text) for reason in self.profile.declines)


def _sums(found: Iterable[LexiconEntry]) -> tuple[dict[str, float], dict[str, float]]:
    """(weight of each concern, of each sub-concern)."""
    sums: dict[str, float] = defaultdict(float)
    subs: dict[str, float] = defaultdict(float)
    for entry in found:
        if not entry.hint:
            sums[entry.concern] += entry.weight
        if entry.sub:
            subs[entry.sub] += entry.weight
    return sums, subs


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


def _stands_now(text: str, word: str) -> bool:
    """Whether the word stands somewhere without a fear, a condition or a date long past right before it."""
    at = text.find(word)
    while at >= 0:
        before = text[max(0, at - _LOOK_BACK) : at]
        if not any(doubt in before for doubt in _NOT_NOW):
            return True
        at = text.find(word, at + 1)
    return False


_made: dict[int, Classifier] = {}
_KEPT = 4


def classifier_of(profile: Profile) -> Classifier:
    """Built once for each profile that is loaded; a fabric that keeps its profile keeps its classifier."""
    made = _made.get(id(profile))
    if made is None or made.profile is not profile:
        if len(_made) >= _KEPT:
            _made.clear()
        made = _made[id(profile)] = Classifier(profile)
    return made
