"""An address or a free text to a place, with how sure that is. Below 0.5 somebody has to look (待研判)."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import NamedTuple

from rapidfuzz import fuzz

from services.fabric.gazetteer import Gazetteer, Mention, one_place
from services.fabric.metric import distance
from services.fabric.model import GazetteerEntry
from services.fabric.placetext import (
    CROSSING,
    JOINS_ROADS,
    MISSPELT_ROAD,
    NEARNESS,
    NUMBER,
    NUMERALS,
    normalise,
    only_home,
    stranger,
)

__all__ = ["AddressMatch", "Alternative", "Gazetteer", "match"]

_BY_NUMBER = {"exact": 0.95, "other_kind": 0.9, "between": 0.75, "between_sides": 0.65, "beyond": 0.55}
_NAMED, _ALIAS, _CORE, _NAMED_AT_ROAD, _CROSSING, _ROAD_ONLY = 0.95, 0.9, 0.8, 0.8, 0.75, 0.3
_UNCLEAR, _ELSEWHERE, _OTHER_NUMERAL = 0.45, 0.4, 0.35
_NEAR_IT, _MISSPELT, _CONTRADICTED = 0.9, 0.7, 0.8
_SURE_ENOUGH = 0.5
_FAR_APART_METRES = 500.0
_TAIL = 14
_LONGEST_READ = 600
_LEAST_LIKENESS = 75.0


class Alternative(NamedTuple):
    name: str
    lon: float
    lat: float
    confidence: float


@dataclass(frozen=True, slots=True)
class AddressMatch:
    """`matched` is the part of the (normalised) text that showed the place; `kind` the gazetteer's, or `road`,
    `crossing`."""

    lon: float
    lat: float
    name: str
    kind: str
    confidence: float
    matched: str
    alternatives: tuple[Alternative, ...] = ()


def match(gazetteer: Gazetteer, text: str) -> AddressMatch | None:
    """The likeliest place of the text; None when no name of the gazetteer is in it, not even misspelt."""
    plain = normalise(text[:_LONGEST_READ])
    mentions = gazetteer.mentions(plain)
    found = [*_numbers_and_roads(gazetteer, plain, mentions), *_named(gazetteer, plain, mentions)]
    found.extend(_crossings(gazetteer, plain, mentions))
    if not any(one.confidence >= _SURE_ENOUGH for one in found):
        found.extend(_misspelt(gazetteer, plain))
    if not found:
        return None
    found.sort(key=lambda one: (-one.confidence, one.kind != "address", plain.find(one.matched), one.name))
    before, _, after = plain.partition(found[0].matched)
    return _with_alternatives(found, whole=not after and only_home(before, gazetteer.home))


def _with_alternatives(found: list[AddressMatch], whole: bool) -> AddressMatch:
    best, others = found[0], {one.name: one for one in reversed(found) if one.name != found[0].name}
    known = {alternative.name: alternative for alternative in best.alternatives}
    for one in others.values():
        known.setdefault(one.name, Alternative(one.name, one.lon, one.lat, round(one.confidence, 2)))
    confidence = best.confidence
    rivals = [one for one in others.values() if one.confidence >= _CORE]
    if any(distance(best.lon, best.lat, one.lon, one.lat) > _FAR_APART_METRES for one in rivals):
        confidence *= _CONTRADICTED
    elif whole and confidence >= _NAMED:
        confidence = 1.0
    ranked = tuple(sorted(known.values(), key=lambda one: (-one.confidence, one.name))[:3])
    return replace(best, confidence=round(confidence, 2), alternatives=ranked)


def _numbers_and_roads(gazetteer: Gazetteer, text: str, mentions: list[Mention]) -> Iterator[AddressMatch]:
    for mention in mentions:
        if mention.road is None:
            continue
        road = gazetteer.roads[mention.road]
        elsewhere = stranger(text[: mention.start], gazetteer.home)
        number = NUMBER.match(text[mention.end :])
        if number:
            kind = number["kind"] if number["kind"] == "弄" else "号"
            place = road.find(int(number["number"]), kind)
            if place:
                end = mention.end + number.end()
                sure = _ELSEWHERE if elsewhere else _BY_NUMBER[place.how] * _nearness(text[end:])
                yield AddressMatch(place.lon, place.lat, place.name, "address", sure, text[mention.start : end])
                continue
        for entry, length in gazetteer.at_road(mention.road, text[mention.end : mention.end + _TAIL]):
            sure = _ELSEWHERE if elsewhere else _NAMED_AT_ROAD
            yield _of_entry(entry, sure, text[mention.start : mention.end + length])
        lon, lat = road.middle
        yield AddressMatch(lon, lat, road.name, "road", _ROAD_ONLY, mention.road)


def _named(gazetteer: Gazetteer, text: str, mentions: list[Mention]) -> Iterator[AddressMatch]:
    for mention in mentions:
        if not mention.places:
            continue
        entry, matched = mention.places[0], text[mention.start : mention.end]
        sure = _CORE if mention.core else (_NAMED if matched == normalise(entry.name) else _ALIAS)
        sure *= _nearness(text[mention.end :])
        if stranger(text[: mention.start], gazetteer.home):
            sure = min(sure, _ELSEWHERE)
        if one_place(mention.places):
            yield _of_entry(entry, sure, matched)
            continue
        others = tuple(Alternative(e.name, e.lon, e.lat, _UNCLEAR) for e in mention.places[1:])
        yield replace(_of_entry(entry, min(sure, _UNCLEAR), matched), alternatives=others)


def _crossings(gazetteer: Gazetteer, text: str, mentions: list[Mention]) -> Iterator[AddressMatch]:
    """`兰溪路真光路路口`, `兰溪路近铜川路`: two roads with nothing but a joining word between them."""
    roads = [mention for mention in mentions if mention.road is not None]
    for first, second in pairwise(roads):
        between = text[first.end : second.start]
        if not JOINS_ROADS.match(between) or (between == "到" and not CROSSING.match(text[second.end :])):
            continue
        if NUMBER.match(text[second.end :]) and between == "":
            continue
        place = gazetteer.roads[first.road or ""].crossing(gazetteer.roads[second.road or ""])
        if place:
            name = f"{first.road}{second.road}路口"
            yield AddressMatch(place.lon, place.lat, name, "crossing", _CROSSING, text[first.start : second.end])


def _misspelt(gazetteer: Gazetteer, text: str) -> Iterator[AddressMatch]:
    for written in MISSPELT_ROAD.finditer(text):
        like = gazetteer.roads_like(written.group(1))
        number = NUMBER.match(text[written.end() :])
        for name in like:
            place = gazetteer.roads[name].find(int(number["number"]), number["kind"] or "号") if number else None
            if place:
                alike = _MISSPELT if len(like) == 1 else _ELSEWHERE
                sure = _BY_NUMBER[place.how] * alike
                yield AddressMatch(place.lon, place.lat, place.name, "address", sure, written.group(1))
    scored: list[tuple[float, str, str]] = []
    for name in gazetteer.names_like(text):
        if name in text:
            continue
        likeness = fuzz.partial_ratio_alignment(name, text, score_cutoff=_LEAST_LIKENESS)
        if likeness is None:
            continue
        window = text[likeness.dest_start : likeness.dest_end]
        # A text shorter than the name is found inside it: 兰溪路 is no misspelling of 兰溪路生鲜店.
        score = min(likeness.score, fuzz.ratio(name, window))
        if score >= _LEAST_LIKENESS:
            scored.append((score, name, window))
    if not scored:
        return
    top = max(score for score, _, _ in scored)
    tied = [row for row in scored if row[0] >= top - 1e-9]
    for score, name, window in tied:
        sure = _MISSPELT * score / 100
        if len(tied) > 1:
            sure = min(sure, _ELSEWHERE)
        if NUMERALS.findall(name) != NUMERALS.findall(window):
            sure = min(sure, _OTHER_NUMERAL)
        yield _of_entry(gazetteer.places[name][0], sure, window)


def _nearness(after: str) -> float:
    return _NEAR_IT if NEARNESS.match(after) else 1.0


def _of_entry(entry: GazetteerEntry, confidence: float, matched: str) -> AddressMatch:
    return AddressMatch(entry.lon, entry.lat, entry.name, entry.kind, confidence, matched)
