"""Places whose names stand in a text with a sign wrong, missing or too many."""

from collections.abc import Iterator

from rapidfuzz import fuzz
from rapidfuzz.distance import Levenshtein

from services.fabric.districts import stranger
from services.fabric.gazetteer import Gazetteer, core_of, one_place
from services.fabric.likeness import Slip, slip
from services.fabric.placetext import MISSPELT_ROAD, NUMBER, NUMERALS, SHORT_ROAD, sounds_alike
from services.fabric.readings import BY_NUMBER, ELSEWHERE, Reading
from services.fabric.roads import Road

_BY_SLIP: dict[Slip, float] = {"sound": 0.75, "length": 0.7, "other": 0.6}
_OTHER_SIGN_OF_TWO, _SHORT = 0.5, 0.8
_NAME, _NAME_BY_SOUND, _OTHER_NUMERAL, _UNLIKE = 0.7, 0.8, 0.35, 0.45
_LEAST_OWN_TO_A_SLIP = 4
_LEAST_LIKENESS = 75.0


def misspelt(gazetteer: Gazetteer, text: str) -> Iterator[Reading]:
    yield from _roads(gazetteer, text)
    yield from _short_roads(gazetteer, text)
    yield from _names(gazetteer, text)


def _roads(gazetteer: Gazetteer, text: str) -> Iterator[Reading]:
    for written in MISSPELT_ROAD.finditer(text):
        like = gazetteer.roads_like.find(written.group(1))
        for name in like:
            kind, length = slip(name, written.group(1))
            alike = _OTHER_SIGN_OF_TWO if kind == "other" and len(name) <= 3 else _BY_SLIP[kind]
            start = written.end() - length
            sure = alike if len(like) == 1 else ELSEWHERE
            yield from _at_number(gazetteer, gazetteer.roads[name], text, start, written.end(), sure)


def _short_roads(gazetteer: Gazetteer, text: str) -> Iterator[Reading]:
    """`兰溪138号`: the sign for a road left out."""
    for written in SHORT_ROAD.finditer(text):
        found = gazetteer.road_of_stem(written.group(1))
        if found:
            road, stem = found
            yield from _at_number(gazetteer, road, text, written.end() - len(stem), written.end(), _SHORT)


def _at_number(gazetteer: Gazetteer, road: Road, text: str, start: int, end: int, sure: float) -> Iterator[Reading]:
    number = NUMBER.match(text[end:])
    place = road.find(int(number["number"]), "弄" if number["kind"] == "弄" else "号") if number else None
    if number and place:
        where = stranger(text[:start], gazetteer.home)
        sure = min(BY_NUMBER[place.how] * sure, ELSEWHERE if where else 1.0)
        name, kind = (place.known.entry.name, place.known.entry.kind) if place.known else (place.name, "address")
        yield Reading(place.lon, place.lat, name, kind, sure, "misspelt", start, end + number.end(), where)


def _names(gazetteer: Gazetteer, text: str) -> Iterator[Reading]:
    """The names most like a part of the text; several equally like ones leave it unclear."""
    scored: list[tuple[float, str, int, int]] = []
    for name in gazetteer.names_like.find(text):
        likeness = fuzz.partial_ratio_alignment(name, text, score_cutoff=_LEAST_LIKENESS)
        if likeness is None or name in text:
            continue
        start = likeness.dest_start
        # As long as the name: a wrong sign at the end is one, not a shorter name.
        end = max(likeness.dest_end, min(len(text), start + len(name)))
        # A text shorter than the name is found inside it: 兰溪路 is no misspelling of 兰溪路生鲜店.
        score = min(likeness.score, fuzz.ratio(name, text[start:end]))
        if score >= _LEAST_LIKENESS:
            scored.append((score, name, start, end))
    top = max((score for score, *_ in scored), default=0.0)
    tied = [row for row in scored if row[0] >= top - 1e-9]
    for score, name, start, end in tied:
        sure = _sure_of_name(name, text[start:end]) * score / 100
        if len(tied) > 1 or not one_place(gazetteer.places[name]):
            sure = min(sure, ELSEWHERE)
        where = stranger(text[:start], gazetteer.home)
        entry = gazetteer.places[name][0].entry
        sure = min(sure, ELSEWHERE) if where else sure
        yield Reading(entry.lon, entry.lat, entry.name, entry.kind, sure, "misspelt", start, end, where)


def _sure_of_name(name: str, window: str) -> float:
    """By what distinguishes the name: of 金鼎小区 one wrong sign leaves one right one, unless it sounds the same."""
    if NUMERALS.findall(name) != NUMERALS.findall(window):
        return _OTHER_NUMERAL
    if _all_by_sound(name, window):
        return _NAME_BY_SOUND
    own, slips = len(core_of(name)), Levenshtein.distance(name, window)
    return _NAME if slips * _LEAST_OWN_TO_A_SLIP <= own else _UNLIKE


def _all_by_sound(name: str, window: str) -> bool:
    pairs = zip(name, window, strict=False)
    return len(name) == len(window) and all(one == other or sounds_alike(one, other) for one, other in pairs)
