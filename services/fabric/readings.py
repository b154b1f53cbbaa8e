"""The ways in which a normalised text can name a place, each with how sure it is and the signs it rests on."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal, NamedTuple

from services.fabric.districts import speaks_of_others, stranger, stranger_behind
from services.fabric.gazetteer import Gazetteer, Mention, one_place
from services.fabric.metric import distance
from services.fabric.model import GazetteerEntry
from services.fabric.placetext import (
    BETWEEN_OPENS,
    BUILDING,
    CROSSING,
    JOINS_ROADS,
    NEARNESS,
    NUMBER,
    STRETCH_CLOSES,
    STRETCH_JOINS,
    STRETCH_OPENS,
    STRETCH_RUNS,
    normalise,
)
from services.fabric.roads import Found, Known, OnRoad, Road

How = Literal[
    "number",
    "between",
    "beyond",
    "range",
    "building",
    "estate",
    "name",
    "alias",
    "former",
    "crossing",
    "segment",
    "misspelt",
    "road",
]

BY_NUMBER: dict[Found, float] = {
    "exact": 0.95,
    "other_kind": 0.9,
    "stretch": 0.8,
    "between": 0.75,
    "between_sides": 0.65,
    "beyond": 0.55,
}
_HOW_NUMBER: dict[Found, How] = {
    "exact": "number",
    "other_kind": "number",
    "stretch": "between",
    "between": "between",
    "between_sides": "between",
    "beyond": "beyond",
}
_BY_NAME = {"name": 0.95, "alias": 0.9, "former": 0.85}
NAMED, CORE = 0.95, 0.8
_BUILDING, _BUILDING_UNKNOWN = 0.95, 0.92
_NAMED_AT_ROAD, _CROSSING, _ROAD_ONLY, _SHORT_ROAD = 0.8, 0.75, 0.3, 0.55
_UNCLEAR, ELSEWHERE, _BY_NEIGHBOUR = 0.45, 0.4, 0.85
_NEAR_IT, _FORMER_ROAD, _OTHERS_NAMED = 0.9, 0.9, 0.8
_SHORT_METRES, _BESIDE_METRES, _NEIGHBOUR_METRES = 300.0, 100.0, 300.0
_LONGEST_RANGE = 400
_CLAUSE = re.compile("[,。;!?:]")
_TAIL = 14
# Metres of a stretch between two roads → how sure its middle is.
_BY_LENGTH = ((300.0, 0.8), (800.0, 0.65), (1500.0, 0.5), (float("inf"), 0.4))


class Alternative(NamedTuple):
    name: str
    lon: float
    lat: float
    confidence: float


@dataclass(frozen=True, slots=True)
class Reading:
    """`start:end` in the text; `elsewhere` the words that put the place in another district."""

    lon: float
    lat: float
    name: str
    kind: str
    confidence: float
    how: How
    start: int
    end: int
    elsewhere: str | None = None
    alternatives: tuple[Alternative, ...] = ()


def read(gazetteer: Gazetteer, text: str) -> list[Reading]:
    """Everything that the text says outright; what is misspelt is another's task."""
    mentions = gazetteer.mentions(text)
    stretches = list(_stretches(gazetteer, text, mentions))
    found = [*stretches, *_numbers_and_roads(gazetteer, text, mentions), *_names(gazetteer, text, mentions)]
    found += _crossings(gazetteer, text, mentions, [(one.start, one.end) for one in stretches])
    found += _shared_names(mentions, text, found)
    return [_in_its_district(gazetteer, text, one) for one in found]


def _numbers_and_roads(gazetteer: Gazetteer, text: str, mentions: Sequence[Mention]) -> Iterator[Reading]:
    for mention in mentions:
        road = mention.road
        if road is None:
            continue
        number = NUMBER.match(text[mention.end :])
        kind = "弄" if number and number["kind"] == "弄" else "号"
        place = road.find(int(number["number"]), kind) if number else None
        if number and place:
            yield _by_number(gazetteer, text, mention, place, int(number["upto"] or 0), mention.end + number.end())
            continue
        for known, length in gazetteer.at_road(road.name, text[mention.end : mention.end + _TAIL]):
            yield _of(known.entry, _NAMED_AT_ROAD, "name", mention.start, mention.end + length)
        sure = _SHORT_ROAD if road.extent <= _SHORT_METRES else _ROAD_ONLY
        yield Reading(*road.middle, road.name, "road", sure, "road", mention.start, mention.end)


