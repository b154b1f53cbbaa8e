"""How like two texts are: by the pairs of signs that both have."""

import math
import re
from itertools import pairwise

LONGEST = 400
# What every report says.
_STOCK = re.compile(
    r"市民|居民|反映|来电|诉求|投诉|举报|建议|希望|请求|恳请|要求|相关部门|有关部门|政府|领导|尽快|处理|解决|核实|回复|谢谢|您好|你好|某某|\[[^\]]*\]"
)
_NO_WORD = re.compile(r"[^\u3400-\u9fffA-Za-z0-9]+")


def grams(text: str) -> frozenset[str]:
    """Pairs of neighbouring signs of the first LONGEST; stock phrases, marks and masks are none."""
    runs = _NO_WORD.sub(" ", _STOCK.sub(" ", text[:LONGEST])).split(" ")
    return frozenset(one + other for run in runs for one, other in pairwise(run))


def likeness(one: frozenset[str], other: frozenset[str]) -> float:
    """0–1, symmetric: the cosine of the two (Ochiai)."""
    return len(one & other) / math.sqrt(len(one) * len(other)) if one and other else 0.0
