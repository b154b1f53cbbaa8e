"""Which reader a file needs, by its first bytes."""

from services.grids.domain.collection import NotJson
from services.grids.reading import geojson, geopackage, shapes, tables
from services.grids.reading.collected import Collected
from services.kit.files.archives import Archive, gunzipped
from services.kit.files.bad import BadFile
from services.kit.files.texts import decoded

_ZIP, _GZIP, _SQLITE, _OLE = b"PK\x03\x04", b"\x1f\x8b", b"SQLite format 3\0", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_INSIDE = (".geojson", ".json", ".gpkg", ".csv", ".xlsx")
_KNOWN = "GeoJSON、压成 zip 的 Shapefile、GeoPackage、有 WKT 列的 CSV 或 XLSX"


def read_file(raw: bytes, overlay: str, *, packed: bool = False) -> Collected:
    """Raises NotJson for what is neither JSON nor any of the other formats, BadFile for a file of theirs that can't be
    taken. `overlay` chooses between several layers of one file. `packed`: it came out of an archive already."""
    if raw.startswith(_SQLITE):
        return geopackage.read(raw, overlay)
    if raw.startswith(_OLE):
        raise BadFile("这是旧式的 XLS 文件，请另存为 XLSX 或 CSV 再导入。")
    if raw.startswith((_ZIP, _GZIP)):
        if packed:
            raise BadFile(f"压缩包里还有压缩包，请只压一层（{_KNOWN}）。")
        return read_file(gunzipped(raw), overlay, packed=True) if raw.startswith(_GZIP) else _zipped(raw, overlay)
    if raw[:100].startswith(b"\0\0\x27\x0a"):
        raise BadFile("单独的 .shp 不够，请把 .shp、.dbf、.prj 一起压成一个 zip。")
    return _text(raw)


def _zipped(raw: bytes, overlay: str) -> Collected:
    archive = Archive(raw)
    if archive.find(".shp"):
        return shapes.read(archive, overlay)
    if "xl/workbook.xml" in archive.names:
        return tables.read_workbook(archive)
    inside = [name for ending in _INSIDE for name in archive.find(ending)]
    if len(inside) != 1:
        some = f"有 {len(inside)} 个" if inside else "没有"
        raise BadFile(f"压缩包里{some}读得懂的边界文件，请只放一个（{_KNOWN}）。")
    content = archive.read(inside[0])
    return (
        _zipped_workbook(content) if inside[0].lower().endswith(".xlsx") else read_file(content, overlay, packed=True)
    )


def _zipped_workbook(raw: bytes) -> Collected:
    if not raw.startswith(_ZIP):
        raise BadFile("压缩包里的 XLSX 读不懂，请另存一份再压缩。")
    return tables.read_workbook(Archive(raw))


def _text(raw: bytes) -> Collected:
    told = decoded(raw)
    if told is None:
        raise NotJson("neither UTF-8 nor GB18030")
    start = told.lstrip()[:1]
    if start in ("{", "["):
        return geojson.read(told)
    try:
        return geojson.read(told)
    except NotJson:
        if not tables.is_table(told):
            raise
    return tables.read_csv(told)
