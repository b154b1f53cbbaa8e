"""Systems of coordinates by name, number and WKT; what can't be converted soundly is refused."""

import numpy as np
import pytest
from pyproj import CRS, Transformer

from services.fabric.datum import UnknownCrs
from services.fabric.metric import distance
from services.fabric.systems import named_system, system_of_wkt

SHANGHAI, BEIJING = (121.4074, 31.2429), (116.3913, 39.9075)
GK_120 = (
    'PROJCS["CGCS2000_3_Degree_GK_CM_120E",GEOGCS["GCS_China_Geodetic_Coordinate_System_2000",DATUM["D_China_2000",'
    'SPHEROID["CGCS2000",6378137.0,298.257222101]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],'
    'PROJECTION["Gauss_Kruger"],PARAMETER["False_Easting",500000.0],PARAMETER["False_Northing",0.0],'
    'PARAMETER["Central_Meridian",120.0],PARAMETER["Scale_Factor",1.0],PARAMETER["Latitude_Of_Origin",0.0],'
    'UNIT["Meter",1.0]]'
)


@pytest.mark.parametrize(
    ("number", "place"),
    [
        (4549, SHANGHAI), (4528, SHANGHAI), (4510, SHANGHAI), (32651, SHANGHAI), (3857, SHANGHAI), (4326, SHANGHAI),
        (4490, SHANGHAI), (4548, BEIJING), (4527, BEIJING), (32650, BEIJING),
    ],
)  # fmt: skip
def test_within_a_metre(number: int, place: tuple[float, float]) -> None:
    """Against the register's own projection, whose base is the same ground to centimetres."""
    told = CRS.from_epsg(number)
    x, y = Transformer.from_crs(told.geodetic_crs, told, always_xy=True).transform(*place)
    for system in (named_system(f"EPSG:{number}"), named_system(f"urn:ogc:def:crs:EPSG::{number}"),
                   system_of_wkt(told.to_wkt("WKT1_ESRI")), system_of_wkt(told.to_wkt())):  # fmt: skip
        lon, lat = system.to_wgs84(np.array([x]), np.array([y]))
        assert distance(float(lon[0]), float(lat[0]), *place) < 0.01
        assert system.degrees == (number in (4326, 4490))


def test_gauss_kruger_against_published_numbers() -> None:
    """3° zone 120, worked by the formulas of GB/T 17798: the meridian arc to 30° is 3,320,113.398 m."""
    lon, lat = system_of_wkt(GK_120).to_wgs84(np.array([500000.0]), np.array([3320113.398]))
    assert distance(float(lon[0]), float(lat[0]), 120.0, 30.0) < 0.01


def test_a_system_knows_its_ground() -> None:
    west, south, east, north = system_of_wkt(GK_120).ground or (0, 0, 0, 0)
    assert west < 118.5 < 121.5 < east
    assert south < 31 < north


@pytest.mark.parametrize(
    "name", ["gcj02", "GCJ-02", "BD09", "wgs84", "CGCS2000", "CRS84", "urn:ogc:def:crs:OGC:1.3:CRS84"]
)
def test_datums_by_their_names(name: str) -> None:
    assert named_system(name).degrees


@pytest.mark.parametrize(
    "name", ["", "mars", "EPSG:", "EPSG:999999", "EPSG:4978", "EPSG:5773", "EPSG:4610", "EPSG:4214", "EPSG:2437"]
)
def test_names_that_cannot_be_used(name: str) -> None:
    with pytest.raises(UnknownCrs, match="请"):
        named_system(name)


@pytest.mark.parametrize("wkt", ["", "PROJCS[", 'LOCAL_CS["x",UNIT["m",1]]', "\0" * 20, "GEOGCS" + "[" * 10_000])
def test_wkt_that_cannot_be_used(wkt: str) -> None:
    with pytest.raises(UnknownCrs):
        system_of_wkt(wkt)


def test_a_projected_system_on_another_datum_needs_published_parameters() -> None:
    lon, lat = named_system("EPSG:2263").to_wgs84(np.array([1_000_000.0]), np.array([200_000.0]))
    assert distance(float(lon[0]), float(lat[0]), -73.94318, 40.71562) < 5
