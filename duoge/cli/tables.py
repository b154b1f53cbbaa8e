"""A table as somebody hands it in, CSV or a workbook's first sheet, to rows of text with the line each stands on."""

import json
import re
from pathlib import Path
from typing import Any

from duoge.cli.client import fail
from services.grids.reading import BadFile
from services.grids.reading.tables import Table, csv_cells, sheet_cells, table_of
from services.kit.files.texts import decoded

WORKBOOKS = frozenset({".xlsx", ".xls", ".xlsb", ".ods"})
_SEVERAL = re.compile("[、;；|]")


def read_table(file: Path) -> Table:
    """Ends the command with a sentence for a file that is no table, or has no rows."""
    try:
        if file.suffix.lower() in WORKBOOKS:
            return table_of(sheet_cells(str(file)))
        told = decoded(file.read_bytes())
        if told is None:
            fail("文件既不是 UTF-8 也不是 GB18030 编码，请另存为 UTF-8")
        return table_of(csv_cells(told))
    except BadFile as bad:
        return fail(f"{file}：{bad}")


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
