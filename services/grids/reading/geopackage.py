"""GeoPackage (OGC 12-128): one of its layers, read from a copy that nothing can write to."""

import os
import sqlite3
import struct
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing
from typing import Any, NamedTuple

import shapely
from shapely.errors import ShapelyError

from services.fabric.boundaries import MOST_FEATURES
from services.fabric.datum import UnknownCrs
from services.fabric.polygons import Unread
from services.fabric.systems import System, named_system, system_of_wkt
from services.grids.reading.collected import Collected, collection_of, feature_of
from services.grids.reading.naming import own_names
from services.kit.files.bad import BadFile
from services.kit.files.texts import decoded

_LAYERS = """SELECT g.table_name, g.column_name, g.srs_id FROM gpkg_geometry_columns AS g
    JOIN sqlite_master AS m ON m.name = g.table_name AND m.type = 'table' ORDER BY g.table_name"""
_SYSTEM = "SELECT organization, organization_coordsys_id, definition FROM gpkg_spatial_ref_sys WHERE srs_id = ?"
_ENVELOPE_BYTES = {0: 0, 1: 32, 2: 48, 3: 48, 4: 64}
_LONGEST_VALUE = 64 * 1024 * 1024
_SLACK = 1024 * 1024
# Steps of the virtual machine between two looks, and how many looks: ten times what a whole city needs.
_STEPS, _MOST_LOOKS = 100_000, 2_000
_MOST_LAYERS = 1000
_UNKNOWN = "GeoPackage 读不懂，请检查文件，或另存为 GeoJSON。"


class _Layer(NamedTuple):
    table: str
    column: str
    srs_id: int


def read(raw: bytes, overlay: str) -> Collected:
    handle, path = tempfile.mkstemp(suffix=".gpkg")
    try:
        with os.fdopen(handle, "wb") as copy:
            copy.write(raw)
        with closing(sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)) as database:
            _guard(database)
            layer = _chosen([_Layer(*row) for row in database.execute(_LAYERS).fetchmany(_MOST_LAYERS)], overlay)
            system = _system(database, layer.srs_id)
            rows = list(_rows(database, layer, len(raw)))
    except (sqlite3.Error, sqlite3.Warning, UnicodeError, OverflowError, MemoryError, TypeError) as error:
        raise BadFile(_UNKNOWN) from error
    finally:
        os.unlink(path)
    return Collected(
        collection_of([row for _, row in rows]), "GeoPackage", system, [f"fid {fid} 的" for fid, _ in rows]
    )


def _guard(database: sqlite3.Connection) -> None:
    """Nothing that a stranger wrote into the schema is run, and nothing goes on for ever."""
    database.text_factory = lambda raw: decoded(raw) or ""
    database.execute("PRAGMA trusted_schema = OFF")
    database.execute("PRAGMA query_only = ON")
    database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST_VALUE)
    looks = iter(range(_MOST_LOOKS))
    database.set_progress_handler(lambda: next(looks, None) is None, _STEPS)


def _chosen(layers: list[_Layer], overlay: str) -> _Layer:
    if not layers:
        raise BadFile("GeoPackage 里没有带图形的图层，请检查文件。")
    named = [layer for layer in layers if layer.table.lower() == overlay]
    if len(layers) > 1 and len(named) != 1:
        listed = "、".join(layer.table for layer in layers[:10])
        raise BadFile(
            f"GeoPackage 里有 {len(layers)} 个图层（{listed}），请只留一个，或把要导入的那个改名为 {overlay}。"
        )
    return named[0] if named else layers[0]


def _system(database: sqlite3.Connection, srs_id: int) -> System | None:
    """None where the file leaves it open (0 and -1). The definition counts before the number, which may be anybody's."""
    row = database.execute(_SYSTEM, (srs_id,)).fetchone()
    if row is None or srs_id in (0, -1):
        return None
    organization, number, definition = row
    try:
        if str(organization).upper() == "EPSG":
            return named_system(f"EPSG:{number}")
        return system_of_wkt(str(definition))
    except UnknownCrs as unknown:
        raise BadFile(f"GeoPackage：{unknown}") from unknown


def _rows(database: sqlite3.Connection, layer: _Layer, size: int) -> Iterator[tuple[Any, Any]]:
    """A column may be worked out instead of stored, so that more comes out than the file's `size`: not of a file that is
    honest, in either encoding."""
    left = 2 * size + _SLACK
    found = database.execute(f"SELECT rowid, * FROM {_quoted(layer.table)} LIMIT {MOST_FEATURES + 1}")
    names = [column[0] for column in found.description][1:]
    for fid, *values in found:
        left -= sum(len(value) for value in values if isinstance(value, str | bytes))
        if left < 0:
            raise BadFile("GeoPackage 里读出来的比文件大得多，没有导入；请另存为普通的图层。")
        told = dict(zip(names, values, strict=True))
        border = told.pop(layer.column, None)
        yield fid, feature_of(own_names(_plain(told)), _border(border))


def _plain(told: Mapping[str, Any]) -> dict[str, Any]:
    """Without what is no text and no number, and without the row's own number."""
    return {name: value for name, value in told.items() if not isinstance(value, bytes) and name.lower() != "fid"}


def _border(blob: Any) -> Any:
    """GeoPackageBinary (clause 2.1.3): a header, an envelope, and plain WKB."""
    if blob is None:
        return None
    if not isinstance(blob, bytes) or len(blob) < 8 or blob[:2] != b"GP":
        return Unread("coordinates", "图形不是 GeoPackage 的写法，请检查文件。")
    flags = blob[3]
    envelope = _ENVELOPE_BYTES.get(flags >> 1 & 7)
    if flags & 0x10:
        return None
    if envelope is None or flags & 0x20:
        return Unread("coordinates", "图形是扩展的写法，请另存为普通的面。")
    try:
        return shapely.from_wkb(blob[8 + envelope :])
    except (ShapelyError, struct.error, ValueError):
        return Unread("coordinates", "图形的 WKB 读不懂，请检查文件。")


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
