"""Positions in the datums of Chinese maps, to WGS-84 and back; and whether a position can be one at all.

GCJ-02 and BD-09 by the formulas in public use; their inverses by iteration, good to a millimetre. CGCS2000 and WGS-84
differ by centimetres and are taken as one. Outside China GCJ-02 is WGS-84.
"""

import math
from collections.abc import Callable, Sequence
from typing import Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

Crs = Literal["wgs84", "cgcs2000", "gcj02", "bd09"]
CRS: tuple[Crs, ...] = ("wgs84", "cgcs2000", "gcj02", "bd09")
Floats = NDArray[np.float64]
Degrees = TypeVar("Degrees", float, Floats)
_Shift = Callable[[Floats, Floats], tuple[Floats, Floats]]

_AXIS = 6378245.0
_ECCENTRICITY = 0.00669342162296594323
_BD_TURN = math.pi * 3000.0 / 180.0
_CHINA_WIDE = (72.004, 0.8293, 137.8347, 55.8271)
_CHINA = (73.0, 18.0, 135.5, 54.0)
# Each round is good for two digits more: six are good to a thousandth of a millimetre.
_ROUNDS = 6


class BadPosition(ValueError):
    """A position that can't be meant. `code` is stable; the message is for people."""

    code = "bad_position"


class ImpossiblePosition(BadPosition):
    code = "position_impossible"


class SwappedPosition(BadPosition):
    code = "position_swapped"


class UnknownCrs(BadPosition):
    code = "crs_unknown"


def check_position(lon: float, lat: float) -> None:
    """Where something is said to be. Raises as check_on_earth, and ImpossiblePosition for 0,0, which is a device without a
    fix."""
    check_on_earth(lon, lat)
    if lon == 0 and lat == 0:
        raise ImpossiblePosition("经纬度是 0,0，像是没有定位，请重新取位置。")


def check_on_earth(lon: float, lat: float) -> None:
    """Raises SwappedPosition when exchanging the two gives a place in China, ImpossiblePosition for what is no position
    on earth."""
    if not (math.isfinite(lon) and math.isfinite(lat)):
        raise ImpossiblePosition("经纬度不是数字，请填写十进制度数。")
    if swapped(lon, lat):
        raise SwappedPosition("经度和纬度像是填反了，请把 lon 和 lat 对调。")
    if abs(lat) > 90 or abs(lon) > 180:
        raise ImpossiblePosition("经纬度超出范围，请填写十进制度数：经度 -180 到 180，纬度 -90 到 90。")


def swapped(lon: float, lat: float) -> bool:
    """Whether exchanging the two gives a place in China, and leaving them none."""
    return not _within(lon, lat, _CHINA) and _within(lat, lon, _CHINA)


def to_wgs84(lon: Degrees, lat: Degrees, crs: str) -> tuple[Degrees, Degrees]:
    """Floats give floats, arrays give arrays. Raises UnknownCrs."""
    return _apply(_TO_WGS84, lon, lat, crs)


def all_to_wgs84(spots: Sequence[tuple[float, float, str]]) -> list[tuple[float, float]]:
    """(lon, lat, crs) each, in their order; one conversion for each datum, as single ones take half a millisecond. Raises
    UnknownCrs."""
    lons = np.array([lon for lon, _, _ in spots], dtype=np.float64)
    lats = np.array([lat for _, lat, _ in spots], dtype=np.float64)
    datums = np.array([crs for _, _, crs in spots], dtype=object)
    for crs in {crs for _, _, crs in spots}:
        mine = datums == crs
        lons[mine], lats[mine] = to_wgs84(lons[mine], lats[mine], crs)
    return list(zip(lons.tolist(), lats.tolist(), strict=True))


def from_wgs84(lon: Degrees, lat: Degrees, crs: str) -> tuple[Degrees, Degrees]:
    return _apply(_FROM_WGS84, lon, lat, crs)


def _apply(table: dict[str, _Shift], lon: Degrees, lat: Degrees, crs: str) -> tuple[Degrees, Degrees]:
    shift = table.get(crs)
    if shift is None:
        raise UnknownCrs(f"不认识坐标系 {crs}，请用 {'、'.join(CRS)} 之一。")
    if isinstance(lon, np.ndarray):
        return shift(lon, np.asarray(lat, dtype=np.float64))
    if shift is _same:
        return lon, lat
    x, y = shift(np.array([lon], dtype=np.float64), np.array([lat], dtype=np.float64))
    return float(x[0]), float(y[0])


def _within(lon: float, lat: float, box: tuple[float, float, float, float]) -> bool:
    return box[0] <= lon <= box[2] and box[1] <= lat <= box[3]


def _same(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    return lon, lat


def _gcj_offset(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    x, y = lon - 105.0, lat - 35.0
    root, pi = np.sqrt(np.abs(x)), np.pi
    ripple = (20.0 * np.sin(6.0 * x * pi) + 20.0 * np.sin(2.0 * x * pi)) * 2.0 / 3.0
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + ripple
    north += (20.0 * np.sin(y * pi) + 40.0 * np.sin(y / 3.0 * pi)) * 2.0 / 3.0
    north += (160.0 * np.sin(y / 12.0 * pi) + 320.0 * np.sin(y * pi / 30.0)) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + ripple
    east += (20.0 * np.sin(x * pi) + 40.0 * np.sin(x / 3.0 * pi)) * 2.0 / 3.0
    east += (150.0 * np.sin(x / 12.0 * pi) + 300.0 * np.sin(x / 30.0 * pi)) * 2.0 / 3.0
    radians = lat / 180.0 * pi
    magic = 1.0 - _ECCENTRICITY * np.sin(radians) ** 2
    north = north * 180.0 / ((_AXIS * (1.0 - _ECCENTRICITY)) / (magic * np.sqrt(magic)) * pi)
    east = east * 180.0 / (_AXIS / np.sqrt(magic) * np.cos(radians) * pi)
    return east, north


def _wgs_to_gcj(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    west, south, east_end, north_end = _CHINA_WIDE
    inside = (lon >= west) & (lon <= east_end) & (lat >= south) & (lat <= north_end)
    east, north = _gcj_offset(lon, np.where(inside, lat, 0.0))
    return np.where(inside, lon + east, lon), np.where(inside, lat + north, lat)


def _gcj_to_bd(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    radius = np.hypot(lon, lat) + 0.00002 * np.sin(lat * _BD_TURN)
    angle = np.arctan2(lat, lon) + 0.000003 * np.cos(lon * _BD_TURN)
    return radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006


def _inverse(forward: _Shift) -> _Shift:
    def back(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
        x, y = lon, lat
        for _ in range(_ROUNDS):
            ahead_x, ahead_y = forward(x, y)
            x, y = x + (lon - ahead_x), y + (lat - ahead_y)
        return x, y

    return back


def _wgs_to_bd(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    return _gcj_to_bd(*_wgs_to_gcj(lon, lat))


_FROM_WGS84: dict[str, _Shift] = {"wgs84": _same, "cgcs2000": _same, "gcj02": _wgs_to_gcj, "bd09": _wgs_to_bd}
_TO_WGS84: dict[str, _Shift] = {
    "wgs84": _same,
    "cgcs2000": _same,
    "gcj02": _inverse(_wgs_to_gcj),
    "bd09": _inverse(_wgs_to_bd),
}
