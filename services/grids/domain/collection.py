"""A GeoJSON body of hundreds of megabytes to a collection, without holding it as lists of numbers."""

import json
from typing import Any, NoReturn

import numpy as np

_DEPTH = {"Polygon": 1, "MultiPolygon": 2}


class NotJson(ValueError):
    """Broken UTF-8, broken JSON, numbers that are none, or nesting without end."""


def parse_collection(raw: bytes | str) -> Any:
    """As json.loads, but each ring of a polygon is an array as soon as it is read: an eighth of the memory. Meant for a
    thread; the hook runs at every object, and there the interpreter lets others on."""
    try:
        return json.loads(raw, object_hook=_packed, parse_constant=_no_number)
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        raise NotJson(str(error)) from error


def _packed(told: dict[str, Any]) -> dict[str, Any]:
    depth = _DEPTH.get(str(told.get("type")))
    if depth is not None and isinstance(told.get("coordinates"), list):
        told["coordinates"] = _rings(told["coordinates"], depth)
    return told


def _rings(value: Any, depth: int) -> Any:
    """What is no ring of numbers stays as it is; reading the polygon will say what is wrong with it."""
    if not isinstance(value, list):
        return value
    if depth > 0:
        return [_rings(one, depth - 1) for one in value]
    try:
        ring = np.array(value)
    except (TypeError, ValueError, OverflowError):
        return value
    return ring.astype(np.float64, copy=False) if ring.dtype.kind in "iuf" else value


def _no_number(name: str) -> NoReturn:
    raise ValueError(name)
