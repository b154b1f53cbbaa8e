"""Tables, CSV or a workbook's first sheet: a row a grid, its border as WKT or as a GeoJSON geometry in one column."""

import csv
import io
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook

from services.grids.reading.collected import Collected, collection_of, feature_of
from services.grids.reading.mapsites import border
from services.grids.reading.naming import own_names
from services.kit.files.archives import Archive
from services.kit.files.bad import BadFile
from services.kit.files.texts import decoded
from services.kit.files.workbooks import guarded

GEOMETRY = ("wkt", "geometry", "geojson", "geom", "the_geom", "polygon", "边界", "图形", "坐标")
_ZIP = b"PK\x03\x04"
_SEPARATORS = (",", "\t", ";")
Cells = Iterable[tuple[int, Sequence[str]]]


@dataclass(frozen=True)
class Table:
    """Blank cells are left out. `lines[i]` is the line of the file on which row i ends."""

    rows: list[dict[str, Any]]
    lines: list[int]

    def where(self, pointer: str) -> str:
        """`/12/parent` → `第 14 行 parent`."""
        index, _, column = pointer.removeprefix("/").partition("/")
        if not index.isdecimal() or int(index) >= len(self.lines):
            return pointer
        return f"第 {self.lines[int(index)]} 行 {column}".rstrip()


def table_of(cells: Cells) -> Table:
    """The first line that is not blank is the header. BadFile for a table without rows: an empty one would replace what
    is there by nothing."""
    header: list[str] = []
    table = Table([], [])
    for line, row in cells:
        if not any(row):
            continue
        if not header:
            header = [name.strip() for name in row]
            continue
        if any(row[len(header) :]):
            raise BadFile(f"第 {line} 行的格子比表头多，请检查逗号。")
        table.rows.append(
            {name: cell.strip() for name, cell in zip(header, row, strict=False) if name and cell.strip()}
        )
        table.lines.append(line)
    if not table.rows:
        raise BadFile("表里没有数据：第一行是表头，下面一行一条。")
    return table


def read_table(raw: bytes) -> Table | None:
    """A CSV or a workbook, row by row. None for what is JSON, or meant to be."""
    if raw.startswith(_ZIP):
        return table_of(sheet_cells(io.BytesIO(guarded(Archive(raw)))))
    if raw.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"[", b"{", b""):
        return None
    told = decoded(raw)
    return table_of(csv_cells(told)) if told is not None and is_table(told) else None


def is_table(told: str) -> bool:
    """Whether a text has a header of several columns."""
    head = told.lstrip("\r\n").partition("\n")[0]
    return any(separator in head for separator in _SEPARATORS)


def read_csv(told: str) -> Collected:
    return _collected(table_of(csv_cells(told)), "CSV")


def read_workbook(archive: Archive) -> Collected:
    return _collected(table_of(sheet_cells(io.BytesIO(guarded(archive)))), "XLSX")


def csv_cells(told: str) -> Iterator[tuple[int, Sequence[str]]]:
    head = told.partition("\n")[0]
    csv.field_size_limit(sys.maxsize)  # a border in one cell is long
    reader = csv.reader(io.StringIO(told, newline=""), delimiter=max(_SEPARATORS, key=head.count))
    try:
        for row in reader:
            yield reader.line_num, row
    except csv.Error as error:
        raise BadFile(f"第 {reader.line_num} 行读不懂（{error}），请检查引号和逗号。") from error


def sheet_cells(file: Any) -> Iterator[tuple[int, Sequence[str]]]:
    """`file`: a path, or a workbook's bytes as a stream."""
    try:
        rows = CalamineWorkbook.from_object(file).get_sheet_by_index(0).to_python(skip_empty_area=False)
    except (CalamineError, OSError, IndexError, ValueError) as error:
        raise BadFile("表格文件读不懂，请另存为 XLSX 或 CSV。") from error
    for number, row in enumerate(rows, 1):
        yield number, [_text(cell) for cell in row]


def _text(cell: Any) -> str:
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():  # a workbook knows no whole numbers: 310107 comes as 310107.0
        return str(int(cell))
    return cell.isoformat() if isinstance(cell, date | datetime) else str(cell)


def _collected(table: Table, form: str) -> Collected:
    names = {name: None for row in table.rows for name in row}
    column = next((name for wanted in GEOMETRY for name in names if name.lower() == wanted), None)
    if column is None:
        raise BadFile(f"表里没有边界，请加一列 {'、'.join(GEOMETRY[:3])} 之一，写 WKT 或 GeoJSON 的图形。")
    features = [_feature(row, column) for row in table.rows]
    return Collected(collection_of(features), form, places=[f"第 {line} 行" for line in table.lines])


def _feature(row: dict[str, Any], column: str) -> dict[str, Any]:
    told = own_names({name: value for name, value in row.items() if name != column})
    households = str(told.get("households", ""))
    if households.isascii() and households.isdecimal():
        told["households"] = int(households) if len(households) < 20 else households
    return feature_of(told, border(row.get(column, "")))
