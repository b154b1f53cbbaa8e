"""Columns that the sender names: under which name a file has what we call code, name, unit, parent, households."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from services.grids.reading.naming import own_names

_TEXTS = ("code", "name", "unit", "parent")
_MOST_NAMED = 60


class NoColumn(Exception):
    """`field` is ours; the message names the columns that there are."""

    def __init__(self, field: str, told: str, there: Sequence[str]) -> None:
        named = "、".join(there[:_MOST_NAMED]) + ("等" if len(there) > _MOST_NAMED else "")
        super().__init__(f"文件里没有“{told}”这一列；有的列是：{named or '一列也没有'}")
        self.field = field


def use_columns(collection: Any, columns: Mapping[str, str]) -> None:
    """Our field → the file's column, which is ours from here on, in place. What readers have told by our name already
    may be asked by either. Raises NoColumn. What is no collection of features is somebody else's to refuse."""
    features = collection.get("features") if isinstance(collection, Mapping) else None
    if not columns or not isinstance(features, list):
        return
    rows = [row for f in features if isinstance(f, Mapping) and isinstance(row := f.get("properties"), dict)]
    there = list(dict.fromkeys(name for row in rows for name in row))
    found = {field: _column(field, told, there) for field, told in columns.items()}
    for row in rows:
        values = {field: _value(field, row.get(column)) for field, column in found.items()}
        for column in found.values():
            row.pop(column, None)
        row.update(values)


def _column(field: str, told: str, there: Iterable[str]) -> str:
    known = list(there)
    ours = next(iter(own_names({told: None})))
    if told in known or ours in known:
        return told if told in known else ours
    raise NoColumn(field, told, known)


def _value(field: str, value: Any) -> Any:
    """Numbers serve as codes and names too; what a table holds as 101.0 was written 101."""
    if field not in _TEXTS or not isinstance(value, int | float) or isinstance(value, bool):
        return value
    return str(int(value)) if isinstance(value, int) or value.is_integer() else str(value)
