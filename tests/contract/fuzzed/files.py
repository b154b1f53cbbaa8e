"""Files as authorities hand them in, and what becomes of them on the way: cut off, with other bytes, with odd cells."""

import csv
import io
import zlib
from collections.abc import Sequence
from datetime import date
from functools import cache
from typing import Any
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile

import xlsxwriter
from hypothesis import strategies as st

from tests.unit.grids.reading.making import ROWS as GROUNDS
from tests.unit.grids.reading.making import geopackage, shape_parts, zipped
from tests.unit.intake.registers.made import HEADER, ROWS

Table = Sequence[Sequence[Any]]
_BLANK = b" " * 100_000_000
REGISTER: Table = [HEADER, *ROWS]
OVERLAY: Table = [
    ["code", "name", "unit", "households", "wkt"],
    *([f"O{n}", "甲", "", n, g.wkt] for n, (_, g) in enumerate(GROUNDS)),
]
PLACES: Table = [
    ["名称", "类型", "经度", "纬度", "坐标系", "地址"],
    ["兰溪路2号", "address", 121.397, 31.242, "wgs84", "兰溪路2号"],
]
COMPONENTS: Table = [
    ["code", "kind", "lon", "lat", "owner", "state"],
    ["X-1", "lamp", 121.397, 31.242, "OWN-LAMP", "ok"],
]
OURS: Table = [
    ["external_id", "status", "changed_at", "satisfaction"],
    ["a-1", "closed", "2026-11-23T10:00:00+08:00", ""],
]
_XML = (
    *(
        b"<v>1e999</v>",
        b"<v>-1</v>",
        b'<c r="ZZZZ99999999" t="s"><v>0</v></c>',
        b'<c r="A0" t="e"><v>#REF!</v></c>',
        b"<f>",
    ),
    *(
        b'<c t="b"><v>7</v></c>',
        b'<c t="d"><v>0000-00-00</v></c>',
        b'<c s="999999"><v>1</v></c>',
        b'<c t="s"><v>-9</v></c>',
    ),
    *(
        b"<f>1+1</f><v>2</v>",
        b"&#0;",
        b"&#xD800;",
        b"</sheetData>",
        b"<!DOCTYPE x>",
        b"<v>99999999999999999999</v>",
        b"\xff",
    ),
)
CELLS = st.one_of(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(codec="utf-8"), max_size=30),
    st.dates(date(1900, 1, 1)),
    st.sampled_from(
        [
            "=1+1",
            "=HYPERLINK(1)",
            "#REF!",
            "9" * 400,
            "1e400",
            "NaN",
            "0000-00-00",
            "9999-12-31",
            "长" * 30_000,
            "POLYGON",
            "[[",
        ]
    ),
)


def workbook(rows: Table) -> bytes:
    out = io.BytesIO()
    options = {"in_memory": True, "remove_timezone": True, "nan_inf_to_errors": True}
    with xlsxwriter.Workbook(out, options) as book:
        sheet, moment = book.add_worksheet(), book.add_format({"num_format": "yyyy-mm-dd"})
        for line, row in enumerate(rows):
            for column, cell in enumerate(row):
                if isinstance(cell, date):
                    sheet.write_datetime(line, column, cell, moment)
                elif isinstance(cell, str) and cell.startswith("="):
                    sheet.write_formula(line, column, cell)
                elif isinstance(cell, int) and abs(cell) > 2**63:
                    sheet.write_string(line, column, str(cell))
                elif cell is not None:
                    sheet.write(line, column, cell[:32_000] if isinstance(cell, str) else cell)
    return out.getvalue()


def text(rows: Table, encoding: str = "utf-8") -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows(["" if cell is None else str(cell) for cell in row] for row in rows)
    return out.getvalue().encode(encoding, "replace")


@cache
def bombs() -> tuple[bytes, ...]:
    """A workbook whose sheet, and a file that whole, is a thousand times what it seems."""
    out = io.BytesIO()
    with ZipFile(io.BytesIO(workbook(OVERLAY))) as held, ZipFile(out, "w", ZIP_DEFLATED) as made:
        for name in held.namelist():
            made.writestr(name, _BLANK if name == "xl/worksheets/sheet1.xml" else held.read(name))
    machine = zlib.compressobj(9, zlib.DEFLATED, 31)
    return out.getvalue(), machine.compress(_BLANK) + machine.flush()


def sound(table: Table) -> list[bytes]:
    return [workbook(table), text(table), text(table, "gb18030")]


SHAPES = [zipped(shape_parts()), geopackage()]


@st.composite
def spoilt(draw: st.DrawFn, held: list[bytes], table: Table) -> bytes:
    """Of one that is right: its bytes, its parts or its cells."""
    way = draw(st.sampled_from(["noise", "bytes", "bytes", "parts", "parts", "cells", "cells"]))
    if way == "noise":
        return draw(st.binary(max_size=300))
    if way == "cells":
        rows = [list(table[0]), *draw(st.lists(st.lists(CELLS, max_size=len(table[0]) + 1), max_size=4))]
        return draw(st.sampled_from([workbook, text]))(rows)
    raw = draw(st.sampled_from(held))
    if way == "parts" and raw.startswith(b"PK"):
        parts = _parts(raw)
        name = draw(st.sampled_from(sorted(parts)))
        return zipped({**parts, name: draw(_changed(parts[name]))})
    return draw(_changed(raw))


@st.composite
def _changed(draw: st.DrawFn, raw: bytes) -> bytes:
    made = bytearray(raw)
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(made)))
        made[at : at + draw(st.integers(0, 8))] = draw(st.binary(max_size=4) | st.sampled_from(_XML))
    return bytes(made[: draw(st.just(len(made)) | st.integers(0, len(made)))])


def _parts(raw: bytes) -> dict[str, bytes]:
    try:
        with ZipFile(io.BytesIO(raw)) as archive:
            return {name: archive.read(name) for name in archive.namelist()}
    except BadZipFile as bad:
        raise AssertionError("a sound file opens") from bad
