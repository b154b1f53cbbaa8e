"""How like two texts are: by the pairs of signs that both have, the rarer the heavier."""

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

LONGEST = 400
# What every report says.
_STOCK = re.compile(
    r"市民|居民|反映|来电|诉求|投诉|举报|建议|希望|请求|恳请|要求|相关部门|有关部门|政府|领导|尽快|处理|解决|核实|回复|谢谢|您好|你好|某某|\[[^\]]*\]"
)
_NO_WORD = re.compile(r"[^\u3400-\u9fffA-Za-z0-9]+")
_LEAST_TEXTS = 200


@dataclass(frozen=True, slots=True)
class Rarity:
    """What a pair of signs weighs among so many texts: the square of its log rarity; `unknown` for one never met."""

    weights: Mapping[str, float] = field(default_factory=dict)
    unknown: float = 1.0

    def weight(self, pairs: frozenset[str]) -> float:
        """Of all of them together."""
        if not self.weights:
            return float(len(pairs))
        known, unknown = self.weights, self.unknown
        return sum(known.get(pair, unknown) for pair in pairs)


FLAT = Rarity()


def rarity_of(texts: Iterable[str]) -> Rarity:
    """FLAT below _LEAST_TEXTS: so few show nothing."""
    found = [grams(text) for text in texts]
    if len(found) < _LEAST_TEXTS:
        return FLAT
    counts = Counter(pair for pairs in found for pair in pairs)
    weights = {pair: math.log((len(found) + 1) / count) ** 2 for pair, count in counts.items()}
    return Rarity(weights, math.log(len(found) + 1) ** 2)


def grams(text: str) -> frozenset[str]:
    """Pairs of neighbouring signs of the first LONGEST; stock phrases, marks and masks are none."""
    plain = _NO_WORD.sub(" ", _STOCK.sub(" ", text[:LONGEST]))
    return frozenset(pair for at in range(len(plain) - 1) if " " not in (pair := plain[at : at + 2]))


def likeness(one: frozenset[str], other: frozenset[str], rarity: Rarity = FLAT) -> float:
    """0–1, symmetric: the cosine of the two."""
    if not one or not other:
        return 0.0
    shared = one & other
    if not shared:
        return 0.0
    return rarity.weight(shared) / math.sqrt(rarity.weight(one) * rarity.weight(other))
