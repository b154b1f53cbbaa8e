"""How like two texts are: by the pairs of signs that both have, the rarer the heavier."""

import math
import re
from collections import Counter
from collections.abc import Iterable
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
    """Of pairs of signs among `texts` many texts; `counts`: pair → texts that have it. Without texts all weigh alike."""

    texts: int = 0
    counts: dict[str, int] = field(default_factory=dict)

    def weight(self, pair: str) -> float:
        """The square of what it counts: 1 at least for one never met."""
        if self.texts < _LEAST_TEXTS:
            return 1.0
        return math.log(self.texts / (self.counts.get(pair, 0) + 1)) ** 2 if self.counts else 1.0


FLAT = Rarity()


def rarity_of(texts: Iterable[str]) -> Rarity:
    found = [grams(text) for text in texts]
    return Rarity(len(found), Counter(pair for pairs in found for pair in pairs))


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
    if rarity.texts < _LEAST_TEXTS:
        return len(shared) / math.sqrt(len(one) * len(other))
    weigh = rarity.weight
    return sum(map(weigh, shared)) / math.sqrt(sum(map(weigh, one)) * sum(map(weigh, other)))
