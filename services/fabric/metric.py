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
