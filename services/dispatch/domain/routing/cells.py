"""How a value stands in a cell of a spreadsheet and comes back exactly: lists, blanks, and what a program would run."""

import re
from collections.abc import Iterable
from datetime import date, datetime, time
from typing import Any

SEPARATOR = "、"
NONE = "无"
YES, NO = "是", "否"
# What Excel and WPS take a cell for a formula by.
FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
LONGEST = 32_000
_SPLIT = re.compile(r"[、；;\n]")
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\ufffe\uffff]")
# A workbook writes a letter that XML can't hold so; the same letters in a text would be taken for it.
_ESCAPE_OF_WORKBOOKS = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")


class BadCell(ValueError):
    """The message is a sentence without its place."""


def text_in(value: str) -> str:
    """A text for a cell: what would be a formula is marked by an apostrophe, what a workbook changes is spelt out."""
    spelt = value.replace("\\", "\\\\").replace("\r", "\\r")
    spelt = _CONTROL.sub(lambda found: f"\\x{ord(found[0]):04x}", spelt)
    spelt = _ESCAPE_OF_WORKBOOKS.sub(r"\\_", spelt)
    spelt = _edges(spelt)
    return f"'{spelt}" if not spelt or spelt.startswith((*FORMULA, "'")) or spelt == NONE else spelt


def text_out(cell: str) -> str:
    """The inverse; BadCell for a formula."""
    if cell.startswith("'"):
        return _plain(cell[1:])
    if cell.startswith(FORMULA):
        raise BadCell(f"以“{cell[0]}”开头，像是公式；格子里不能写公式，请写成文字（前面加一个英文单引号）")
    return _plain(cell.strip())


def list_in(values: Iterable[str]) -> str:
    said = SEPARATOR.join(_escaped(value) for value in values)
    return f"'{said}" if said.startswith((*FORMULA, "'")) or said == NONE else said


def list_out(cell: str) -> list[str]:
    """`甲、乙；丙`, or one a line."""
    if cell.startswith("'"):
        cell = cell[1:]
    elif cell.startswith(FORMULA):
        raise BadCell(f"以“{cell[0]}”开头，像是公式；格子里不能写公式，请改成要写的值")
    parts = [_plain(part.strip()) for part in _parts(cell)]
    return [part for part in parts if part]


def shown(cell: Any) -> str:
    """A typed cell as a clerk would read it: a workbook knows no whole numbers, and keeps times of its own."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return YES if cell else NO
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    if isinstance(cell, date | datetime | time):
        return cell.isoformat()
    return str(cell)


def _escaped(value: str) -> str:
    spelt = value.replace("\\", "\\\\").replace("\r", "\\r").replace("\n", "\\n")
    spelt = _CONTROL.sub(lambda found: f"\\x{ord(found[0]):04x}", spelt)
    spelt = _ESCAPE_OF_WORKBOOKS.sub(r"\\_", spelt)
    return re.sub(r"[、；;]", lambda found: "\\" + found[0], _edges(spelt))


def _edges(spelt: str) -> str:
    """Blanks at either end are kept by being named; every other one is a slip of the hand."""
    bare = spelt.strip()
    if bare == spelt:
        return spelt
    head = spelt[: len(spelt) - len(spelt.lstrip())] if bare else spelt
    tail = spelt[len(spelt.rstrip()) :] if bare else ""
    return _named(head) + bare + _named(tail)


def _named(blanks: str) -> str:
    return "".join(f"\\x{ord(blank):04x}" for blank in blanks)


def _parts(cell: str) -> list[str]:
    parts, start, place = [], 0, 0
    while place < len(cell):
        if cell[place] == "\\":
            place += 2
            continue
        if _SPLIT.match(cell, place):
            parts.append(cell[start:place])
            start = place + 1
        place += 1
    return [*parts, cell[start:]]


_SPELT = re.compile(r"\\(?:x([0-9a-fA-F]{4})|(.))", re.DOTALL)


def _plain(spelt: str) -> str:
    def letter(found: re.Match[str]) -> str:
        if found[1]:
            return chr(int(found[1], 16))
        return {"r": "\r", "n": "\n"}.get(found[2], found[2])

    return _SPELT.sub(letter, spelt)
