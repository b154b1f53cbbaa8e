"""The rows that could not be taken, as a workbook: to be put right and imported again."""

import io
from collections.abc import Sequence

import xlsxwriter

from services.intake.domain.registers.columns import FAILED

# Texts stay texts, whatever sign they begin with: no cell of a stranger's is ever a formula or a link here.
_OPTIONS = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
_LONGEST = 32_000  # a cell holds 32,767 signs


def workbook_of(headers: Sequence[str], rows: Sequence[tuple[Sequence[str], Sequence[str]]]) -> bytes:
    """`rows`: (cells, reasons) of each."""
    kept = [place for place, name in enumerate(headers) if name != FAILED]
    width = max([len(headers), *(len(cells) for cells, _ in rows)])
    kept += range(len(headers), width)
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, _OPTIONS) as book:
        sheet = book.add_worksheet("没有导入的行")
        bold = book.add_format({"bold": True})
        names = [headers[place] if place < len(headers) else "" for place in kept]
        for column, name in enumerate([*names, FAILED]):
            sheet.write_string(0, column, name[:_LONGEST], bold)
        for line, (cells, reasons) in enumerate(rows, 1):
            for column, place in enumerate(kept):
                if place < len(cells) and cells[place]:
                    sheet.write_string(line, column, cells[place][:_LONGEST])
            sheet.write_string(line, len(kept), "；".join(reasons)[:_LONGEST])
    return out.getvalue()