def _by_number(gazetteer: Gazetteer, text: str, mention: Mention, place: OnRoad, upto: int, end: int) -> Reading:
    assert mention.road is not None
    former = mention.by == "former" or (place.known is not None and place.known.by == "former")
    sure = BY_NUMBER[place.how] * (_FORMER_ROAD if former else 1.0)
    how: How = "former" if former else _HOW_NUMBER[place.how]
    # 181号 is beside 181弄, not the estate itself.
    entry = place.known.entry if place.known and place.how == "exact" else None
    inside = BUILDING.match(text[end:])
    lane = place.name if place.name[-1] == "弄" or entry else None
    building = gazetteer.building(entry, lane, inside["number"]) if inside else None
    if building and inside:
        kind = entry.kind if entry else ("estate" if lane else building.entry.kind)
        near = _nearness(text[end + inside.end() :])
        return replace(_of(building.entry, _BUILDING * near, "building", mention.start, end + inside.end()), kind=kind)
    sure *= _nearness(text[end:])
    if upto:
        return _range(mention, place, mention.road, upto, sure, end)
    name, kind = (entry.name, entry.kind) if entry else (place.name, "address")
    return Reading(place.lon, place.lat, name, kind, sure, how, mention.start, end)


def _range(mention: Mention, place: OnRoad, road: Road, upto: int, sure: float, end: int) -> Reading:
    """The middle of `100-120号`; `138-1号` is 138号."""
    number = int("".join(sign for sign in place.name[len(road.name) :] if sign.isdigit()))
    other = road.find(upto, place.name[-1]) if number < upto <= number + _LONGEST_RANGE else None
    if other is None:
        return Reading(place.lon, place.lat, place.name, "address", sure, _HOW_NUMBER[place.how], mention.start, end)
    length = distance(place.lon, place.lat, other.lon, other.lat)
    sure = min(sure, BY_NUMBER[other.how], next(sure for most, sure in _BY_LENGTH if length <= most))
    name = f"{road.name}{number}-{upto}{place.name[-1]}"
    lon, lat = (place.lon + other.lon) / 2, (place.lat + other.lat) / 2
    return Reading(lon, lat, name, "address", sure, "range", mention.start, end)


def _names(gazetteer: Gazetteer, text: str, mentions: Sequence[Mention]) -> Iterator[Reading]:
    for mention in mentions:
        if not mention.places or not one_place(mention.places):
            continue
        known = mention.places[0]
        whole = text[mention.start : mention.end] == normalise(known.entry.name)
        sure = CORE if mention.core else NAMED if whole else _BY_NAME[known.by]
        inside = BUILDING.match(text[mention.end :])
        building = gazetteer.building(known.entry, None, inside["number"]) if inside else None
        if building and inside:
            end = mention.end + inside.end()
            sure *= _BUILDING / NAMED * _nearness(text[end:])
            how: How = "former" if known.by == "former" else "building"
            yield replace(_of(building.entry, sure, how, mention.start, end), kind=known.entry.kind)
            continue
        if inside and known.entry.kind == "estate":
            sure *= _BUILDING_UNKNOWN / NAMED
        sure *= _nearness(text[mention.end :])
        yield _of(known.entry, sure, _how_named(known, mention.core), mention.start, mention.end)


def _how_named(known: Known, core: bool) -> How:
    if known.by != "name":
        return known.by
    if core:
        return "alias"
    return "estate" if known.entry.kind == "estate" else "name"


def _shared_names(mentions: Sequence[Mention], text: str, found: Sequence[Reading]) -> Iterator[Reading]:
    """A name that several places bear is the one beside the road, or near the other place, that the text names too."""
    for mention in mentions:
        if not mention.places or one_place(mention.places):
            continue
        near = [known for known in mention.places if _beside(known.entry, mentions, found)]
        if near and one_place(tuple(near)):
            sure = _BY_NEIGHBOUR * _nearness(text[mention.end :])
            reading = _of(near[0].entry, sure, _how_named(near[0], mention.core), mention.start, mention.end)
        else:
            first = mention.places[0]
            reading = _of(first.entry, _UNCLEAR, _how_named(first, mention.core), mention.start, mention.end)
        others = [known.entry for known in mention.places if known.entry.lon != reading.lon][:5]
        yield replace(reading, alternatives=tuple(Alternative(one.name, one.lon, one.lat, _UNCLEAR) for one in others))


