"""A table of rules from a file and to one: JSON, XLSX, CSV, or the TOML that is shipped."""

import json
from collections.abc import Iterable
from typing import Literal, TypeVar

from pydantic import ValidationError

from services.dispatch.domain.routing.columns import Names
from services.dispatch.domain.routing.row import Example, Row
from services.dispatch.domain.routing.sheet import (
    LAYOUTS,
    CellFault,
    Layout,
    Read,
    placed,
    read_sheets,
    to_csv,
    to_workbook,
)
from services.dispatch.domain.routing.table import BadTable, RuleTable, read_table
from services.fabric.taxonomy import Part
from services.kit.files.bad import BadFile

Form = Literal["xlsx", "csv", "json"]
MEDIA: dict[Form, str] = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
}
SPREADSHEETS = (".xlsx", ".csv")
P = TypeVar("P", bound=Part)


class BadSheet(BadTable):
    """`cells`: each fault with its line and column."""

    def __init__(self, cells: Iterable[CellFault]) -> None:
        self.cells = tuple(cells)
        super().__init__(f"{cell.said}。" for cell in self.cells)


def read_file(content: bytes, file: str, version: int = 0, names: Names | None = None) -> RuleTable:
    """By the file's name. `names`: what a cell may say instead of a code. Raises BadTable, BadSheet."""
    if not file.lower().endswith(SPREADSHEETS):
        return read_table(content, file, version)
    try:
        read = read_sheets(content, names)
    except BadFile as bad:
        raise BadTable([str(bad)]) from None
    rows, examples = (LAYOUTS[0], Row), (LAYOUTS[1], Example)
    faults = list(read.faults)
    table = RuleTable(version, entries(read, *rows, faults), entries(read, *examples, faults))
    if faults:
        raise BadSheet(sorted(faults))
    return table


def entries(read: Read, layout: Layout, model: type[P], faults: list[CellFault]) -> list[P]:
    """Those that the model takes; what it refuses is added to the faults."""
    broken = {fault.line for fault in faults}
    made: list[P] = []
    for index, told in enumerate(read.data[layout.table]):
        try:
            made.append(model.model_validate({**layout.least, **told}))
        except ValidationError as error:
            # A cell that was not read leaves its field empty: to call that missing too would only confuse.
            if read.places[layout.table, index] not in broken:
                faults += placed(read, layout, index, error)
    return made


def write_file(table: RuleTable, form: Form, codes: Iterable[tuple[str, str, str]] = ()) -> bytes:
    """`codes`: (what it is, code, name), for a workbook's last sheet."""
    data = table.as_json()
    data.pop("version")
    if form == "xlsx":
        return to_workbook(data, codes)
    return to_csv(data) if form == "csv" else json.dumps(data, ensure_ascii=False, indent=1).encode()
