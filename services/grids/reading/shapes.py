"""Zipped Shapefiles: borders from the .shp, columns from the .dbf, the system from the .prj, the encoding from the .cpg."""

import io
import posixpath
import warnings
from collections.abc import Iterator
from threading import Lock
from typing import Any

import shapefile

from services.fabric.datum import UnknownCrs
from services.fabric.polygons import Unread
from services.fabric.systems import System, system_of_wkt
from services.grids.reading.collected import Collected, collection_of, feature_of
from services.grids.reading.naming import own_names
from services.kit.files.archives import Archive, shown
from services.kit.files.bad import BadFile
from services.kit.files.texts import decoded

_PAGES = {
    "936": "gb18030",
    "cp936": "gb18030",
    "gbk": "gb18030",
    "gb2312": "gb18030",
    "65001": "utf-8",
    "utf8": "utf-8",
}
# The library warns through the interpreter's one list of filters, which no two threads may change at once.
_WARNING = Lock()


def read(archive: Archive, overlay: str) -> Collected:
    stem = _stem(archive, overlay)
    columns = _part(archive, stem, ".dbf")
    if columns is None:
        raise BadFile("Shapefile 缺少 .dbf（网格的编码、名称都在里面），请把 .shp、.dbf、.prj 一起压成 zip。")
    borders = _part(archive, stem, ".shp") or b""
    rows = _rows(borders, columns, _encodings(_part(archive, stem, ".cpg")))
    system = _system(_part(archive, stem, ".prj"))
    return Collected(collection_of(rows), "Shapefile", system, unsaid=".prj" if system is None else None)


def _stem(archive: Archive, overlay: str) -> str:
    stems = [name[: -len(".shp")] for name in archive.find(".shp")]
    if len(stems) == 1:
        return stems[0]
    named = [stem for stem in stems if posixpath.basename(stem).lower() == overlay]
    if len(named) != 1:
        listed = "、".join(shown(posixpath.basename(stem)) for stem in stems[:10])
        raise BadFile(f"压缩包里有 {len(stems)} 个图层（{listed}），请只放一个，或把要导入的那个改名为 {overlay}。")
    return named[0]


def _part(archive: Archive, stem: str, ending: str) -> bytes | None:
    found = next((name for name in archive.names if name.lower() == (stem + ending).lower()), None)
    return None if found is None else archive.read(found)


def _system(prj: bytes | None) -> System | None:
    """None without a .prj: then numbers that can be no degrees are refused."""
    told = (decoded(prj) or "").strip("\0 \r\n\t") if prj is not None else ""
    if not told:
        return None
    try:
        return system_of_wkt(told)
    except UnknownCrs as unknown:
        raise BadFile(f".prj：{unknown}") from unknown


def _encodings(cpg: bytes | None) -> list[str]:
    """Those to try, in order. Without a .cpg nearly everything here is one of these two."""
    told = "" if cpg is None else cpg.decode("ascii", "replace").strip("\0 \r\n\t").lower().replace("-", "")
    stated = _PAGES.get(told)
    return [stated] if stated else ["utf-8", "gb18030"]


def _rows(borders: bytes, columns: bytes, encodings: list[str]) -> list[Any]:
    try:
        with _WARNING, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            # Every byte is some letter of Latin-1, so that the real encoding can be tried on all of them together.
            with shapefile.Reader(shp=io.BytesIO(borders), dbf=io.BytesIO(columns), encoding="latin-1") as reader:
                rows = [record.as_dict() for record in reader.iterRecords()]
                shapes = [_border(shape) for shape in reader.iterShapes()]
    except Exception as error:  # whatever the library makes of bytes that are no shapefile
        raise BadFile("Shapefile 读不懂，请检查 .shp 和 .dbf 是否完整，重新压成 zip 再导入。") from error
    if len(rows) != len(shapes):
        raise BadFile(".shp 和 .dbf 的行数不一样，请重新导出整套 Shapefile。")
    for encoding in encodings:
        try:
            return list(_read_all(rows, shapes, encoding))
        except UnicodeDecodeError:
            continue
    raise BadFile("Shapefile 的属性既不是 UTF-8 也不是 GB18030 编码，请附上写明编码的 .cpg 文件。")


def _read_all(rows: list[dict[str, Any]], borders: list[Any], encoding: str) -> Iterator[Any]:
    for row, border in zip(rows, borders, strict=True):
        told = {_read(name, encoding): _plain(value, encoding) for name, value in row.items()}
        yield feature_of(own_names(told), border)


def _read(text: str, encoding: str) -> str:
    return text.encode("latin-1").decode(encoding).strip("\0 ")


def _plain(value: Any, encoding: str) -> Any:
    if isinstance(value, str):
        return _read(value, encoding) or None
    return value if value is None or isinstance(value, int | float | bool) else value.isoformat()


def _border(shape: Any) -> Any:
    if shape.shapeType == shapefile.NULL:
        return None
    try:
        told = shape.__geo_interface__
    except Exception:  # rings of two points, parts that begin beyond the end
        return Unread("coordinates", "坐标不成环：每个环至少四个点，请检查文件。")
    if told["type"] == "Polygon":
        return {**told, "coordinates": [list(ring) for ring in told["coordinates"]]}
    if told["type"] == "MultiPolygon":
        return {**told, "coordinates": [[list(ring) for ring in rings] for rings in told["coordinates"]]}
    return told
