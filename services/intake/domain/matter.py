"""Whether two orders are about one matter: near in place and time, of one kind, in like words. Nothing but functions.

Place, time, kind and words each give 0–1; the score is their mean by weight times the kind's. A score alone joins
nothing: `sure` asks for each of them, so that much of one never makes up for a lack of another.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Literal

from services.fabric.metric import distance
from services.fabric.rules import Thresholds
from services.intake.domain.words import grams, likeness

KIND = {"sub": 1.0, "concern": 0.85, "category": 0.5, "other": 0.0}
_WEIGHT = {"place": 0.35, "time": 0.15, "words": 0.5}
PROPOSE = 0.55
# Shares of `join_metres`: what two clicks on a map for one shop are apart, and how wide a place with a name may be.
_SPOT, _NAMED = 0.2, 0.5
# How like the words have to be: of one sub-concern; where less is known; where a wrong join could cost a life.
_LIKE, _MUCH_LIKE, _THE_SAME = 0.25, 0.5, 0.8
# What a shared telling word is worth: short reports say one thing in few words.
_TOLD = 0.3
_BUILDING = re.compile(r"(\d{1,4})\s?(?:号楼|栋|幢|座)")

Closeness = Literal["sub", "concern", "category", "other"]


@dataclass(frozen=True)
class Sign:
    """What an order shows of its matter; texts are masked. `place` is the gazetteer's name of the place, `coarse` that
    many live there behind one name, `building` which of its houses (a keyed digest). `telling`: words in it that speak
    for its sub-concern alone. `words`: the text without the names of the place."""

    concern: str
    category: str
    sub: str | None
    at: datetime
    lon: float
    lat: float
    place: str | None = None
    coarse: bool = False
    building: str | None = None
    emergency: bool = False
    telling: frozenset[str] = frozenset()
    words: str = ""

    @cached_property
    def grams(self) -> frozenset[str]:
        return grams(self.words)


@dataclass(frozen=True, slots=True)
class Alike:
    """How like two orders are. `score` 0–1; `metres`, `hours` between them; `words` 0–1, not weighed (0) where the rest
    rules it out; `sure`: one matter by rule; `spot`: at one and the same place; not
    `placed`: where the one is nobody knows."""

    score: float
    metres: float
    hours: float
    kind: Closeness
    words: float
    spot: bool
    sure: bool
    placed: bool = True

    @property
    def reasons(self) -> list[str]:
        """For people, in Chinese."""
        named = {"sub": "同一细项", "concern": "同一事项", "category": "同一大类", "other": "事项不同"}
        where = f"{'同一地点' if self.spot else '地点相近'}（相距 {self.metres:.0f} 米）" if self.placed else "地点不明"
        days = self.hours / 24
        when = f"相隔 {self.hours:.0f} 小时" if days < 2 else f"相隔 {days:.0f} 天"
        return [where, when, named[self.kind], f"用词相似 {self.words:.0%}"]


def compare(one: Sign, other: Sign, limits: Thresholds) -> Alike:
    """The same whichever of them is named first; neither farther nor later ever raises the score."""
    metres = distance(one.lon, one.lat, other.lon, other.lat)
    hours = abs((one.at - other.at).total_seconds()) / 3600
    kind = _kind(one, other)
    spot = _one_spot(one, other, metres, limits)
    if metres > limits.join_metres or hours > limits.join_days * 24:
        return Alike(0.0, metres, hours, kind, 0.0, spot, sure=False)
    words = _words(one, other) if kind != "other" else 0.0
    near = _falling(metres, limits.join_metres)
    soon = _falling(hours, limits.join_days * 24)
    score = KIND[kind] * (_WEIGHT["place"] * near + _WEIGHT["time"] * soon + _WEIGHT["words"] * words)
    sure = spot and kind in ("sub", "concern") and words >= _wanted(one, other, kind)
    return Alike(round(score, 3), metres, hours, kind, words, spot, sure)


def recurs(one: Sign, other: Sign, limits: Thresholds) -> bool:
    """The same kind at the same place, whatever the words."""
    metres = distance(one.lon, one.lat, other.lon, other.lat)
    return one.concern == other.concern and _one_spot(one, other, metres, limits) and _subs_agree(one, other)


def same_callers(one: Sign, other: Sign, limits: Thresholds) -> bool:
    """Whether what one person reports twice may be the same: of one kind, and no farther than one place is misread."""
    metres = distance(one.lon, one.lat, other.lon, other.lat)
    return one.concern == other.concern and metres <= limits.mismatch_metres


def building_in(texts: Iterable[str | None]) -> str | None:
    """The house of an estate that is named, if it is one."""
    found = {number for text in texts if text for number in _BUILDING.findall(text)}
    return found.pop() if len(found) == 1 else None


def _kind(one: Sign, other: Sign) -> Closeness:
    if one.concern == other.concern:
        return "sub" if one.sub is not None and one.sub == other.sub else "concern"
    return "category" if one.category == other.category else "other"


def _subs_agree(one: Sign, other: Sign) -> bool:
    return one.sub is None or other.sub is None or one.sub == other.sub


def _words(one: Sign, other: Sign) -> float:
    like = likeness(one.grams, other.grams)
    return round(like + (1 - like) * _TOLD if one.telling & other.telling else like, 3)


def _wanted(one: Sign, other: Sign, kind: Closeness) -> float:
    if one.emergency or other.emergency:
        return _THE_SAME
    return _LIKE if kind == "sub" and not (one.coarse or other.coarse) else _MUCH_LIKE


def _one_spot(one: Sign, other: Sign, metres: float, limits: Thresholds) -> bool:
    """Two houses of an estate are two places, and so are two shops with names of their own, wall to wall."""
    if one.building is not None and other.building is not None and one.building != other.building:
        return False
    if one.place and other.place:
        return one.place == other.place and metres <= limits.join_metres * _NAMED
    return metres <= limits.join_metres * _SPOT


def _falling(amount: float, reach: float) -> float:
    return max(0.0, 1 - amount / reach) if reach > 0 else float(amount == 0)
