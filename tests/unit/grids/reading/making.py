"""Small files of every format, made on the spot."""

import io
import sqlite3
import struct
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import shapefile
import shapely
import shapely.ops
import xlsxwriter
from pyproj import CRS, Transformer
from shapely.geometry import box
from shapely.geometry.base import BaseGeometry

WEST, EAST = box(121.40, 31.24, 121.41, 31.25), box(121.41, 31.24, 121.42, 31.25)
Row = tuple[Mapping[str, Any], Any]
ROWS: Sequence[Row] = (
    ({"code": "PO1", "name": "真如第一责任区", "households": 300}, WEST),
    ({"code": "PO2", "name": "真如第二责任区", "households": None}, EAST),
)
WGS84 = CRS.from_epsg(4326).to_wkt("WKT1_ESRI")


def zipped(parts: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with ZipFile(out, "w", ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return out.getvalue()


def shape_parts(
    rows: Sequence[Row] = ROWS, *, stem: str = "police", encoding: str = "utf-8", prj: str | None = WGS84
) -> dict[str, bytes]:
    shp, shx, dbf = io.BytesIO(), io.BytesIO(), io.BytesIO()
    with shapefile.Writer(shp=shp, shx=shx, dbf=dbf, encoding=encoding, shapeType=shapefile.POLYGON) as writer:
        for name, kind, size in (("CODE", "C", 20), ("NAME", "C", 60), ("HOUSEHOLDS", "N", 10)):
            writer.field(name, kind, size=size)
        for told, ground in rows:
            writer.record(told.get("code"), told.get("name"), told.get("households"))
            if ground is None:
                writer.null()
            else:
                writer.shape(shapely.geometry.mapping(ground) if isinstance(ground, BaseGeometry) else ground)
    parts = {f"{stem}.shp": shp.getvalue(), f"{stem}.shx": shx.getvalue(), f"{stem}.dbf": dbf.getvalue()}
    return parts if prj is None else {**parts, f"{stem}.prj": prj.encode()}


def geopackage(
    rows: Sequence[Row] = ROWS, *, srs: tuple[int, str, int, str] = (4326, "EPSG", 4326, ""), table: str = "police"
) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.gpkg"
        database = sqlite3.connect(path)
        database.executescript(
            """CREATE TABLE gpkg_spatial_ref_sys (srs_name TEXT, srs_id INTEGER PRIMARY KEY, organization TEXT,
                 organization_coordsys_id INTEGER, definition TEXT);
               CREATE TABLE gpkg_contents (table_name TEXT PRIMARY KEY, data_type TEXT, srs_id INTEGER);
               CREATE TABLE gpkg_geometry_columns (table_name TEXT, column_name TEXT, geometry_type_name TEXT,
                 srs_id INTEGER, z TINYINT, m TINYINT);"""
        )
        database.execute("INSERT INTO gpkg_spatial_ref_sys VALUES ('x', ?, ?, ?, ?)", srs)
        database.execute("INSERT INTO gpkg_contents VALUES (?, 'features', ?)", (table, srs[0]))
        database.execute("INSERT INTO gpkg_geometry_columns VALUES (?, 'geom', 'POLYGON', ?, 0, 0)", (table, srs[0]))
        database.execute(
            f"CREATE TABLE {table} (fid INTEGER PRIMARY KEY, geom BLOB, code TEXT, name TEXT, households INT)"
        )
        for told, ground in rows:
            values = (gpkg_blob(ground, srs[0]), told.get("code"), told.get("name"), told.get("households"))
            database.execute(f"INSERT INTO {table} (geom, code, name, households) VALUES (?, ?, ?, ?)", values)
        database.commit()
        database.close()
        return path.read_bytes()


def gpkg_blob(ground: Any, srs_id: int) -> Any:
    if not isinstance(ground, BaseGeometry):
        return ground
    envelope = struct.pack("<4d", *(ground.bounds[i] for i in (0, 2, 1, 3)))
    return b"GP\0\x03" + struct.pack("<i", srs_id) + envelope + bytes(shapely.to_wkb(ground))


def workbook(rows: Sequence[Sequence[Any]]) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet = book.add_worksheet("网格")
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    return out.getvalue()


def projected(ground: BaseGeometry, epsg: int) -> BaseGeometry:
    forward = Transformer.from_crs(4326, epsg, always_xy=True)
    return shapely.ops.transform(forward.transform, ground)
