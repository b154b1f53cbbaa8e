"""Tables that people keep: every sheet of a workbook, or a CSV in either of the encodings of this country, as typed cells.

A formula is what its author's program last made of it: nothing is ever computed here.
"""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from python_calamine import CalamineError, CalamineWorkbook

from services.kit.files.archives import Archive
from services.kit.files.bad import BadFile
from services.kit.files.texts import decoded
from services.kit.files.workbooks import guarded

Cell = str | float | int | bool | datetime | date | time | timedelta | None
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_SEPARATORS = (",", "\t", ";")
_LONGEST_CELL = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Sheet:
    """`rows[i]` stands on `lines[i]` of the file, from 1."""

    name: str
    rows: Sequence[Sequence[Cell]]
    lines: Sequence[int]


def sheets_of(raw: bytes) -> list[Sheet]:
    """In their order; one for a CSV. BadFile for what is neither, and for a workbook that would fill the memory."""
    if raw.startswith(_OLE):
        raise BadFile("这是旧式的 XLS 或加了密的文件，请另存为不加密的 XLSX 或 CSV。")
    return _workbook(raw) if raw.startswith(_ZIP) else [_csv(raw)]


def _workbook(raw: bytes) -> list[Sheet]:
    archive = Archive(raw)
    if "xl/workbook.xml" not in archive.names:
        raise BadFile("这个压缩包不是表格，请传 XLSX 或 CSV。")
    plain = guarded(archive)
    try:
        workbook = CalamineWorkbook.from_object(io.BytesIO(plain))
        read = [
            (name, workbook.get_sheet_by_name(name).to_python(skip_empty_area=False)) for name in workbook.sheet_names
        ]
    except (CalamineError, OSError, IndexError, ValueError, OverflowError) as error:
        raise BadFile("表格文件读不懂，请另存为 XLSX 或 CSV。") from error
    return [Sheet(name, rows, range(1, len(rows) + 1)) for name, rows in read]


def _csv(raw: bytes) -> Sheet:
    told = decoded(raw)
    if told is None:
        raise BadFile("文件既不是 UTF-8 也不是 GB18030 编码，请另存为 UTF-8 的 CSV。")
    if "\0" in told:
        raise BadFile("文件里有 NUL 字符，不是 CSV；请传 XLSX 或 CSV。")
    head = "\n".join(told.split("\n", 20)[:20])
    csv.field_size_limit(_LONGEST_CELL)
    reader = csv.reader(io.StringIO(told, newline=""), delimiter=max(_SEPARATORS, key=head.count))
    rows: list[list[str]] = []
    lines: list[int] = []
    try:
        for row in reader:
            rows.append(row)
            lines.append(reader.line_num)
    except csv.Error as error:
        raise BadFile(f"第 {reader.line_num} 行读不懂（{error}），请检查引号和逗号。") from error
    return Sheet("CSV", rows, lines)
