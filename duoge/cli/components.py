"""`duoge components import FILE`: a municipal inventory of components (部件普查表) into a running system."""

import math
import re
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress

from duoge.cli.client import call, client, fail
from duoge.cli.tables import read_table
from services.grids.reading.tables import Table

app = typer.Typer(help="部件", no_args_is_help=True)
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


@app.callback()
def group() -> None:
    """导入。"""


@app.command("import")
def import_components(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="文件")],
    crs: Annotated[str | None, typer.Option(help="坐标系 wgs84、gcj02、bd09、cgcs2000")] = None,
    part: Annotated[bool, typer.Option("--part", help="只换文件里有的部件，其余不动")] = False,
    mend: Annotated[bool, typer.Option("--mend", help="不在单位表里的权属单位记成没有权属，并逐个列出")] = False,
) -> None:
    """导入部件普查表，整体生效或整体不生效（CSV、XLSX）。

    列名可以是 code,kind,lon,lat,owner,state,valid_from,valid_to,crs，也可以是普查表常用的中文列名（部件标识码、部件名称、经度、纬度、
    权属单位、部件状态、初始时间……）。类别写国标名称；不写时看 16 位国标编码。"""
    table = read_table(file)
    rows, unused = read_rows(table)
    parameters = {name: "true" for name, wanted in (("part", part), ("mend", mend)) if wanted}
    with client(timeout=600) as http, Progress(transient=True, console=Console(stderr=True)) as progress:
        progress.add_task(f"导入 {len(rows)} 个部件", total=None)
        answer = call(
            http,
            "PUT",
            "/grids/v1/components",
            where=table.where,
            json=rows,
            params=parameters | ({} if crs is None else {"crs": crs}),
        )
    if unused:
        typer.echo(f"没有用到的列：{'、'.join(unused)}", err=True)
    for one in answer["unknown_owners"]:
        typer.echo(f"权属单位“{one['owner']}”不在单位表里，{one['rows']} 个部件记成没有权属", err=True)
    counts = f"新增 {answer['added']}，改 {answer['changed']}，去掉 {answer['removed']}，不变 {answer['unchanged']}"
    typer.echo(f"已导入，{counts}；现有 {answer['components']} 个部件，网格版本 {answer['version']}")


def read_rows(table: Table) -> tuple[list[dict[str, Any]], list[str]]:
    """The rows in the registry's words, in their order, and the columns that mean nothing to it."""
    present = list(dict.fromkeys(name for row in table.rows for name in row))
    plain = {name.strip().lower(): name for name in present}
    chosen = {
        column: plain[found]
        for column, names in COLUMNS.items()
        if (found := next((name.lower() for name in names if name.lower() in plain), None))
    }
    absent = [COLUMNS[column][1] for column in ("code", "lon", "lat") if column not in chosen]
    if absent:
        fail(f"表里没有{'、'.join(absent)}这几列，请把表头改成 code、lon、lat 或常用的中文列名")
    rows = [{column: _cell(column, row[name]) for column, name in chosen.items() if name in row} for row in table.rows]
    return rows, [name for name in present if name not in chosen.values()]


def _cell(column: str, cell: Any) -> Any:
    """What is no number or no day is named by the registry, with its line."""
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
