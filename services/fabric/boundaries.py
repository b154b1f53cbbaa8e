"""Boundaries as an authority hands them in, to editions of grids; or what is wrong with them, feature by feature."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from services.fabric.datum import UnknownCrs
from services.fabric.features import Fault, read_feature
from services.fabric.model import GridEdition
from services.fabric.polygons import Malformed, valid
from services.fabric.systems import WGS84, System, named_system

MOST_FEATURES = 100_000
_AT_ONCE = 200_000  # points
_PLAIN = ("wgs84", "cgcs2000")
Tell = Callable[[int, int], None]
"""How many features are done, of how many."""


@dataclass(frozen=True, slots=True)
class Finding:
    """`pointer` is a JSON pointer into the collection. What is not `fatal` was mended or is worth knowing."""

    index: int | None
    code: str | None
    kind: str
    pointer: str
    detail: str
    fatal: bool = True

    def as_json(self) -> dict[str, Any]:
        return {"pointer": self.pointer, "detail": self.detail, "kind": self.kind, "grid": self.code}


@dataclass(frozen=True, slots=True)
class Boundaries:
    """`editions` are those without a fault, in WGS-84; an import takes them only when `faults` is empty. `datum` names
    the system that the collection came in."""

    editions: tuple[GridEdition, ...]
    faults: tuple[Finding, ...]
    notes: tuple[Finding, ...]
    datum: str = "wgs84"


@dataclass(slots=True)
class _Reading:
    """What has been read so far; `indexes[i]` is the place of edition i among the features."""

    place: Callable[[int], str]
    editions: list[GridEdition]
    indexes: list[int]
    faults: list[Finding]
    notes: list[Finding]

    def fault(self, index: int, code: str | None, fault: Fault) -> None:
        pointer = f"/features/{index}{fault.field}"
        self.faults.append(Finding(index, code, fault.kind, pointer, f"{self.place(index)}{fault.detail}"))

    def remark(self, index: int, code: str | None, kind: str, text: str) -> None:
        detail = f"{self.place(index)}网格 {code} {text}"
        self.notes.append(Finding(index, code, kind, f"/features/{index}/geometry", detail, False))


def read_boundaries(
    collection: Any,
    overlay: str,
    *,
    crs: str | None = None,
    mend: bool = False,
    system: System | None = None,
    places: Sequence[str] | None = None,
    tell: Tell = lambda done, of: None,
    moving: Tell = lambda done, of: None,
) -> Boundaries:
    """A FeatureCollection as parsed from JSON; the geometry of a feature may be a shape too. `crs` is what the sender
    says and goes before `system`, which the file's format says, and before the collection's own `crs`; without any of
    them it is WGS-84, and numbers which can't be degrees are refused with the advice to name the system. `places[i]`
    is where feature i stands, in the file's own words. `tell` hears how many are read, `moving` how many have left
    their datum."""
    try:
        features = _features(collection)
        system = _system(collection, crs, system)
    except Fault as fault:
        return _refused(fault)
    reading = _Reading(lambda i: places[i] if places else f"第 {i + 1} 个", [], [], [], [])
    for index, feature in enumerate(features):
        told = read_feature(feature, overlay, mend, system.degrees)
        for one in told.faults:
            reading.fault(index, told.code, one)
        for kind, text in told.remarks if told.edition else ():
            reading.remark(index, told.code, kind, text)
        if told.edition is not None:
            reading.editions.append(told.edition)
            reading.indexes.append(index)
        tell(index + 1, len(features))
    _find_doubles(reading)
    if system.name not in _PLAIN and reading.editions:
        try:
            _move(reading, system, mend, moving)
        except UnknownCrs as unknown:
            return _refused(Fault("crs", "/crs", str(unknown)))
    in_order = tuple(sorted(reading.faults, key=lambda f: (f.index or 0, f.pointer)))
    return Boundaries(tuple(reading.editions), in_order, tuple(reading.notes), system.name)


def _refused(fault: Fault) -> Boundaries:
    return Boundaries((), (Finding(None, None, fault.kind, fault.field, fault.detail),), ())


def _features(collection: Any) -> Sequence[Any]:
    if not isinstance(collection, Mapping) or collection.get("type") != "FeatureCollection":
        raise Fault("not_collection", "/type", "不是 GeoJSON 的 FeatureCollection，请检查文件。")
    features = collection.get("features")
    if not isinstance(features, list):
        raise Fault("not_collection", "/features", "缺少 features 数组，请检查文件。")
    if len(features) > MOST_FEATURES:
        raise Fault(
            "too_many", "/features", f"有 {len(features)} 个要素，一个图层最多 {MOST_FEATURES} 个，请核对文件。"
        )
    return features


def _system(collection: Mapping[str, Any], crs: str | None, system: System | None) -> System:
    name: str | None = crs
    told = collection.get("crs")
    if name is None and system is not None:
        return system
    if name is None and isinstance(told, Mapping):
        named = told.get("properties")
        name = str(named.get("name", "")) if isinstance(named, Mapping) else ""
    if name is None:
        return WGS84
    try:
        return named_system(name)
    except UnknownCrs as unknown:
        raise Fault("crs", "/crs", str(unknown)) from None


def _find_doubles(reading: _Reading) -> None:
    """A code may come again as another edition, but not in force at the same time."""
    by_code: dict[str, list[tuple[datetime, datetime, int]]] = {}
    for edition, index in zip(reading.editions, reading.indexes, strict=True):
        since = edition.valid_from or datetime.min.replace(tzinfo=UTC)
        until = edition.valid_to or datetime.max.replace(tzinfo=UTC)
        by_code.setdefault(edition.code, []).append((since, until, index))
    for code, spans in by_code.items():
        spans.sort()
        for (_, until, first), (since, _, index) in pairwise(spans):
            if since < until:
                other = reading.place(first)
                detail = f"网格的编码 {code} 与{other}的重复，请改成唯一的编码或错开生效时间。"
                reading.fault(index, code, Fault("duplicate", "/properties/code", detail))


def _moved(shapes: NDArray[np.object_], system: System, tell: Tell) -> NDArray[np.object_]:
    """Many at a time, but not so many that whoever watches hears nothing for long. Finding the way back out of a datum
    without a formula takes a second for some hundred thousand points."""
    ends = np.cumsum(shapely.get_num_coordinates(shapes)) // _AT_ONCE
    pieces: list[NDArray[np.object_]] = []
    done = 0
    for piece in np.split(shapes, np.flatnonzero(np.diff(ends)) + 1):
        pieces.append(shapely.transform(piece, lambda p: np.column_stack(system.to_wgs84(p[:, 0], p[:, 1]))))
        done += len(piece)
        tell(done, len(shapes))
    return np.concatenate(pieces)


def _move(reading: _Reading, system: System, mend: bool, tell: Tell) -> None:
    """To WGS-84; what does not come to lie where its system is used can't be meant. A border that was only
    just valid may cross itself by the rounding of the new numbers: that is mended or refused like any other."""
    shapes = np.array([edition.geometry for edition in reading.editions], dtype=object)
    bounds = shapely.bounds(shapes)
    moved = _moved(shapes, system, tell)
    places = shapely.bounds(moved)
    sound = shapely.is_valid(moved)
    kept: list[GridEdition] = []
    for i, (edition, index) in enumerate(zip(reading.editions, reading.indexes, strict=True)):
        remarks: list[tuple[str, str]] = []
        try:
            _check_ground(system, bounds[i], places[i])
            shape = moved[i] if sound[i] else valid(moved[i], mend, remarks)
        except Malformed as bad:
            fault = Fault(bad.kind, f"/geometry{bad.pointer}", f"网格 {edition.code} 的{bad.detail}")
            reading.fault(index, edition.code, fault)
            continue
        for kind, text in remarks:
            reading.remark(index, edition.code, kind, text)
        kept.append(replace(edition, geometry=shape))
    reading.editions = kept


def _check_ground(system: System, told: Any, place: Any) -> None:
    if not system.degrees and np.abs(told[[0, 2]]).max() <= 180 and np.abs(told[[1, 3]]).max() <= 90:
        detail = f"坐标像是经纬度，但写明的坐标系 {system.name} 是投影坐标，请核对后用 crs 说明。"
        raise Malformed("not_projected", detail, "/coordinates")
    west, south, east, north = system.ground or (-180.0, -90.0, 180.0, 90.0)
    fits = west <= place[0] and place[2] <= east and south <= place[1] and place[3] <= north
    if not np.isfinite(place).all() or not fits:
        detail = f"坐标落在坐标系 {system.name} 的适用范围以外，请核对坐标系（带号、中央经线）和 X、Y 的先后。"
        raise Malformed("off_ground", detail, "/coordinates")
