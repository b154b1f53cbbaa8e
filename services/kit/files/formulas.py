"""Which cells of a workbook hold a formula: what a table of data must not, whatever its author's program made of it."""

import posixpath
from xml.etree import ElementTree

from services.kit.files.archives import Archive
from services.kit.files.bad import BadFile
from services.kit.files.workbooks import parse, place_of

_ZIP = b"PK\x03\x04"
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


def formulas_of(raw: bytes) -> frozenset[tuple[str, int, int]]:
    """(sheet, row, column) from 1; nothing for what is no workbook. BadFile for a broken one."""
    if not raw.startswith(_ZIP):
        return frozenset()
    archive = Archive(raw)
    found: set[tuple[str, int, int]] = set()
    for name, part in _sheets(archive).items():
        if part in archive.names:
            found |= {(name, row, column) for row, column in _Looking().at(archive.read(part))}
    return frozenset(found)


def _sheets(archive: Archive) -> dict[str, str]:
    """Sheet → the part that holds it."""
    book, relations = "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
    if book not in archive.names or relations not in archive.names:
        return {}
    targets = {one.get("Id"): one.get("Target", "") for one in _tree(archive.read(relations))}
    listed = [one for one in _tree(archive.read(book)).iter() if one.tag.rpartition("}")[2] == "sheet"]
    return {
        one.get("name", ""): posixpath.normpath(posixpath.join("/xl", targets.get(one.get(_RELATION), ""))).lstrip("/")
        for one in listed
    }


def _tree(part: bytes) -> ElementTree.Element:
    parse(part)  # refuses entities, by which a small file grows
    try:
        return ElementTree.fromstring(part)
    except ElementTree.ParseError as error:
        raise BadFile("表格文件读不懂，请另存为 XLSX 或 CSV。") from error


class _Looking:
    def __init__(self) -> None:
        self._row = self._column = 0
        self._found: list[tuple[int, int]] = []

    def at(self, part: bytes) -> list[tuple[int, int]]:
        parse(part, StartElementHandler=self._start)
        return self._found

    def _start(self, tag: str, told: dict[str, str]) -> None:
        name = tag.rpartition(":")[2]
        if name == "row":
            self._row, self._column = place_of(f"{told.get('r', '')}", self._row + 1, 0)[0], 0
        elif name == "c":
            self._row, self._column = place_of(told.get("r", ""), self._row, self._column + 1)
        elif name == "f":
            self._found.append((self._row, self._column))
