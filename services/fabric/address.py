"""An address or a free text to a place, with how sure that is. Below 0.5 somebody has to look (待研判)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from services.fabric.districts import only_home
from services.fabric.gazetteer import Gazetteer
from services.fabric.metric import distance
from services.fabric.misspelling import misspelt
from services.fabric.placetext import FROM, LIVES_THERE, TO, normalise
from services.fabric.readings import CORE, NAMED, Alternative, How, Reading, read, spread

__all__ = ["HOW_TOLD", "SURE_ENOUGH", "AddressMatch", "Alternative", "Gazetteer", "How", "denied", "match"]

SURE_ENOUGH = 0.5
HOW_TOLD: Mapping[How, str] = {
    "number": "按门牌号认出",
    "between": "按相邻门牌号推算",
    "beyond": "门牌号超出已知范围，按最近的一个",
    "range": "按门牌号范围取中间",
    "building": "按楼栋认出",
    "estate": "按小区名认出",
    "name": "按名称认出",
    "alias": "按别名或简称认出",
    "former": "按曾用名认出",
    "crossing": "按两条路的路口认出",
    "segment": "按两条路之间的路段取中间",
    "misspelt": "写法有出入，按相近的名称认出",
    "road": "只有路名，取路的中间",
}
# Of readings equally sure the more exact one counts.
_RANK: Sequence[How] = (
    "building",
    "number",
    "estate",
    "name",
    "alias",
    "former",
    "between",
    "range",
    "segment",
    "crossing",
    "beyond",
    "misspelt",
    "road",
)
# A building by its estate's short name says more than the estate by its number.
_BUILDING_FIRST = 0.15
_CONTRADICTED, _FROM_TO, _LIVES_THERE = 0.8, 0.45, 0.7
_FAR_APART_METRES = 500.0
_LONGEST_READ = 600
_MOST_ALTERNATIVES = 3


@dataclass(frozen=True, slots=True)
class AddressMatch:
    """`matched` is the part of the (normalised) text that showed the place; `kind` the gazetteer's, or `road`,
    `crossing`. `elsewhere`: the words that put the place in another district."""

    lon: float
    lat: float
    name: str
    kind: str
    confidence: float
    matched: str
    how: How
    alternatives: tuple[Alternative, ...] = ()
    elsewhere: str | None = None


def match(gazetteer: Gazetteer, text: str) -> AddressMatch | None:
    """The likeliest place of the text; None when no name of the gazetteer is in it, not even misspelt."""
    plain = normalise(text[:_LONGEST_READ])
    found = read(gazetteer, plain)
    if not any(one.confidence >= SURE_ENOUGH for one in found):
        told = {(one.lon, one.lat) for one in found}
        found += [one for one in misspelt(gazetteer, plain) if (one.lon, one.lat) not in told]
    if not found:
        return None
    found = sorted(_without_homes(plain, spread(plain, found)), key=_likeliest)
    best, rivals = found[0], _rivals(found)
    confidence = best.confidence
    if _from_to(plain, [best, *rivals]):
        confidence = min(confidence, _FROM_TO)
    elif any(one.confidence >= CORE for one in rivals):
        confidence *= _CONTRADICTED
    elif (
        not rivals and confidence >= NAMED and best.end == len(plain) and only_home(plain[: best.start], gazetteer.home)
    ):
        confidence = 1.0
    return AddressMatch(
        best.lon,
        best.lat,
        best.name,
        best.kind,
        round(confidence, 2),
        plain[best.start : best.end],
        best.how,
        _alternatives(found),
        best.elsewhere,
    )


def denied(named: AddressMatch | None, said: AddressMatch) -> bool:
    """Whether the address puts into another district the very place that the text names without one."""
    if named is None or named.elsewhere is None:
        return False
    return distance(named.lon, named.lat, said.lon, said.lat) <= _FAR_APART_METRES


def _likeliest(one: Reading) -> tuple[float, int, int, str]:
    exact = _BUILDING_FIRST if one.how == "building" else 0.0
    return -round(one.confidence + exact, 6), _RANK.index(one.how), one.start, one.name


def _without_homes(text: str, found: Sequence[Reading]) -> list[Reading]:
    """`我住兰溪路138号，真如寺门口…`: where somebody lives counts less than the other place named."""
    homes = [bool(LIVES_THERE.search(text[: one.start])) for one in found]
    elsewhere = any(not home and one.confidence >= SURE_ENOUGH for home, one in zip(homes, found, strict=True))
    if not elsewhere:
        return list(found)
    return [
        replace(one, confidence=one.confidence * _LIVES_THERE) if home else one
        for home, one in zip(homes, found, strict=True)
    ]


def _rivals(found: Sequence[Reading]) -> list[Reading]:
    """Other places, sure enough by themselves and far away."""
    best = found[0]
    return [
        one
        for one in found[1:]
        if one.confidence >= SURE_ENOUGH and distance(best.lon, best.lat, one.lon, one.lat) > _FAR_APART_METRES
    ]


def _from_to(text: str, places: Sequence[Reading]) -> bool:
    """`从甲到乙`: somewhere on the way."""
    in_order = sorted(places, key=lambda one: one.start)
    return any(
        FROM.search(text[: one.start]) and TO.match(text[one.end : other.start]) for one, other in pairwise(in_order)
    )


def _alternatives(found: Sequence[Reading]) -> tuple[Alternative, ...]:
    """The best aside, each name once; places of the best's own name stand by their positions."""
    best = found[0]
    known = {(other.name, other.lon): other for other in best.alternatives}
    for one in found[1:]:
        if one.name != best.name and not any(name == one.name for name, _ in known):
            known[one.name, one.lon] = Alternative(one.name, one.lon, one.lat, round(one.confidence, 2))
    ranked = sorted(known.values(), key=lambda one: (-one.confidence, one.name, one.lon))
    return tuple(ranked[:_MOST_ALTERNATIVES])
