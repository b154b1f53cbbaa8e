"""Patterns and what stands instead, tried only where a text can have them at all."""

import re
from collections.abc import Callable
from dataclasses import dataclass

import ahocorasick

_DIGIT = re.compile(r"\d")


@dataclass(frozen=True, slots=True)
class Rule:
    """Tried only where the text has `digits` digits at least, and one of `marks`: most texts have neither."""

    pattern: re.Pattern[str]
    instead: str | Callable[[re.Match[str]], str]
    digits: int = 0
    marks: tuple[str, ...] = ()


class Rules:
    """In their order; all their marks are looked for in one pass."""

    def __init__(self, *rules: Rule) -> None:
        self._rules = tuple((1 << place, rule) for place, rule in enumerate(rules))
        self._always = sum(bit for bit, rule in self._rules if not rule.marks)
        marks: dict[str, int] = {}
        for bit, rule in self._rules:
            for mark in rule.marks:
                marks[mark] = marks.get(mark, 0) | bit
        self._marks = ahocorasick.Automaton()
        for mark, bits in marks.items():
            self._marks.add_word(mark, bits)
        self._marks.make_automaton()

    def applied(self, text: str) -> str:
        digits, marked = len(_DIGIT.findall(text)), self._marked(text)
        for bit, rule in self._rules:
            if digits >= rule.digits and marked & bit:
                changed = rule.pattern.sub(rule.instead, text)
                if changed != text:
                    text, marked = changed, self._marked(changed)
        return text

    def _marked(self, text: str) -> int:
        found = self._always
        for _, bits in self._marks.iter(text):
            found |= bits
        return found
