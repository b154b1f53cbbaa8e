"""One border as a file gives it to a valid polygon, or the reason why it is none."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from shapely.errors import ShapelyError
from shapely.geometry import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from services.fabric.datum import swapped

_POLYGONS = ("Polygon", "MultiPolygon")
_AT = "/coordinates"
MOST_VERTICES = 2_000_000


class Malformed(ValueError):
    """`pointer` leads on from the geometry; `detail` follows the name of the grid in a sentence."""

    def __init__(self, kind: str, detail: str, pointer: str = "") -> None:
        super().__init__(detail)
        self.kind, self.detail, self.pointer = kind, detail, pointer


@dataclass(frozen=True, slots=True)
class Unread:
    """In the place of a geometry that its reader could make nothing of; `detail` as a Malformed's."""

    kind: str
    detail: str


def read_polygon(told: Any, mend: bool, *, degrees: bool = True) -> tuple[BaseGeometry, list[tuple[str, str]]]:
    """The geometry in two dimensions, and remarks (kind, sentence's end) on what was dropped or mended. `told` is a
    GeoJSON geometry, a shape that was read from WKT or WKB, or Unread. `degrees`: its numbers must be such."""
    if isinstance(told, Unread):
        raise Malformed(told.kind, told.detail)
    if told is None:
        raise Malformed("empty", "图形是空的，请补上边界。")
    remarks: list[tuple[str, str]] = []
    shape = _shape(told, mend, remarks)
    if shape.is_empty:
        raise Malformed("empty", "图形是空的，请补上边界。", _AT)
    if shape.has_z:
        shape = shapely.force_2d(shape)
        remarks.append(("z_dropped", "带有高程，已略去。"))
    if shapely.get_num_coordinates(shape) > MOST_VERTICES:
        raise Malformed("too_large", f"边界超过 {MOST_VERTICES // 10_000} 万个点，请抽稀后再导入。", _AT)
    if degrees:
        _check_degrees(shape)
    return valid(shape, mend, remarks), remarks


def valid(shape: BaseGeometry, mend: bool, remarks: list[tuple[str, str]]) -> BaseGeometry:
    """The shape itself when it is, else what mending leaves of it, which is remarked."""
    if shape.is_valid:
        return shape
    reason = shapely.is_valid_reason(shape)
    if not mend:
        raise Malformed("invalid", f"图形无效（{reason}），请修好，或加 mend=true 自动修补。", _AT)
    mended = _mended(shape)
    if mended.is_empty:
        raise Malformed("invalid", f"图形无效（{reason}）且修补后没有面积，请重画。", _AT)
    remarks.append(("mended", f"图形无效（{reason}），已修补。"))
    return mended


def _shape(told: Any, mend: bool, remarks: list[tuple[str, str]]) -> BaseGeometry:
    if isinstance(told, BaseGeometry):
        if told.geom_type not in _POLYGONS:
            raise Malformed("not_polygon", "图形不是 Polygon 或 MultiPolygon，请改成面。")
        if not np.isfinite(shapely.get_coordinates(told)).all():
            raise Malformed("coordinates", "坐标里有不是数的值，请检查文件。", _AT)
        return told
    kind = told.get("type") if isinstance(told, Mapping) else None
    if not isinstance(kind, str) or kind not in _POLYGONS:
        raise Malformed("not_polygon", "图形不是 Polygon 或 MultiPolygon，请改成面。")
    shape = _of_geojson(kind, told.get("coordinates"))
    if _is_open(kind, told["coordinates"]):
        if not mend:
            raise Malformed("invalid", "环首尾不相接，请补上末点，或加 mend=true 自动修补。", _AT)
        remarks.append(("mended", "环首尾不相接，已接上。"))
    return shape


def _of_geojson(kind: str, coordinates: Any) -> BaseGeometry:
    if not isinstance(coordinates, list):
        raise Malformed("coordinates", "坐标不是数组，请检查文件。", _AT)
    try:
        if kind == "Polygon":
            return _polygon(coordinates)
        return MultiPolygon([_polygon(rings) for rings in coordinates if rings])
    except (TypeError, ValueError, OverflowError, IndexError, ShapelyError, AttributeError) as error:
        if isinstance(error, Malformed):
            raise
        raise Malformed("coordinates", "坐标不成环：每个环至少四个点，每个点两个数，请检查文件。", _AT) from error


def _polygon(rings: list[Any]) -> Polygon:
    if not rings:
        return Polygon()
    return Polygon(_ring(rings[0]), [_ring(ring) for ring in rings[1:]])


def _ring(points: Any) -> Any:
    ring = np.array(points)
    if ring.ndim != 2 or ring.shape[1] < 2:
        raise ValueError("not a ring of points")
    # A text that looks like a number is none: whoever wrote it may have mixed up more than that.
    if ring.dtype.kind not in "iuf" or not np.isfinite(ring[:, :2]).all():
        raise Malformed("coordinates", "坐标里有不是数的值，请检查文件。", _AT)
    return ring[:, :3].astype(np.float64, copy=False)


def _is_open(kind: str, coordinates: list[Any]) -> bool:
    """Whether the last point of some ring is not its first (RFC 7946, 3.1.6). Of coordinates that made a shape."""
    rings = coordinates if kind == "Polygon" else [ring for rings in coordinates for ring in rings or ()]
    return any(tuple(ring[0][:2]) != tuple(ring[-1][:2]) for ring in rings)


def _check_degrees(shape: BaseGeometry) -> None:
    west, south, east, north = shape.bounds
    if west >= -180 and east <= 180 and south >= -90 and north <= 90:
        if swapped((west + east) / 2, (south + north) / 2):
            raise Malformed("swapped", "经度和纬度像是填反了，请把每个点写成 [经度, 纬度]。", _AT)
        return
    points = shapely.get_coordinates(shape)
    off = points[(np.abs(points[:, 0]) > 180) | (np.abs(points[:, 1]) > 90)]
    if (np.abs(off[:, 0]) <= 90).all() and (np.abs(off[:, 1]) <= 180).all():
        some = "" if len(off) == len(points) else f"有 {len(off)} 个点的"
        raise Malformed("swapped", f"{some}经度和纬度像是填反了，请把每个点写成 [经度, 纬度]。", _AT)
    detail = "坐标不是经纬度，请先转成十进制度数，或用 crs 说明坐标系（gcj02、bd09、cgcs2000，或 EPSG:4549 这样的投影坐标）。"
    raise Malformed("not_degrees", detail, _AT)


def _mended(shape: BaseGeometry) -> BaseGeometry:
    """Made valid, of the pieces with an area only: what else make_valid leaves are lines where the ring ran back."""
    parts = shapely.get_parts(shapely.make_valid(shape))
    flat = shapely.get_parts(parts[shapely.get_dimensions(parts) == 2])
    return flat[0] if len(flat) == 1 else shapely.multipolygons(flat)
