"""Estates (小区) and who manages them (物业): the gazetteer's places of that kind that name a unit."""

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

import ahocorasick
import numpy as np

from services.fabric.gazetteer import Gazetteer
from services.fabric.metric import distance
from services.fabric.model import GazetteerEntry
from services.fabric.nearby import Nearby, order_of
from services.fabric.placetext import normalise

ESTATE = "estate"


class Estate(NamedTuple):
    """`unit` is its property company; where it has none, the community that manages it instead."""

    name: str
    unit: str
    lon: float
    lat: float


class Estates:
    def __init__(self, places: Iterable[GazetteerEntry]) -> None:
        found = [place for place in places if place.kind == ESTATE and place.unit]
        lons = np.array([place.lon for place in found], dtype=np.float64)
        lats = np.array([place.lat for place in found], dtype=np.float64)
        order = order_of(lons, lats)
        self._near = Nearby(lons[order], lats[order])
        self._estates = [
            Estate(found[at].name, found[at].unit or "", found[at].lon, found[at].lat) for at in order.tolist()
        ]
        self._names = ahocorasick.Automaton()
        self._by_name: dict[str, list[Estate]] = {}
        for at, estate in zip(order.tolist(), self._estates, strict=True):
            for name in {normalise(name) for name in (found[at].name, *found[at].aliases, *found[at].former)}:
                if name:
                    self._by_name.setdefault(name, []).append(estate)
        for name in self._by_name:
            self._names.add_word(name, name)
        if self._by_name:
            self._names.make_automaton()

    def __len__(self) -> int:
        return len(self._estates)

    def named(self, text: str, lon: float | None, lat: float | None, metres: float) -> Estate | None:
        """The estate whose name stands in a text, the longest name before others; where the position is known, only one
        within `metres` of it, the nearest of several with that name."""
        if not self._by_name:
            return None
        names = {name for _, name in self._names.iter(normalise(text))}
        for name in sorted(names, key=lambda name: (-len(name), name)):
            same = self._by_name[name]
            if lon is None or lat is None:
                if len({estate.unit for estate in same}) == 1:
                    return same[0]
                continue
            away = [(distance(lon, lat, estate.lon, estate.lat), estate) for estate in same]
            near = min(away)
            if near[0] <= metres:
                return near[1]
        return None

    def nearest(self, lon: float, lat: float, metres: float) -> Estate | None:
        found, away = self._near.within(lon, lat, metres)
        if not len(found):
            return None
        return self._estates[int(found[int(np.lexsort((found, away))[0])])]


@lru_cache(maxsize=4)
def estates_of(gazetteer: Gazetteer) -> Estates:
    """Made once for a gazetteer, however many versions of the fabric hold it."""
    return Estates(gazetteer.entries)
