"""Workbooks, looked through before the library reads them: it lays out every cell between the first and the last, and
copies a shared text for each cell that names it, so a small file may mean hundreds of gigabytes."""

import io
import re
import zipfile
from typing import Any
from xml.parsers import expat

from services.kit.files.archives import Archive
from services.kit.files.bad import BadFile

MOST_CELLS = 20_000_000
MOST_TEXT = 256 * 1024 * 1024
_PARTS = re.compile(r"(\[Content_Types\]\.xml|_rels/.*|xl/(?!media|drawings|embeddings).*\.(xml|rels))$")
_TOO_MUCH = "表格展开后大得不合常理，没有导入；请只留要导入的行和列，另存为 XLSX 或 CSV。"


def guarded(archive: Archive) -> bytes:
    """The workbook again, of only what was inflated under the eyes of the archive."""
    parts = {name: archive.read(name) for name in archive.names if _PARTS.fullmatch(name)}
    lengths = _Shared().of(parts.get("xl/sharedStrings.xml"))
    for name, part in parts.items():
        if name.startswith("xl/worksheets/") and name.endswith(".xml"):
            _Sheet(lengths).look(part)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as plain:
        for name, part in parts.items():
            plain.writestr(name, part)
    return out.getvalue()


def parse(part: bytes, **handlers: Any) -> None:
    parser = expat.ParserCreate(namespace_separator=None)
    parser.buffer_text = True
    for name, handler in handlers.items():
        setattr(parser, name, handler)
    # A workbook needs no entities of its own, and they are what small files grow by.
    parser.EntityDeclHandler = _refuse
    try:
        parser.Parse(part, True)
    except expat.ExpatError as error:
        raise BadFile("表格文件读不懂，请另存为 XLSX 或 CSV。") from error


def _refuse(*_: Any) -> None:
    raise BadFile("表格文件里有不该有的实体定义，请另存为 XLSX 或 CSV。")


class _Shared:
    """Lengths of the shared texts, in their order."""

    def __init__(self) -> None:
        self._lengths: list[int] = []

    def of(self, part: bytes | None) -> list[int]:
        if part is not None:
            parse(part, StartElementHandler=self._start, CharacterDataHandler=self._text)
        return self._lengths

    def _start(self, tag: str, _: dict[str, str]) -> None:
        if tag.rpartition(":")[2] == "si":
            self._lengths.append(0)

    def _text(self, text: str) -> None:
        if self._lengths:
            self._lengths[-1] += len(text)


class _Sheet:
    """Looks through one sheet; BadFile when its cells would be too many or their text too much."""

    def __init__(self, lengths: list[int]) -> None:
        self._lengths = lengths
        self._rows = self._columns = self._row = self._column = self._text = 0
        self._shared = self._in_value = False

    def look(self, part: bytes) -> None:
        parse(part, StartElementHandler=self._start, EndElementHandler=self._end, CharacterDataHandler=self._value)

    def _start(self, tag: str, told: dict[str, str]) -> None:
        name = tag.rpartition(":")[2]
        if name == "row":
            self._row = _number(told.get("r", ""), self._row + 1)
            self._column = 0
        elif name == "c":
            self._place(told.get("r", ""))
            self._shared = told.get("t") == "s"
        self._in_value = name == "v"

    def _place(self, told: str) -> None:
        self._row, self._column = place_of(told, self._row, self._column + 1)
        self._rows, self._columns = max(self._rows, self._row), max(self._columns, self._column)
        if self._rows * self._columns > MOST_CELLS:
            raise BadFile(_TOO_MUCH)

    def _end(self, tag: str) -> None:
        self._in_value = False

    def _value(self, text: str) -> None:
        if not (self._shared and self._in_value):
            return
        index = _number(text.strip(), -1)
        self._text += self._lengths[index] if 0 <= index < len(self._lengths) else 0
        if self._text > MOST_TEXT:
            raise BadFile(_TOO_MUCH)


def place_of(told: str, row: int, column: int) -> tuple[int, int]:
    """`AB12` → (12, 28); `row` and `column` where it does not say."""
    letters = told.rstrip("0123456789")
    named = 0
    for letter in letters.upper()[:4]:
        named = named * 26 + ord(letter) - 64
    return _number(told[len(letters) :], row), named if letters else column


def _number(told: str, otherwise: int) -> int:
    return int(told) if told.isascii() and told.isdecimal() and len(told) < 12 else otherwise
