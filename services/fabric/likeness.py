"""Names that are misspelt: a sign wrong, missing or too many."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from itertools import pairwise
from typing import Literal

from services.fabric.placetext import sounds_alike

Slip = Literal["sound", "length", "other"]
_SLIPS: Sequence[Slip] = ("sound", "length", "other")
_COMMON_PAIR = 400
_LEAST_SHORTENED = 4


class RoadsLike:
    """Roads that differ by one sign from what is written; the last sign (路, 街) has to be right."""

    def __init__(self, roads: Collection[str]) -> None:
        self._roads = roads
        self._index: dict[str, set[str]] = defaultdict(set)
        for road in roads:
            for blurred in _blurred(road) if len(road) >= 3 else ():
                self._index[blurred].add(road)
            for shorter in _shortened(road):
                self._index[f"-{shorter}"].add(road)

    def find(self, written: str) -> list[str]:
        """Those most like it; none when the end of what is written is a road itself."""
        if any(written[at:] in self._roads for at in range(len(written))):
            return []
        found: set[str] = set()
        for length in range(3, len(written) + 1):
            end = written[-length:]
            for blurred in _blurred(end):
                found |= self._index.get(blurred, set())
            found |= self._index.get(f"-{end}", set())
            found.update(shorter for shorter in _shortened(end) if shorter in self._roads)
        told = {road: slip(road, written)[0] for road in found}
        likeliest = min(told.values(), key=_SLIPS.index, default="other")
        return sorted(road for road, kind in told.items() if kind == likeliest)


def slip(name: str, written: str) -> tuple[Slip, int]:
    """How what is written ends in the name (but for a sign that sounds like the right one, with a sign doubled or one
    left out, with another sign), and how many signs of it that is."""
    end = written[-len(name) :]
    wrong = [(one, other) for one, other in zip(name, end, strict=False) if one != other]
    if len(end) == len(name) and len(wrong) == 1 and sounds_alike(*wrong[0]):
        return "sound", len(name)
    longer = written[-len(name) - 1 :]
    if any(one == other for one, other in pairwise(longer)) and name in _shortened(longer):
        return "length", len(longer)
    if any(written.endswith(cut) for cut in _shortened(name)):
        return "length", len(name) - 1
    return "other", min(len(name), len(written))


class NamesLike:
    """Names of places by the pairs of signs in them."""

    def __init__(self, names: Collection[str]) -> None:
        self._with: dict[str, list[str]] = defaultdict(list)
        for name in names:
            if len(name) >= _LEAST_SHORTENED:
                for pair in _pairs(name):
                    self._with[pair].append(name)

    def find(self, text: str, most: int = 30) -> list[str]:
        """Those that share many pairs with the text, the likeliest first."""
        shared: dict[str, int] = defaultdict(int)
        for pair in _pairs(text):
            names = self._with.get(pair, ())
            if len(names) <= _COMMON_PAIR:
                for name in names:
                    shared[name] += 1
        likely = [name for name, count in shared.items() if count * 3 >= len(name) - 1]
        return sorted(likely, key=lambda name: (-shared[name] / len(name), name))[:most]


def _pairs(text: str) -> set[str]:
    return {text[at : at + 2] for at in range(len(text) - 1)}


def _blurred(name: str) -> list[str]:
    """The name with each sign but the last hidden in turn."""
    return [f"{name[:at]}?{name[at + 1 :]}" for at in range(len(name) - 1)]


def _shortened(name: str) -> list[str]:
    if len(name) < _LEAST_SHORTENED:
        return []
    return [name[:at] + name[at + 1 :] for at in range(len(name) - 1)]
