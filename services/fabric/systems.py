"""Systems of coordinates by the name that a file or its sender gives: the datums of Chinese maps, and projected systems by
EPSG number or WKT (the `.prj` of a Shapefile).

CGCS2000 and WGS-84 are taken as one (see datum.py). A system on any other datum is taken only when a published
transformation is good to five metres: for Beijing 54 and Xian 80 the parameters are not public, and a guess would be
off by a street.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS as Projection
from pyproj import Transformer
from pyproj.exceptions import ProjError

from services.fabric.datum import CRS, UnknownCrs, to_wgs84

Floats = NDArray[np.float64]
Box = tuple[float, float, float, float]

_EPSG = re.compile(r"(?:urn:(?:ogc|x-ogc):def:crs:)?epsg:(?:[\d.]*:)?(\d{4,6})", re.IGNORECASE)
_PLAIN_NAMES = (
    (re.compile("china.?2000|cgcs.?2000|china.geodetic", re.IGNORECASE), "cgcs2000"),
    (re.compile("wgs.?(?:19)?84|world.geodetic.system.1984", re.IGNORECASE), "wgs84"),
)
_PLAIN_AXIS, _PLAIN_FLATTENING = 6378137.0, 298.2572
_WORST_METRES = 5.0
_NOT_PUBLIC = re.compile("beijing|xian", re.IGNORECASE)
# Around the ground that a system is made for: a district at the edge of its zone is still meant.
_MARGIN_DEGREES = 1.5
_KNOWN = f"{'、'.join(CRS)} 或 EPSG:4549 这样的编号"


@dataclass(frozen=True, slots=True)
class System:
    """`degrees`: its numbers are longitude and latitude. `ground`: west, south, east, north in WGS-84, outside which a
    position in it can't be meant; None where nothing is known of it."""

    name: str
    degrees: bool
    to_wgs84: Callable[[Floats, Floats], tuple[Floats, Floats]]
    ground: Box | None = None


def datum_system(name: str) -> System:
    return System(name, True, partial(to_wgs84, crs=name))


WGS84 = datum_system("wgs84")


def named_system(told: str) -> System:
    """`gcj02`, `EPSG:4549`, `urn:ogc:def:crs:OGC:1.3:CRS84`; UnknownCrs with a sentence for anything else."""
    name = told.strip()
    datum = name.lower().replace("-", "")
    if datum in CRS:
        return datum_system(datum)
    if name.upper().endswith("CRS84"):
        return WGS84
    number = _EPSG.fullmatch(name)
    if number is None:
        raise UnknownCrs(f"不认识坐标系 {name[:80] or '（空）'}，请用 {_KNOWN}。")
    try:
        return _system(Projection.from_epsg(int(number[1])), f"EPSG:{number[1]}")
    except ProjError:
        raise UnknownCrs(f"没有 EPSG:{number[1]} 这个坐标系，请核对编号，或用 {'、'.join(CRS)}。") from None


def system_of_wkt(wkt: str) -> System:
    try:
        told = Projection.from_wkt(wkt)
        return _system(told, told.name)
    except ProjError:
        raise UnknownCrs(f"文件写明的坐标系读不懂，请用 crs 说明（{_KNOWN}）。") from None


def _system(told: Projection, name: str) -> System:
    flat = told.source_crs if told.is_bound and told.source_crs is not None else told
    flat = next(iter(flat.sub_crs_list), flat) if flat.is_compound else flat
    flat = flat.to_2d() if len(flat.axis_info) > 2 else flat
    base = flat.geodetic_crs
    if base is None or not (flat.is_geographic or flat.is_projected):
        raise UnknownCrs(f"坐标系 {name} 不是经纬度，也不是投影坐标，请先转成 WGS-84 或 CGCS2000。")
    if _NOT_PUBLIC.search(base.name):
        raise _no_way(name)
    plain = _plain_datum(base)
    if flat.is_geographic and plain is not None:
        return datum_system(plain)
    shift = partial(_unrolled, flat, base) if plain is not None else partial(_published, flat, name)
    return System(name, flat.is_geographic, shift, _ground(flat))


def _plain_datum(base: Projection) -> str | None:
    ellipsoid, meridian = base.ellipsoid, base.prime_meridian
    if ellipsoid is None or meridian is None or meridian.longitude != 0:
        return None
    if (
        abs(ellipsoid.semi_major_metre - _PLAIN_AXIS) > 1
        or abs(ellipsoid.inverse_flattening - _PLAIN_FLATTENING) > 1e-3
    ):
        return None
    named = f"{base.name} {base.datum.name if base.datum else ''}"
    return next((datum for names, datum in _PLAIN_NAMES if names.search(named)), None)


def _unrolled(told: Projection, base: Projection, x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """From the plane to degrees of the same datum."""
    lon, lat = Transformer.from_crs(told, base, always_xy=True).transform(x, y)
    return np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)


def _published(told: Projection, name: str, x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """To another datum, by what is published for this ground; UnknownCrs where nothing good enough is."""
    try:
        transformer = Transformer.from_crs(told, 4326, always_xy=True, allow_ballpark=False)
        lon, lat = transformer.transform(x, y)
        good = len(x) == 0 or 0 <= transformer.get_last_used_operation().accuracy <= _WORST_METRES
    except ProjError:
        good = False
    if not good:
        raise _no_way(name)
    return np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)


def _no_way(name: str) -> UnknownCrs:
    return UnknownCrs(f"坐标系 {name} 没有公开的换算参数，请先转成 CGCS2000 或 WGS-84 再导入。")


def _ground(told: Projection) -> Box | None:
    """A `.prj` names no area of use; the register does for the system that it describes."""
    area = told.area_of_use
    if area is None:
        number = told.to_epsg(min_confidence=70)
        area = Projection.from_epsg(number).area_of_use if number else None
    if area is None or area.west > area.east:
        return None
    margin = _MARGIN_DEGREES
    return area.west - margin, area.south - margin, area.east + margin, area.north + margin
