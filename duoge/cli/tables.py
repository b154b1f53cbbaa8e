"""A table as somebody hands it in, CSV or a workbook's first sheet, to rows of text with the line each stands on."""

import csv
import io
import json
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook

from duoge.cli.client import fail

WORKBOOKS = frozenset({".xlsx", ".xls", ".xlsb", ".ods"})
_SEPARATORS = (",", "\t", ";")
_SEVERAL = re.compile("[、;；|]")


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


def read_table(file: Path) -> Table:
    """Ends the command with a sentence for a file that is no table, or has no rows: an empty one would replace what is
    there by nothing."""
    cells = _sheet(file) if file.suffix.lower() in WORKBOOKS else _csv(file)
    header: list[str] = []
    table = Table([], [])
    for line, row in cells:
        if not any(row):
            continue
        if not header:
            header = [name.strip() for name in row]
            continue
        if any(row[len(header) :]):
            fail(f"第 {line} 行的格子比表头多，请检查逗号")
        told = {name: cell.strip() for name, cell in zip(header, row, strict=False) if name and cell.strip()}
        table.rows.append(told)
        table.lines.append(line)
    if not table.rows:
        fail(f"{file} 里没有数据：第一行是表头，下面一行一条")
    return table


def several(cell: str) -> list[str]:
    """`甲、乙;丙` → its three parts."""
    return [part.strip() for part in _SEVERAL.split(cell) if part.strip()]


def pairs(cell: str) -> Any:
    """`sms:138…;email:a@b` or a JSON object → a mapping; anything else stays text, for the registry to refuse."""
    if cell.startswith("{"):
        try:
            return json.loads(cell)
        except ValueError:
            return cell
    told = dict(part.partition(":")[::2] for part in several(cell))
    return told if all(told.values()) else cell


def decoded(raw: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return fail("文件既不是 UTF-8 也不是 GB18030 编码，请另存为 UTF-8")


def _csv(file: Path) -> Iterator[tuple[int, Sequence[str]]]:
    told = decoded(file.read_bytes())
    head = told.partition("\n")[0]
    csv.field_size_limit(sys.maxsize)  # a border in one cell is long
    reader = csv.reader(io.StringIO(told, newline=""), delimiter=max(_SEPARATORS, key=head.count))
    try:
        for row in reader:
            yield reader.line_num, row
    except csv.Error as error:
        fail(f"第 {reader.line_num} 行读不懂（{error}），请检查引号和逗号")


def _sheet(file: Path) -> Iterator[tuple[int, Sequence[str]]]:
    try:
        rows = CalamineWorkbook.from_path(str(file)).get_sheet_by_index(0).to_python(skip_empty_area=False)
    except (CalamineError, OSError, IndexError) as error:
        fail(f"{file} 不是读得懂的表格文件（{error}），请另存为 XLSX 或 CSV")
    for number, row in enumerate(rows, 1):
        yield number, [_text(cell) for cell in row]


def _text(cell: Any) -> str:
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():  # a workbook knows no whole numbers: 310107 comes as 310107.0
        return str(int(cell))
    return cell.isoformat() if isinstance(cell, date | datetime) else str(cell)
