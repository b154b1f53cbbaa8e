"""A file of orders as questions to routing: CSV, a JSON list, or a JSON object a line."""

import csv
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from duoge.cli.client import fail
from services.dispatch.domain.routing.asking import Asking
from services.kit.sentences import sentence


def read_askings(file: Path) -> Iterator[Asking]:
    """One for each row; a bad one ends the command with its line."""
    for line, row in _rows(file):
        try:
            yield Asking.model_validate(row)
        except ValidationError as error:
            first = error.errors()[0]
            where = "/".join(str(part) for part in first["loc"]) or "整行"
            fail(f"{file.name} 第 {line} 行的 {where} 不对（{sentence(first)}），请改正后再试")


def _rows(file: Path) -> Iterator[tuple[int, Any]]:
    raw = file.read_bytes()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("gb18030", errors="replace")
    if file.suffix.lower() == ".csv":
        for line, cells in enumerate(csv.DictReader(text.splitlines()), start=2):
            yield line, _of_cells(cells)
        return
    try:
        whole = (
            json.loads(text)
            if text.lstrip().startswith("[")
            else [json.loads(x) for x in text.splitlines() if x.strip()]
        )
    except ValueError as error:
        fail(f"{file.name} 读不懂（{error}），请用 CSV、JSON 列表或一行一个 JSON")
    for line, row in enumerate(whole, start=1):
        yield line, _with_moment(row) if isinstance(row, dict) else row


def _of_cells(cells: Mapping[str, str | None]) -> dict[str, Any]:
    row: dict[str, Any] = {
        name: cell.strip() for name, cell in cells.items() if name and isinstance(cell, str) and cell.strip()
    }
    if "emergency" in row:
        row["emergency"] = row["emergency"].lower() in ("true", "1", "是", "yes")
    return _with_moment(row)


def _with_moment(row: dict[str, Any]) -> dict[str, Any]:
    """The time of day by which a row may ask is the one at which the order was reported."""
    return row if "at" in row or not row.get("reported_at") else row | {"at": row["reported_at"]}
