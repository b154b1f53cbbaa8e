"""诉求类型 that a text shows where its source does not say: by the profile's words, with how sure that is."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from services.fabric.profile import Profile


@dataclass(frozen=True, slots=True)
class KindGuess:
    """`code` is a kind of the profile's; `confidence` 0–1, below one: only the source or a person is certain."""

    code: str
    confidence: float
    words: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        return {"kind": self.code, "confidence": self.confidence, "words": list(self.words)}


def guess_from(data: dict[str, Any] | None) -> KindGuess | None:
    """The inverse of `as_json`."""
    return None if data is None else KindGuess(data["kind"], data["confidence"], tuple(data["words"]))


def guess_kind(profile: Profile, text: str) -> KindGuess | None:
    """None where no word speaks for any. Each further word of a kind halves the doubt, words of other kinds share the
    rest; of two that are as sure, the first of the profile."""
    said = {kind.code: _longest(word for word in kind.words if word in text) for kind in profile.kinds}
    total = sum(map(len, said.values()))
    if not total:
        return None
    code = max(said, key=lambda code: len(said[code]))
    found = said[code]
    return KindGuess(code, round(len(found) / total * (1 - 0.5 ** len(found)), 3), found)


def sure_kind(profile: Profile, guess: KindGuess | None) -> str | None:
    """What is taken for the order's kind: sure enough, and nothing that would keep it from being worked on or counted —
    those a source or a person must name."""
    if guess is None or guess.confidence < profile.thresholds.guess_kind:
        return None
    kind = profile.kind(guess.code)
    return guess.code if kind and kind.accepted and kind.counted and not kind.confidential else None


def _longest(words: Iterable[str]) -> tuple[str, ...]:
    """Without those that stand within a longer one."""
    found = sorted(set(words), key=lambda word: (-len(word), word))
    return tuple(word for at, word in enumerate(found) if not any(word in longer for longer in found[:at]))
