"""A source's list of its orders, as JSON, NDJSON, CSV or a workbook's first sheet, columns by their usual names."""

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import ValidationError
from python_calamine import CalamineError, CalamineWorkbook

from services.intake.domain.reconciling import Theirs
from services.intake.schemas.bodies import ListedIn
from services.kit.files.archives import Archive
from services.kit.files.bad import BadFile
from services.kit.files.texts import decoded
from services.kit.files.workbooks import guarded
from services.kit.http.answers import read_json
from services.kit.problems import Invalid, TooLarge, Unreadable, wrong_all

MOST = 50_000
_MOST_FAULTS = 100
_ZIP = b"PK\x03\x04"
_SEPARATORS = (",", "\t", ";")
_COLUMNS: Mapping[str, str] = {
    name: column
    for column, names in {
        "external_id": ("external_id", "编号", "工单编号", "工单号", "来源编号", "受理编号", "诉求编号"),
        "status": ("status", "状态", "工单状态", "办理状态", "当前状态"),
        "satisfaction": ("satisfaction", "满意度", "评价", "回访结果", "满意情况"),
        "changed_at": ("changed_at", "更新时间", "变动时间", "修改时间"),
    }.items()
    for name in names
}
_Row = tuple[str, Mapping[str, Any]]
"""Where it stands, and what it holds."""


def read_list(raw: bytes) -> list[Theirs]:
    """Problems name each row that is wrong; none is left out in silence. An empty list is one: the source had none."""
    try:
        rows = list(_rows(raw))
    except BadFile as bad:
        raise Invalid(str(bad)) from None
    if len(rows) > MOST:
        raise TooLarge(f"一次最多对 {MOST} 件，请按日期分开对账")
    found: list[Theirs] = []
    faults: list[tuple[str, str]] = []
    for where, held in rows:
        try:
            row = ListedIn.model_validate(held)
        except ValidationError as error:
            faults += [(f"{where}/{_place(one['loc'])}".rstrip("/"), _said(one["msg"])) for one in error.errors()]
            continue
        found.append(Theirs(row.external_id, row.status or None, row.satisfaction or None, row.changed_at or None))
    if faults:
        raise wrong_all(faults[:_MOST_FAULTS])
    return found


def _rows(raw: bytes) -> Iterator[_Row]:
    if raw.startswith(_ZIP):
        return _table(_sheet(raw))
    told = decoded(raw)
    if told is None:
        raise Unreadable("文字编码读不懂，请存成 UTF-8 或 GB18030")
    told = told.lstrip()
    if told.startswith("["):
        return _elements(told)
    return _lines(told) if told.startswith("{") else _table(_csv(told))


def _elements(told: str) -> Iterator[_Row]:
    read = read_json(told.encode("utf-8", "surrogatepass"))
    if not isinstance(read, list):
        raise Unreadable("清单请发 JSON 数组")
    return ((f"/{number}", _object(one)) for number, one in enumerate(read))


def _lines(told: str) -> Iterator[_Row]:
    for number, line in enumerate(told.split("\n")):
        if line.strip():
            try:
                read = json.loads(line)
            except (ValueError, RecursionError):
                raise Unreadable(f"第 {number + 1} 行不是合法的 JSON，请检查") from None
            yield f"/{number}", _object(read)


def _object(read: Any) -> Mapping[str, Any]:
    if not isinstance(read, dict):
        return {"external_id": None}
    return {name: value for name, value in read.items() if name in ListedIn.model_fields}


def _csv(told: str) -> Iterator[Sequence[str]]:
    head = told.partition("\n")[0]
    try:
        yield from csv.reader(io.StringIO(told, newline=""), delimiter=max(_SEPARATORS, key=head.count))
    except csv.Error:
        raise BadFile("CSV 读不懂，请另存为 UTF-8 的 CSV 再来。") from None


def _sheet(raw: bytes) -> Iterator[Sequence[str]]:
    plain = guarded(Archive(raw))
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(plain))
        rows = book.get_sheet_by_index(0).to_python()
    except (CalamineError, IndexError, ValueError) as error:
        raise BadFile("表格文件读不懂，请另存为 XLSX 或 CSV。") from error
    for row in rows:
        yield [_written(cell) for cell in row]


def _written(cell: Any) -> str:
    """A number typed into a cell is a code, not a quantity."""
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)


def _table(rows: Iterator[Sequence[str]]) -> Iterator[_Row]:
    columns: list[str | None] | None = None
    for line, row in enumerate(rows, start=1):
        if not any(cell.strip() for cell in row):
            continue
        if columns is None:
            columns = [_COLUMNS.get(name.strip().removeprefix("\ufeff")) for name in row]
            if "external_id" not in columns:
                raise BadFile("表头里没有工单编号一列，请命名为 external_id 或 工单编号。")
            continue
        yield f"/{line}", {name: cell.strip() for name, cell in zip(columns, row, strict=False) if name}


def _place(loc: Sequence[int | str]) -> str:
    return "/".join(str(each) for each in loc)


def _said(message: str) -> str:
    return (
        "请填 1 到 128 个字符的编号，其余各项是短文字" if message.isascii() else message.removeprefix("Value error, ")
    )
