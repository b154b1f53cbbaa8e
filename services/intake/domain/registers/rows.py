"""Rows of a register as bodies of orders, in the shape that the order API reads."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.fabric.profile import Profile
from services.intake.domain.registers.cells import BadCell, moment_of, phone_of, text_of, truth_of
from services.intake.domain.registers.columns import NAMES, Register
from services.kit.files.sheets import Cell

# What 12345 calls the kinds; others are looked up by the names of the profile.
_KINDS = {
    "投诉举报": "complaint",
    "意见建议": "suggestion",
    "表扬": "praise",
}
_MOMENTS = ("reported_at", "source_due")
_TRUTHS = ("supervised", "reporter.anonymous", "reporter.confidential")
_NUMBERS = ("location.lon", "location.lat")
_SHORT_NUMBER = 6  # a 编号 that only counts the rows of one sheet
_OWN = "reg-"


@dataclass(frozen=True, slots=True)
class Row:
    """`faults`: sentences that name the column. The body may lack what they are about."""

    line: int
    cells: Sequence[str]
    body: Mapping[str, Any]
    faults: Sequence[str]


def rows_of(register: Register, profile: Profile, channel: str) -> Iterator[Row]:
    """Blank rows, and the header where it stands again on each printed page, are left out."""
    header = [name for name in register.headers if name]
    sheet = register.sheet
    for line, row in zip(sheet.lines[register.start :], sheet.rows[register.start :], strict=True):
        cells = [text_of(cell) for cell in row]
        said = [cell for place, cell in enumerate(cells) if cell and _column(register, place) != ""]
        if not said or [cell for cell in cells if cell] == header:
            continue
        yield _row(register, profile, channel, line, row, cells)


def _row(
    register: Register, profile: Profile, channel: str, line: int, row: Sequence[Cell], cells: Sequence[str]
) -> Row:
    body: dict[str, Any] = {"channel": channel}
    extra: dict[str, str] = {}
    faults: list[str] = []
    for place, cell in enumerate(row):
        field = _column(register, place)
        if not cells[place] or field == "" or place == register.clock:
            continue
        if field is None:
            extra[_header(register, place)] = cells[place]
            continue
        try:
            value = _value(field, cell, _clock(register, field, row), profile)
        except BadCell as bad:
            faults.append(f"{_header(register, place)}：{bad}")
            continue
        if value is None:
            extra[_header(register, place)] = cells[place]
        else:
            _put(body, field, value)
    number = str(body.get("external_id", ""))
    if not number or (number.isascii() and number.isdecimal() and len(number) <= _SHORT_NUMBER):
        body["external_id"] = _OWN + _digest(register, cells)
        if number:
            extra["编号"] = number
    if "reported_at" not in body and not any("时间" in fault or "日期" in fault for fault in faults):
        faults.append("缺反映时间，请补上")
    if "content" not in body:
        faults.append("缺诉求内容，请补上")
    if extra:
        body["extra"] = extra
    return Row(line, cells, body, faults)


def _clock(register: Register, field: str, row: Sequence[Cell]) -> Cell:
    place = register.clock
    return row[place] if field == "reported_at" and place is not None and place < len(row) else None


def _value(field: str, cell: Cell, clock: Cell, profile: Profile) -> Any:
    """None for what means nothing to us: it is kept among the extra."""
    if field in _MOMENTS:
        at = moment_of(cell, clock)
        return at.isoformat() if at else None
    if field in _TRUTHS:
        return truth_of(cell)
    if field == "reporter.phone":
        return phone_of(cell)
    told = text_of(cell)
    if field in _NUMBERS:
        try:
            return float(told)
        except ValueError:
            raise BadCell(f"{told[:40]} 不是度数，请改正") from None
    if field == "kind":
        name = told.removesuffix("类").removesuffix("件")
        found = next((kind.code for kind in profile.kinds if name in (kind.code, kind.name)), None)
        return found or _KINDS.get(name)
    if field == "channel":
        return next((one.code for one in profile.channels if told in (one.code, one.name)), None)
    return told


def _put(body: dict[str, Any], field: str, value: Any) -> None:
    top, _, inner = field.partition(".")
    if inner:
        body.setdefault(top, {})[inner] = value
    else:
        body[top] = value


def _digest(register: Register, cells: Sequence[str]) -> str:
    """The same for the same row, wherever in the sheet it stands and whoever sorted its columns."""
    said = sorted(
        (_header(register, place), cell) for place, cell in enumerate(cells) if cell and _column(register, place) != ""
    )
    return hashlib.sha256(json.dumps(said, ensure_ascii=False).encode("utf-8", "replace")).hexdigest()[:32]


def _column(register: Register, place: int) -> str | None:
    return register.columns[place] if place < len(register.columns) else None


def _header(register: Register, place: int) -> str:
    name = register.headers[place] if place < len(register.headers) else ""
    return name or f"第{place + 1}列"


def header_of(register: Register, pointer: str) -> str:
    """The column that a JSON pointer of the body is about; the field's own usual name where no column has it."""
    field = pointer.strip("/").replace("/", ".")
    for wanted in (field, field.partition(".")[0]):
        place = register.place_of(wanted)
        if place is not None:
            return _header(register, place)
        if wanted in NAMES:
            return NAMES[wanted][0]
    return field
