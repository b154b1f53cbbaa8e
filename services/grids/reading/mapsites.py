"""The bare arrays that mapping sites give: features, polygons of `[lng,lat]`, texts of `lng,lat;lng,lat|…`, and the
answers of their district services. A path there is closed by convention, whether or not its first point comes again."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import shapely
from shapely.errors import ShapelyError
from shapely.geometry import Polygon

from services.fabric.polygons import Unread
from services.grids.reading.collected import feature_of

NUMBERS = ("adcode", "id")
_PATHS = ("geometry", "polyline", "polygon", "polygons", "path", "paths", "boundary", "boundaries", "coordinates",
          "points", "rings", "wkt", "geojson")  # fmt: skip
_LON, _LAT = ("lng", "lon", "longitude", "x"), ("lat", "latitude", "y")
_BELOW = ("districts", "result", "data", "children", "features")
_NAMES = ("fullname", "title")
_DEEPEST = 6
_SENTENCE = "边界读不懂，请写成 [经度, 纬度] 的数组、“经度,纬度;经度,纬度” 的文字、WKT 或 GeoJSON 的图形。"


def features(told: Any) -> list[Any]:
    """Empty when nothing in it looks like a border."""
    if isinstance(told, Mapping):
        return list(_of_answer(told, 0))
    if not isinstance(told, list):
        return []
    if told and (_is_ring(told) or isinstance(told[0], int | float)):
        return [feature_of({}, border(told))]
    return [feature for item in told for feature in _of_item(item)]


def border(told: Any) -> Any:
    """A geometry as read_polygon takes it; Unread when it is none."""
    try:
        return _border(told)
    except (TypeError, ValueError, KeyError, IndexError, OverflowError, RecursionError, ShapelyError):
        return Unread("coordinates", _SENTENCE)


def _of_answer(told: Mapping[str, Any], depth: int) -> Iterator[Any]:
    """Of a district service: each district that has a border, and those below it."""
    if any(name in told for name in _PATHS):
        yield from _of_item(told)
    for name in _BELOW:
        below = told.get(name)
        if depth < _DEEPEST and isinstance(below, list | Mapping):
            yield from _below(below, depth + 1)


def _below(told: Any, depth: int) -> Iterator[Any]:
    if isinstance(told, Mapping):
        yield from _of_answer(told, depth)
    elif depth < _DEEPEST:
        for item in told:
            if isinstance(item, Mapping | list):
                yield from _below(item, depth + 1)


def _of_item(item: Any) -> Iterator[Any]:
    if not isinstance(item, Mapping):
        yield feature_of({}, border(item))
    elif item.get("type") == "FeatureCollection" and isinstance(item.get("features"), list):
        yield from item["features"]
    elif item.get("type") == "Feature":
        yield item
    else:
        path = next((name for name in _PATHS if item.get(name) is not None), None)
        hidden = {path, *_BELOW}
        properties = {name: value for name, value in item.items() if name not in hidden}
        if not properties.get("name"):
            properties["name"] = next((item[name] for name in _NAMES if item.get(name)), None)
        yield feature_of(properties, None if path is None else border(item[path]))


def _border(told: Any) -> Any:
    if told is None or told == "":
        return None
    if isinstance(told, Mapping):
        return told if "type" in told else Unread("coordinates", _SENTENCE)
    if isinstance(told, str):
        return _of_text(told.strip())
    if isinstance(told, list) and told and all(isinstance(part, str) for part in told):
        if all(part.count(",") == 1 and ";" not in part for part in told):
            return _polygons([_ring([part.split(",") for part in told])])
        return _polygons([ring for part in told for ring in _rings_of_text(part)])
    if _is_ring(told) or (isinstance(told, list) and told and isinstance(told[0], int | float)):
        return _polygons([_ring(told)])
    if told and _is_ring(told[0]):
        return _polygons([_ring(part) for part in told])
    if told and isinstance(told[0], list) and told[0] and isinstance(told[0][0], int | float):
        return _polygons([_ring(part) for part in told])
    parts = [[_ring(ring) for ring in part] for part in told]
    return {"type": "MultiPolygon", "coordinates": parts}


def _of_text(told: str) -> Any:
    if told.startswith("{"):
        return json.loads(told)
    if told.startswith("["):
        return _border(json.loads(told))
    if told[:1].isalpha():
        return _of_wkt(told)
    return _polygons(_rings_of_text(told))


def _of_wkt(told: str) -> Any:
    """`SRID=4326;POLYGON (…)` too; whoever wrote the number wrote it for each row, so it is not looked at."""
    try:
        return shapely.from_wkt(told.partition(";")[2] if told[:5].upper() == "SRID=" else told)
    except ShapelyError as error:
        if "closed" in str(error):
            return Unread("invalid", "环首尾不相接，请补上末点。")
        return Unread("coordinates", "WKT 读不懂，请写成 POLYGON 或 MULTIPOLYGON。")


def _rings_of_text(told: str) -> list[Any]:
    parts = (part for part in told.split("|") if part.strip())
    return [_ring([point.split(",") for point in part.split(";") if point.strip()]) for part in parts]


def _is_ring(told: Any) -> bool:
    """A list of points: pairs of numbers, or objects with a longitude and a latitude."""
    if not isinstance(told, list) or len(told) < 3:
        return False
    first = told[0]
    if isinstance(first, Mapping):
        return any(name in first for name in _LON)
    return isinstance(first, list) and 2 <= len(first) <= 3 and all(isinstance(n, int | float) for n in first)


def _ring(points: list[Any]) -> Any:
    """An array of points, closed. A flat list of numbers is longitude and latitude in turn."""
    if points and isinstance(points[0], int | float):
        ring = np.array(points, dtype=np.float64).reshape(-1, 2)
    elif points and isinstance(points[0], Mapping):
        ring = np.array([[_of(point, _LON), _of(point, _LAT)] for point in points], dtype=np.float64)
    else:
        ring = np.array([[float(number) for number in point[:2]] for point in points], dtype=np.float64)
    if ring.ndim != 2 or ring.shape[1] != 2 or len(ring) < 3:
        raise ValueError("no ring")
    return ring if (ring[0] == ring[-1]).all() else np.vstack([ring, ring[:1]])


def _of(point: Mapping[str, Any], names: tuple[str, ...]) -> float:
    return float(next(point[name] for name in names if name in point))


def _polygons(rings: list[Any]) -> dict[str, Any]:
    """Rings side by side are polygons of their own; those inside the first are its holes."""
    if len(rings) == 1:
        return {"type": "Polygon", "coordinates": rings}
    outer = Polygon(rings[0])
    if outer.is_valid and all(outer.contains(shapely.linestrings(ring)) for ring in rings[1:]):
        return {"type": "Polygon", "coordinates": rings}
    return {"type": "MultiPolygon", "coordinates": [[ring] for ring in rings]}
