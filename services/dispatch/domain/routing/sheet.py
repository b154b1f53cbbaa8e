"""A table of rules as a workbook or a CSV, for whoever keeps it in a spreadsheet; what is written is read back exactly."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import xlsxwriter
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from services.dispatch.domain.routing import cells
from services.dispatch.domain.routing.cells import BadCell
from services.dispatch.domain.routing.columns import EXAMPLES, RULES, Column, Names
from services.kit.files.bad import BadFile
from services.kit.files.formulas import formulas_of
from services.kit.files.sheets import Sheet, sheets_of

MOST_LINES = 20_000
_IN_A_WORKBOOK = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
CODES = "编码对照"


class CellFault(NamedTuple):
    """`said` is a sentence that names both, without its full stop."""

    line: int
    column: str
    said: str


class Layout(NamedTuple):
    """One of the tables of a file: told by the title of its first column. `least`: what an entry has with all cells blank."""

    table: str
    sheet: str
    columns: Sequence[Column]
    least: Mapping[str, Any] = {}


LAYOUTS = (Layout("rows", "规则", RULES), Layout("examples", "示例", EXAMPLES, {"matter": {}}))


class Read(NamedTuple):
    """`data`: table → its entries; `places`: (table, index) → line, to say where a fault is."""

    data: dict[str, list[dict[str, Any]]]
    places: Mapping[tuple[str, int], int]
    faults: list[CellFault]


def read_sheets(raw: bytes, names: Names | None = None, layouts: Sequence[Layout] = LAYOUTS) -> Read:
    """Of XLSX or CSV. What can't be a cell is a fault; what can't be a rule the models say. BadFile for what is no table."""
    read = _Reading(names or {}, formulas_of(raw), layouts)
    for sheet in sheets_of(raw):
        read.sheet(sheet)
    if not read.heads:
        raise BadFile(f"表里没有认得出的表头：第一格应是“{layouts[0].columns[0].title}”，可以先导出一张照着改。")
    return Read(read.data, read.places, read.faults)


@dataclass
class _Reading:
    """A file as far as it has been read. `ran`: the cells that hold formulas; `heads`: how many tables were met."""

    names: Names
    ran: frozenset[tuple[str, int, int]]
    layouts: Sequence[Layout]
    faults: list[CellFault] = field(default_factory=list)
    places: dict[tuple[str, int], int] = field(default_factory=dict)
    heads: int = 0

    def __post_init__(self) -> None:
        self.data: dict[str, list[dict[str, Any]]] = {layout.table: [] for layout in self.layouts}

    def sheet(self, sheet: Sheet) -> None:
        """What stands above the first head is somebody's title; a sheet without a head is somebody's notes."""
        layout: Layout | None = None
        columns: list[Column | None] = []
        titles: list[str] = []
        for line, row in zip(sheet.lines, sheet.rows, strict=True):
            told = [cells.shown(cell) for cell in row]
            if not any(cell.strip() for cell in told):
                continue
            headed = _headed(self.layouts, told)
            if headed is not None:
                layout, titles = headed, told
                columns = self._head(headed, told, line)
                self.heads += 1
            elif layout is not None:
                if len(self.places) >= MOST_LINES:
                    raise BadFile(f"表里超过 {MOST_LINES} 行，请只留规则和示例。")
                self.places[layout.table, len(self.data[layout.table])] = line
                self.data[layout.table].append(self._entry(sheet.name, line, columns, titles, told))

    def _head(self, layout: Layout, told: Sequence[str], line: int) -> list[Column | None]:
        known = {column.title: column for column in layout.columns}
        found: list[Column | None] = []
        seen: set[str] = set()
        for title in (cell.strip() for cell in told):
            if title and title not in known:
                self._fault(line, title[:40], "不是认得的列名，请改成导出表里的列名或删去")
            elif title in seen:
                self._fault(line, title, "这一列写了两次，请只留一列")
            found.append(known.get(title) if title not in seen else None)
            seen |= {title} - {""}
        return found

    def _entry(
        self, sheet: str, line: int, columns: Sequence[Column | None], titles: Sequence[str], told: Sequence[str]
    ) -> dict[str, Any]:
        entry: dict[str, Any] = {}
        for place, cell in enumerate(told):
            column = columns[place] if place < len(columns) else None
            title = (titles[place].strip()[:40] if place < len(titles) else "") or f"第 {place + 1} 列"
            if (sheet, line, place + 1) in self.ran:
                self._fault(line, title, "是公式；格子里不能写公式，请粘贴成值")
            elif not cell.strip():
                continue
            elif len(cell) > cells.LONGEST:
                self._fault(line, title, f"有 {len(cell)} 个字，太长，请拆成几行")
            elif column is not None:
                try:
                    _put(entry, column.path, _coded(column.read(_bare(column, cell)), self.names.get(column.path)))
                except BadCell as bad:
                    self._fault(line, title, str(bad))
            elif title == f"第 {place + 1} 列":
                self._fault(line, title, "没有列名，请补上或删去这一格")
        return entry

    def _fault(self, line: int, column: str, said: str) -> None:
        self.faults.append(CellFault(line, column, f"第 {line} 行“{column}”{said}"))


def _headed(layouts: Sequence[Layout], told: Sequence[str]) -> Layout | None:
    """Two titles at least: a name may be the same as one."""
    for layout in layouts:
        titles = {column.title for column in layout.columns}
        if told[0].strip() == layout.columns[0].title and sum(cell.strip() in titles for cell in told) > 1:
            return layout
    return None


def _bare(column: Column, cell: str) -> str:
    """Texts and lists look after their own edges."""
    return cell if column.read in (cells.text_out, cells.list_out) else cell.strip()


def _coded(value: Any, names: Mapping[str, str] | None) -> Any:
    if names is None:
        return value
    return [names.get(one, one) for one in value] if isinstance(value, list) else names.get(value, value)


def _put(entry: dict[str, Any], path: str, value: Any) -> None:
    *above, last = path.split(".")
    for name in above:
        entry = entry.setdefault(name, {})
    entry[last] = value


def _take(entry: Mapping[str, Any], path: str) -> Any:
    told: Any = entry
    for name in path.split("."):
        if not isinstance(told, Mapping) or name not in told:
            return None
        told = told[name]
    return told


def lines_of(entries: Iterable[Mapping[str, Any]], columns: Sequence[Column]) -> Iterator[list[str]]:
    """As they are written, without the head."""
    for entry in entries:
        told = ((column, _take(entry, column.path)) for column in columns)
        yield ["" if value is None else column.write(value) for column, value in told]


def to_csv(data: Mapping[str, Sequence[Mapping[str, Any]]], layouts: Sequence[Layout] = LAYOUTS) -> bytes:
    """The tables one below the other, each with its own head; with the mark by which Excel knows UTF-8."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    for number, layout in enumerate(layouts):
        entries = data.get(layout.table, ())
        if number and not entries:
            continue
        if number:
            writer.writerow([])
        writer.writerow([column.title for column in layout.columns])
        writer.writerows(lines_of(entries, layout.columns))
    return out.getvalue().encode("utf-8-sig")


