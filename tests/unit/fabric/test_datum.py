import json
import math
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.fabric.datum import (
    CRS,
    ImpossiblePosition,
    SwappedPosition,
    UnknownCrs,
    check_position,
    from_wgs84,
    to_wgs84,
)
from services.fabric.metric import distance

# Published pairs of the GCJ-02 formula: WGS-84, GCJ-02.
PAIRS = [
    ((121.5272106, 31.1774276), (121.531541859215, 31.17530398364597)),
    ((113.912316, 22.543847), (113.9171764808363, 22.540796131694766)),
    ((116.377817, 39.911954), (116.38404722455657, 39.91334545536069)),
]


@pytest.mark.parametrize(("wgs84", "gcj02"), PAIRS)
def test_gcj02_of_published_pairs(wgs84: tuple[float, float], gcj02: tuple[float, float]) -> None:
    assert distance(*from_wgs84(*wgs84, "gcj02"), *gcj02) < 0.01
    assert distance(*to_wgs84(*gcj02, "gcj02"), *wgs84) < 0.01


@pytest.mark.parametrize("crs", CRS)
@given(lon=st.floats(74, 134), lat=st.floats(19, 53))
def test_there_and_back(crs: str, lon: float, lat: float) -> None:
    assert distance(*to_wgs84(*from_wgs84(lon, lat, crs), crs), lon, lat) < 0.01


def test_gcj02_is_wgs84_outside_china() -> None:
    assert from_wgs84(-73.98, 40.75, "gcj02") == (-73.98, 40.75)


def test_arrays_are_as_single_points() -> None:
    lons, lats = np.array([121.4, 116.4]), np.array([31.2, 39.9])
    x, y = to_wgs84(lons, lats, "bd09")
    for index in range(2):
        assert (x[index], y[index]) == pytest.approx(to_wgs84(float(lons[index]), float(lats[index]), "bd09"))


def test_an_unknown_datum_is_named() -> None:
    with pytest.raises(UnknownCrs, match="epsg:3857"):
        to_wgs84(1.0, 2.0, "epsg:3857")


@pytest.mark.parametrize(("lon", "lat"), [(31.24, 121.4), (39.9, 116.4), (22.5, 113.9)])
def test_swapped(lon: float, lat: float) -> None:
    with pytest.raises(SwappedPosition):
        check_position(lon, lat)


@pytest.mark.parametrize(
    ("lon", "lat"), [(181.0, 10.0), (10.0, -91.0), (math.nan, 31.0), (121.0, math.inf), (0.0, 0.0)]
)
def test_impossible(lon: float, lat: float) -> None:
    with pytest.raises(ImpossiblePosition):
        check_position(lon, lat)


@pytest.mark.parametrize(("lon", "lat"), [(121.4, 31.24), (-73.98, 40.75), (0.0, 51.5), (15.6, 78.2), (-58.4, -34.6)])
def test_any_place_on_earth_is_possible(lon: float, lat: float) -> None:
    check_position(lon, lat)


if os.environ.get("DUOGE_REAL_DATA"):

    def test_measured_cities() -> None:
        told = json.loads((Path(os.environ["DUOGE_REAL_DATA"]) / "datum_vectors.json").read_text(encoding="utf-8"))
        assert told
        for city in told:
            coords = city["coords"]
            for crs, key in (("gcj02", "GCJ02"), ("bd09", "BD09")):
                (east, north), (lon, lat) = coords[key], coords["WGS84"]
                assert distance(*to_wgs84(east, north, crs), lon, lat) < 1
                assert distance(*from_wgs84(lon, lat, crs), east, north) < 1