def _beside(entry: GazetteerEntry, mentions: Sequence[Mention], found: Sequence[Reading]) -> bool:
    sure = [one for one in found if one.confidence >= CORE]
    if sure:
        return any(distance(entry.lon, entry.lat, one.lon, one.lat) <= _NEIGHBOUR_METRES for one in sure)
    return any(m.road is not None and m.road.away(entry.lon, entry.lat) <= _BESIDE_METRES for m in mentions)


def _crossings(
    gazetteer: Gazetteer, text: str, mentions: Sequence[Mention], taken: Sequence[tuple[int, int]]
) -> Iterator[Reading]:
    """`兰溪路真光路路口`, `兰溪路近铜川路`: two roads with nothing but a joining word between them."""
    roads = [mention for mention in mentions if mention.road is not None]
    for first, second in pairwise(roads):
        between = text[first.end : second.start]
        if first.road is None or second.road is None or any(a <= second.start < b for a, b in taken):
            continue
        if not JOINS_ROADS.match(between) or (between in ("到", "-") and not CROSSING.match(text[second.end :])):
            continue
        if NUMBER.match(text[second.end :]) and between == "":
            continue
        place = gazetteer.crossing(first.road, second.road)
        if place:
            name = f"{first.road.name}{second.road.name}路口"
            yield Reading(*place, name, "crossing", _CROSSING, "crossing", first.start, second.end)


def _stretches(gazetteer: Gazetteer, text: str, mentions: Sequence[Mention]) -> Iterator[Reading]:
    """`兰溪路(曹杨路-梅川路)`, `兰溪路曹杨路至梅川路段`, `曹杨路和梅川路之间的兰溪路`."""
    roads = [mention for mention in mentions if mention.road is not None]
    for one, two, three in zip(roads, roads[1:], roads[2:], strict=False):
        first, second, after = text[one.end : two.start], text[two.end : three.start], text[three.end :]
        if STRETCH_OPENS.match(first) and STRETCH_JOINS.match(second):
            road, ends = one, (two, three)
            if not first and not STRETCH_RUNS.match(second) and not STRETCH_CLOSES.match(after):
                continue
        elif STRETCH_JOINS.match(first) and BETWEEN_OPENS.match(second):
            road, ends = three, (one, two)
        else:
            continue
        found = _stretch(gazetteer, road.road, [end.road for end in ends], one.start, three.end)
        if found:
            yield found


def _stretch(
    gazetteer: Gazetteer, road: Road | None, ends: Sequence[Road | None], start: int, end: int
) -> Reading | None:
    crossings = [gazetteer.crossing(road, other) for other in ends if road is not None and other is not None]
    known = [place for place in crossings if place is not None]
    if road is None or not known:
        return None
    name = f"{road.name}（{'—'.join(other.name for other in ends if other)}）"
    lon, lat = road.nearest(sum(place.lon for place in known) / len(known), sum(p.lat for p in known) / len(known))
    sure = _UNCLEAR
    if len(known) == len(ends):
        length = distance(*known[0], *known[-1])
        sure = next(sure for most, sure in _BY_LENGTH if length <= most)
    return Reading(lon, lat, name, "road", sure, "segment", start, end)


def _in_its_district(gazetteer: Gazetteer, text: str, one: Reading) -> Reading:
    home = gazetteer.home
    where = stranger(text[: one.start], home) or stranger_behind(text[one.end :], home)
    if where:
        return replace(one, confidence=min(one.confidence, ELSEWHERE), elsewhere=where)
    return replace(one, confidence=one.confidence * _OTHERS_NAMED) if speaks_of_others(text, home) else one


def spread(text: str, found: Sequence[Reading]) -> list[Reading]:
    """What another district's name puts elsewhere takes along all that follows in the same clause."""
    told: list[Reading] = []
    where, reached = None, 0
    for one in sorted(found, key=lambda one: one.start):
        if one.elsewhere:
            where = one.elsewhere
        elif where and not _CLAUSE.search(text[reached : one.start]):
            one = replace(one, confidence=min(one.confidence, ELSEWHERE), elsewhere=where)
        else:
            where = None
        reached = max(reached, one.end)
        told.append(one)
    return told


def _nearness(after: str) -> float:
    return _NEAR_IT if NEARNESS.match(after) else 1.0


def _of(entry: GazetteerEntry, confidence: float, how: How, start: int, end: int) -> Reading:
    return Reading(entry.lon, entry.lat, entry.name, entry.kind, confidence, how, start, end)
