"""Metres on a small piece of ground, by the local equirectangular scale: exact to a thousandth over some kilometres."""

import math

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

METRES_PER_DEGREE = math.pi / 180.0 * 6371008.8
_LEAST_COSINE = 1e-3


def scale_at(lat: float) -> tuple[float, float]:
    """Metres to a degree of longitude and of latitude."""
    return METRES_PER_DEGREE * max(math.cos(math.radians(lat)), _LEAST_COSINE), METRES_PER_DEGREE


def distance(lon1: float, lat1: float, lon2: float, lat2: float) -> float:
    east, north = scale_at((lat1 + lat2) / 2)
    return math.hypot((lon1 - lon2) * east, (lat1 - lat2) * north)


def in_metres(geometry: BaseGeometry, lat: float) -> BaseGeometry:
    """The geometry on a plane in metres, true in scale at `lat`."""
    return shapely.transform(geometry, lambda points: points * np.array(scale_at(lat)))


def all_in_metres(geometries: NDArray[np.object_], lat: float) -> NDArray[np.object_]:
    scaled: NDArray[np.object_] = shapely.transform(geometries, lambda points: points * np.array(scale_at(lat)))
    return scaled


def square_degree(lats: NDArray[np.float64]) -> NDArray[np.float64]:
    """Square metres to a square degree at each latitude."""
    scaled: NDArray[np.float64] = np.maximum(np.cos(np.radians(lats)), _LEAST_COSINE) * METRES_PER_DEGREE**2
    return scaled


def areas_m2(geometries: NDArray[np.object_]) -> NDArray[np.float64]:
    """Of polygons in degrees, each at the scale of its own middle latitude; 0 for an empty one."""
    bounds = shapely.bounds(geometries)
    scaled: NDArray[np.float64] = shapely.area(geometries) * square_degree((bounds[:, 1] + bounds[:, 3]) / 2)
    return np.nan_to_num(scaled)
