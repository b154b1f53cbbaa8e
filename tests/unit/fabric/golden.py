"""The golden table of addresses and the gazetteer it stands on: the demo's, with what it lacks."""

import csv
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from services.fabric.gazetteer import Gazetteer
from services.fabric.model import GazetteerEntry, Stretch
from tests.harness.zhenru import places, profile

TABLE = Path(__file__).with_name("addresses.csv")
_REPLACED = frozenset({"星河世纪小区", "真如寺"})


class Golden(NamedTuple):
    """`place` empty: none is sure. `at` is where it must be, to `metres`; None where that says nothing. Confidence from
    `least` to `most`, below 0.5 is triage."""

    form: str
    text: str
    place: str
    at: tuple[float, float] | None
    metres: float
    how: str
    least: float
    most: float


@cache
def gazetteer() -> Gazetteer:
    known = {place.name: place for place in places()}
    return Gazetteer([*(p for p in places() if p.name not in _REPLACED), *_more(known)], profile().home)


def _more(known: dict[str, GazetteerEntry]) -> Sequence[GazetteerEntry]:
    estate, office, temple = known["星河世纪小区"], known["天汇广场"], known["真如寺"]

    def near(east: float, north: float, name: str) -> GazetteerEntry:
        return GazetteerEntry(name, "building", estate.lon + east, estate.lat + north)

    return (
        GazetteerEntry(estate.name, "estate", estate.lon, estate.lat, ("星河世纪", "清涧路181弄"), ("星河新村",)),
        near(0.0004, 0.0003, "星河世纪小区3号楼"),
        near(-0.0004, 0.0003, "星河世纪小区5号楼"),
        near(0.0002, -0.0002, "清涧路181弄7号"),
        GazetteerEntry("天汇广场A座", "building", office.lon + 0.0002, office.lat),
        GazetteerEntry("真如寺", "landmark", temple.lon, temple.lat, ("真如大寺",), ("万寿寺",)),
        GazetteerEntry("曹杨路", "road", 121.386473, 31.25035, (), ("曹家渡路",)),
        GazetteerEntry("石泉路", "road", 121.400, 31.2622, stretch=Stretch(1, 99, "odd", 121.410, 31.2622)),
        GazetteerEntry("全家便利店", "shop", 121.4021, 31.24165),
        GazetteerEntry("全家便利店", "shop", 121.4107, 31.2532),
    )


@cache
def golden() -> tuple[Golden, ...]:
    known = {place.name: (place.lon, place.lat) for place in gazetteer().entries}
    with TABLE.open(encoding="utf-8") as file:
        return tuple(_golden(row, known) for row in csv.DictReader(file))


def _golden(row: dict[str, str], known: dict[str, tuple[float, float]]) -> Golden:
    written = row["at"] or row["place"]
    at = None
    if row["metres"]:
        at = known[written] if written in known else (float(written.split(" ")[0]), float(written.split(" ")[1]))
    return Golden(
        row["form"],
        row["text"],
        row["place"],
        at,
        float(row["metres"] or 0),
        row["how"],
        float(row["least"]),
        float(row["most"]),
    )
