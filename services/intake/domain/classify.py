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
from services.fabric.taxonomy import OTHER, LexiconEntry

MOST_WORDS = 8
# What stands right before a cry and makes it a fear (怕着火了) or a condition instead.
_NOT_NOW = ("怕", "担心", "以防", "万一", "防止", "容易", "如果", "要是", "避免", "曾", "上次", "去年", "预防", "没有")
_LOOK_BACK = 5


@dataclass(frozen=True, slots=True)
class Classified:
    """`concern` is one of the profile's, `sub` one of its subs or None; `by` is `words`, `source` or `desk`. `guess` is
    what the words alone say where somebody else decided. `handed_over`: the cry is for 110, 119 or 120."""

    concern: str
    sub: str | None
    category: str
    confidence: float
    words: tuple[str, ...]
    by: str = "words"
    emergency: bool = False
    handed_over: bool = False
    guess: str | None = None

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

    def classify(self, text: str, given: str | None = None, by: str = "source") -> Classified:
        """`given` is a concern or sub-concern that somebody chose; one that the profile lacks is not taken."""
        found = self._found(text)
        sums: dict[str, float] = defaultdict(float)
        subs: dict[str, float] = defaultdict(float)
        for entry in found:
            if not entry.hint:
                sums[entry.concern] += entry.weight
            if entry.sub:
                subs[entry.sub] += entry.weight
        ranked = sorted(sums, key=lambda code: (-sums[code], self._order[code]))
        best = ranked[0] if ranked and sums[ranked[0]] > 0 else OTHER
        cry, handed_over = self._cry(text), self._handed_over(text)
        chosen = self._known(given)
        sure = self._confidence(best, sums) >= self.profile.thresholds.triage_concern
        if not sure and (cry or handed_over):
            best = cry or OTHER
        concern = chosen.split(".")[0] if chosen else best
        sub = chosen if chosen and "." in chosen else self._sub(concern, subs)
        of_class = self.profile.concern(concern).class_for(sub, "") == "emergency" and (
            chosen is not None or (sure and self._happens_now(text, found, concern, sub))
        )
        return Classified(
            concern=concern,
            sub=sub,
            category=self.profile.concern(concern).category,
            confidence=1.0 if chosen and by == "desk" else self._confidence(concern, sums),
            words=self._deciding(found, concern),
            by=by if chosen else "words",
            emergency=of_class or cry is not None or handed_over,
            handed_over=handed_over,
            guess=best if chosen else None,
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

    def _sub(self, concern: str, sums: dict[str, float]) -> str | None:
        known = self.profile.concern(concern)
        likely = [sub.code for sub in known.subs if sums[sub.code] > 0]
        if likely:
            return max(likely, key=lambda code: sums[code])
        return known.default_sub.code if known.default_sub else None

    def _deciding(self, found: Iterable[LexiconEntry], concern: str) -> tuple[str, ...]:
        heaviest: dict[str, float] = {}
        for entry in found:
            if entry.concern == concern and entry.weight > 0:
                heaviest[entry.word] = max(entry.weight, heaviest.get(entry.word, 0.0))
        return tuple(sorted(heaviest, key=lambda word: (-heaviest[word], word)))[:MOST_WORDS]

    @cached_property
    def _cries(self) -> tuple[tuple[str, str], ...]:
        return tuple((word, concern.code) for concern in self.profile.concerns for word in concern.emergency_words)

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
