"""部件普查表: a municipal inventory of components as CSV or a workbook, in the registry's words."""

import math
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from services.kit.files.bad import BadFile

# Column → how tables call it, the likeliest first: our own words, those of the national standard, of its code list.
COLUMNS: dict[str, tuple[str, ...]] = {
    "code": ("code", "部件标识码", "标识码", "部件编码", "部件代码", "部件编号", "编码", "编号", "ObjID"),
    "kind": (
        "kind",
        "部件类别",
        "部件小类",
        "小类名称",
        "小类",
        "部件类型",
        "部件名称",
        "类别",
        "类型",
        "名称",
        "ObjName",
    ),
    "lon": ("lon", "经度", "lng", "longitude", "X", "X坐标", "横坐标"),
    "lat": ("lat", "纬度", "latitude", "Y", "Y坐标", "纵坐标"),
    "owner": ("owner", "权属单位", "权属单位名称", "产权单位", "权属", "DeptName2", "权属单位代码", "DeptCode2"),
    "state": ("state", "部件状态", "状态", "ObjState"),
    "valid_from": ("valid_from", "初始时间", "启用日期", "生效日期", "建设日期", "ORDate"),
    "valid_to": ("valid_to", "失效日期", "拆除日期", "停用日期"),
    "crs": ("crs", "坐标系"),
}
_DAY = re.compile(r"(\d{4})[/.年](\d{1,2})[/.月](\d{1,2})日?")


def component_rows(rows: Sequence[Mapping[str, Any]]) -> tuple[list[dict[str, Any]], list[str]]:
    """The rows in the registry's words, in their order, and the columns that mean nothing to it. BadFile for a table that
    has no codes or no positions."""
    present = list(dict.fromkeys(name for row in rows for name in row))
    plain = {name.strip().lower(): name for name in present}
    chosen = {
        column: plain[found]
        for column, names in COLUMNS.items()
        if (found := next((name.lower() for name in names if name.lower() in plain), None))
    }
    absent = [COLUMNS[column][1] for column in ("code", "lon", "lat") if column not in chosen]
    if absent:
        raise BadFile(f"表里没有{'、'.join(absent)}这几列，请把表头改成 code、lon、lat 或常用的中文列名")
    read = [{column: _cell(column, row[name]) for column, name in chosen.items() if name in row} for row in rows]
    return read, [name for name in present if name not in chosen.values()]


def _cell(column: str, cell: Any) -> Any:
    """What is no number or no day is left for the registry to name."""
    if column in ("lon", "lat"):
        with suppress(ValueError):
            number = float(cell)
            return number if math.isfinite(number) else cell
    if column in ("valid_from", "valid_to"):
        found = _DAY.fullmatch(cell)
        if found:
            year, month, day = found.groups()
            return f"{year}-{int(month):02}-{int(day):02}"
    return cell