def to_workbook(
    data: Mapping[str, Sequence[Mapping[str, Any]]],
    codes: Iterable[tuple[str, str, str]] = (),
    layouts: Sequence[Layout] = LAYOUTS,
) -> bytes:
    """A sheet for each table and one with all codes (what it is, code, name), for whoever fills it in."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, **_IN_A_WORKBOOK}) as book:
        bold = book.add_format({"bold": True, "bg_color": "#E4EDF5", "text_wrap": True, "valign": "top"})
        plain = book.add_format({"text_wrap": True, "valign": "top", "num_format": "@"})
        for layout in layouts:
            page = book.add_worksheet(layout.sheet)
            page.freeze_panes(1, 1)
            page.set_column(0, len(layout.columns) - 1, 18, plain)
            for place, column in enumerate(layout.columns):
                page.write_string(0, place, column.title, bold)
                if column.hint:
                    page.write_comment(0, place, column.hint)
            for line, told in enumerate(lines_of(data.get(layout.table, ()), layout.columns), 1):
                for place, cell in enumerate(told):
                    if cell:
                        page.write_string(line, place, cell, plain)
        _codes(book.add_worksheet(CODES), codes, bold)
    return out.getvalue()


def _codes(page: Any, codes: Iterable[tuple[str, str, str]], bold: Any) -> None:
    page.freeze_panes(1, 0)
    page.set_column(0, 2, 28)
    for place, title in enumerate(("哪一类", "编码", "名称")):
        page.write_string(0, place, title, bold)
    for line, told in enumerate(codes, 1):
        for place, cell in enumerate(told):
            page.write_string(line, place, cell)


def placed(read: Read, layout: Layout, index: int, error: ValidationError) -> Iterator[CellFault]:
    """What a model refuses, at its line and column."""
    line = read.places[layout.table, index]
    for one in error.errors():
        path = ".".join(str(part) for part in one["loc"] if not isinstance(part, int))
        column = next((c for c in layout.columns if path and (c.path == path or path.startswith(f"{c.path}."))), None)
        title = column.title if column else path or "整行"
        said = "没有写，请补上" if one["type"] == "missing" else _refused(one, column)
        yield CellFault(line, title, f"第 {line} 行“{title}”{said}")


def _refused(one: ErrorDetails, column: Column | None) -> str:
    if one["type"] == "value_error":
        return one["msg"].removeprefix("Value error, ")
    if one["type"] in ("too_long", "string_too_long"):
        return "太长，请拆成几行"
    return f"写法不对{f'：{column.hint}' if column and column.hint else '，请照导出的表改'}"
