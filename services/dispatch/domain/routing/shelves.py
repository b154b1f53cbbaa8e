"""Rows that may take one kind of trouble, looked up by what the place and the words are where they are many."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import ahocorasick

from services.dispatch.domain.routing.conditions import Asked, Facts
from services.dispatch.domain.routing.row import Row

# Up to so many rows are asked one after the other: that costs no more than looking them up.
_FEW = 24


class Vocal:
    """The words that the rows of a table ask for, found in a text in one go."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self._automaton = ahocorasick.Automaton()
        for word in {word for row in rows for word in row.when.words}:
            self._automaton.add_word(word, word)
        self._any = len(self._automaton) > 0
        if self._any:
            self._automaton.make_automaton()

    def said(self, text: str) -> set[str]:
        return {word for _, word in self._automaton.iter(text)} if self._any else set()


def _units(facts: Facts) -> Iterable[str]:
    here = set(facts.site.units.values())
    return here if facts.site.property is None else here | {facts.site.property}


def _kinds(facts: Facts) -> Iterable[str]:
    """The kind of the thing there and the families it is of."""
    if facts.site.thing.nearest is None:
        return ()
    parts = facts.site.thing.nearest.kind.split(".")
    return [".".join(parts[: n + 1]) for n in range(len(parts))]


# A condition that is a list of values → which of them hold; those that leave the fewest rows first.
_HELD: Mapping[str, Callable[[Facts, Vocal], Iterable[str]]] = {
    "grid": lambda facts, vocal: [f"{overlay}:{code}" for overlay, code in facts.site.grids.items()],
    "words": lambda facts, vocal: vocal.said(facts.text),
    "component": lambda facts, vocal: _kinds(facts),
    "unit": lambda facts, vocal: _units(facts),
    "owner": lambda facts, vocal: facts.owners,
    "level": lambda facts, vocal: (facts.level or "",),
    "zone": lambda facts, vocal: (facts.site.zone or "",),
}


class Shelf:
    """Rows in order. Each stands under the values of one of its conditions, or, having none of that sort, under none."""

    def __init__(self, rows: Sequence[Asked], vocal: Vocal) -> None:
        self._rows = rows
        self._vocal = vocal
        self._under_none: list[int] = []
        self._under: dict[str, dict[str, list[int]]] = {}
        for place, one in enumerate(rows if len(rows) > _FEW else ()):
            field = next((field for field in _HELD if field in one.fields), None)
            if field is None:
                self._under_none.append(place)
                continue
            under = self._under.setdefault(field, {})
            for value in set(getattr(one.row.when, field)):
                under.setdefault(value, []).append(place)

    def fitting(self, facts: Facts) -> Iterator[Asked]:
        for one in self._candidates(facts):
            for check in one.checks:
                if not check(facts):
                    break
            else:
                yield one

    def _candidates(self, facts: Facts) -> Iterable[Asked]:
        if not self._under:
            return self._rows
        places = set(self._under_none)
        for field, under in self._under.items():
            for value in _HELD[field](facts, self._vocal):
                places.update(under.get(value, ()))
        return [self._rows[place] for place in sorted(places)]
