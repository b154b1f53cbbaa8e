"""What a text speaks of, by the words of the profile: the kind of trouble, how sure that is, and the cries of an emergency.

A word counts once, however often it stands there. Confidence is the winner's sum against its rival's and one strong
word more: a single strong word is just enough, two concerns that weigh the same are not.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import NamedTuple

import ahocorasick

from services.fabric.once import once_for_each
from services.fabric.profile import Profile
from services.fabric.taxonomy import OTHER, LexiconEntry

# What stands right before a cry and makes it a fear (怕着火了) or a condition instead.
_NOT_NOW = ("怕", "担心", "以防", "万一", "防止", "容易", "如果", "要是", "避免", "曾", "上次", "去年", "预防", "没有")
_LOOK_BACK = 5


class Reading(NamedTuple):
    """What the words alone say; `emergency`: they cry, or the kind of trouble is one."""

    concern: str
    sub: str | None
    emergency: bool


class Lexicon:
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
        self.order = {concern.code: place for place, concern in enumerate(profile.concerns)}

    def read(self, text: str, given: str | None = None) -> Reading:
        """`given`: a concern or sub-concern of the profile that somebody chose."""
        found = self.found(text)
        sums, subs = self.weights(text, found)
        cry, handed_over = self.cry(text), self.handed_over(text)
        cries = cry is not None or handed_over
        if given is not None:
            concern = given.split(".")[0]
            sub = given if "." in given else self.sub(concern, subs)
            return Reading(concern, sub, cries or self.is_emergency(text, found, concern, sub, False))
        best = self.best(sums)
        sure = self.confidence(best, sums) >= self.profile.thresholds.triage_concern
        if not sure and cries:
            best = self.crying(text, found, best, subs, cry)
        sub = self.sub_in_need(text, found, best, self.sub(best, subs), cry)
        return Reading(best, sub, cries or (sure and self.is_emergency(text, found, best, sub, True)))

    def found(self, text: str) -> list[LexiconEntry]:
        if not len(self._words):
            return []
        words: dict[str, tuple[LexiconEntry, ...]] = {word: entries for _, (word, entries) in self._words.iter(text)}
        return [entry for entries in words.values() for entry in entries]

    def weights(self, text: str, found: Iterable[LexiconEntry]) -> tuple[dict[str, float], dict[str, float]]:
        """(of each concern, of each sub-concern)."""
        sums: dict[str, float] = defaultdict(float)
        subs: dict[str, float] = defaultdict(float)
        for entry in found:
            if not entry.hint:
                sums[entry.concern] += entry.weight
            fear = entry.sub in self.urgent and entry.weight > 0 and not stands_now(text, entry.word)
            if entry.sub and not fear:  # 怕着火 is no fire
                subs[entry.sub] += entry.weight
        return sums, subs

    def best(self, sums: Mapping[str, float]) -> str:
        ranked = sorted(sums, key=lambda code: (-sums[code], self.order[code]))
        return ranked[0] if ranked and sums[ranked[0]] > 0 else OTHER

    def sub(self, concern: str, subs: Mapping[str, float]) -> str | None:
        known = self.profile.concern(concern)
        likely = [sub.code for sub in known.subs if subs.get(sub.code, 0.0) > 0]
        if likely:
            return max(likely, key=lambda code: subs[code])
        return known.default_sub.code if known.default_sub else None

    def crying(
        self, text: str, found: Iterable[LexiconEntry], best: str, subs: Mapping[str, float], cry: str | None
    ) -> str:
        """The concern of a text that cries and leaves the rest open: the likeliest where it is an emergency itself
        (电瓶车着火了 is no fire hazard at large), else that of the cry."""
        stays = self.is_emergency(text, found, best, self.sub(best, subs), True)
        return best if stays else cry or OTHER

    def sub_in_need(
        self, text: str, found: Iterable[LexiconEntry], concern: str, sub: str | None, cry: str | None
    ) -> str | None:
        """In a concern that the text cries for: the emergency that it speaks of as of now, whatever else it speaks of."""
        if cry != concern or sub in self.urgent:
            return sub
        now = [e for e in found if e.sub in self.urgent and e.weight > 0 and stands_now(text, e.word)]
        mine = [entry for entry in now if entry.concern == concern]
        return max(mine, key=lambda entry: entry.weight).sub if mine else sub

    def confidence(self, concern: str, sums: Mapping[str, float]) -> float:
        own = sums.get(concern, 0.0)
        if own <= 0:
            return 0.0
        rival = max((weight for code, weight in sums.items() if code != concern), default=0.0)
        return round(own / (own + max(rival, 0.0) + self.profile.grades.strong), 2)

    def is_emergency(self, text: str, found: Iterable[LexiconEntry], concern: str, sub: str | None, read: bool) -> bool:
        """Whether the class of the concern is one, and, where it was `read` from the text, is meant of now."""
        if self.profile.concern(concern).class_for(sub, "") != "emergency":
            return False
        return not read or self._happens_now(text, found, concern, sub)

    @cached_property
    def _cries(self) -> tuple[tuple[str, str], ...]:
        return tuple((word, concern.code) for concern in self.profile.concerns for word in concern.emergency_words)

    @cached_property
    def urgent(self) -> frozenset[str]:
        """Subs that are an emergency whenever they are meant."""
        return frozenset(
            sub.code for concern in self.profile.concerns for sub in concern.subs if sub.case_class == "emergency"
        )

    def cry(self, text: str) -> str | None:
        """The concern whose emergency word is cried out in the text."""
        return next((concern for word, concern in self._cries if stands_now(text, word)), None)

    def _happens_now(self, text: str, found: Iterable[LexiconEntry], concern: str, sub: str | None) -> bool:
        """Whether a word that makes the class an emergency is meant of now."""
        of_sub = self.profile.concern(concern).class_for(None, "") != "emergency"
        deciding = (e for e in found if e.concern == concern and e.weight > 0 and (e.sub == sub or not of_sub))
        return any(stands_now(text, entry.word) for entry in deciding)

    def handed_over(self, text: str) -> bool:
        """怕着火了 is no fire; 怕他要跳楼 is a cry like any other."""
        crying = (reason for reason in self.profile.declines if reason.hand_over and reason.speaks_in(text))
        words = [word for reason in crying for word in reason.words if word in text]
        return any(stands_now(text, word) or not any(cry in word for cry, _ in self._cries) for word in words)


def stands_now(text: str, word: str) -> bool:
    """Whether the word stands somewhere without a fear, a condition or a date long past right before it."""
    at = text.find(word)
    while at >= 0:
        before = text[max(0, at - _LOOK_BACK) : at]
        if not any(doubt in before for doubt in _NOT_NOW):
            return True
        at = text.find(word, at + 1)
    return False


lexicon_of = once_for_each(Lexicon)
