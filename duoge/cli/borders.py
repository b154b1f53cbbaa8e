"""Boundaries as an authority hands them in, GeoJSON, Shapefile, CSV or a workbook, to one GeoJSON collection."""

import json
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import shapefile
import shapely
import typer

from duoge.cli.client import fail
from duoge.cli.tables import WORKBOOKS, Table, decoded, read_table

GEOMETRY = ("wkt", "geometry", "geojson")
OWN = frozenset({"code", "name", "unit", "parent", "households", "valid_from", "valid_to"})


@dataclass(frozen=True)
class Borders:
    """`body` is what the registry takes; `where` says in the file's own words what a JSON pointer points at."""

    body: bytes
    where: Callable[[str], str]


def read_borders(file: Path) -> Borders:
    kind = file.suffix.lower()
    if kind in (".shp", ".zip"):
        return _shapes(file)
    if kind == ".csv" or kind in WORKBOOKS:
        return _table(read_table(file))
    return Borders(_collection(file.read_bytes()), str)


def _collection(raw: bytes) -> bytes:
    """As it is; of a bare array, as map sites give them, the collection that it means."""
    told = decoded(raw).strip()
    return (f'{{"type":"FeatureCollection","features":{told}}}' if told.startswith("[") else told).encode()


def _table(table: Table) -> Borders:
    """A row a grid, its border as WKT or as a GeoJSON geometry in the column of one of these names."""
    column = next((name for name in GEOMETRY if any(name in row for row in table.rows)), None)
    if column is None:
        fail(f"表里没有边界，请加一列 {'、'.join(GEOMETRY)} 之一，写 WKT 或 GeoJSON 的图形")
    features: list[dict[str, Any]] = []
    unread = False
    for row, line in zip(table.rows, table.lines, strict=True):
        told = dict(row)
        cell = str(told.pop(column, ""))
        try:
            border = (
                json.loads(cell) if cell.startswith("{") else json.loads(shapely.to_geojson(shapely.from_wkt(cell)))
            )
        except (ValueError, shapely.errors.ShapelyError):
            typer.echo(f"  第 {line} 行 {column}  读不懂的图形，请写 WKT 或 GeoJSON", err=True)
            unread = True
            continue
        if str(told.get("households", "")).isdecimal():
            told["households"] = int(told["households"])
        features.append(_feature(told, border))
    if unread:
        fail("有图形读不懂，没有导入")

    def where(pointer: str) -> str:
        return table.where(
            pointer.removeprefix("/features").replace("/properties/", "/").replace("/geometry", f"/{column}")
        )

    return Borders(_dumped(features), where)


def _shapes(file: Path) -> Borders:
    """Attributes in the encoding that the `.cpg` names; without one in UTF-8, else in GB18030."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # a header that contradicts the file is only warned of
            # Every byte is some letter of Latin-1, so that the real encoding can be tried on all of them together.
            with shapefile.Reader(str(file), encoding="latin-1") as reader:
                found = [(one.record.as_dict(), _border(one.shape)) for one in reader.iterShapeRecords()]
    except Exception as error:  # whatever the library makes of bytes that are no shapefile
        fail(f"{file} 不是读得懂的 Shapefile（{error}），请把 .shp、.shx、.dbf 放在一起，或压成一个 zip")
    told = file.with_suffix(".cpg")
    for encoding in [told.read_text("ascii", "replace").strip()] if told.exists() else ["utf-8", "gb18030"]:
        try:
            features = [
                _feature({_name(_read(key, encoding)): _plain(value, encoding) for key, value in row.items()}, border)
                for row, border in found
            ]
        except (UnicodeDecodeError, LookupError):
            continue
        return Borders(_dumped(features), str)
    return fail(f"{file} 的属性既不是 UTF-8 也不是 GB18030 编码，请附上写明编码的 .cpg 文件")


def _name(field: str) -> str:
    return field.lower() if field.lower() in OWN else field


def _read(text: str, encoding: str) -> str:
    return text.encode("latin-1").decode(encoding).strip("\0 ")


def _plain(value: Any, encoding: str) -> Any:
    if isinstance(value, str):
        return _read(value, encoding) or None
    return value if value is None or isinstance(value, int | float | bool) else value.isoformat()


def _border(shape: Any) -> Any:
    return None if shape.shapeType == shapefile.NULL else shape.__geo_interface__


def _feature(properties: dict[str, Any], geometry: Any) -> dict[str, Any]:
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def _dumped(features: list[dict[str, Any]]) -> bytes:
    return json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False).encode()
