"""`duoge components import FILE`: a municipal inventory of components (部件普查表) into a running system."""

from pathlib import Path
from typing import Annotated, Any

import typer

from duoge.cli.client import client
from duoge.cli.watching import put_watched

app = typer.Typer(help="部件", no_args_is_help=True)


@app.callback()
def group() -> None:
    """导入。"""


@app.command("import")
def import_components(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="CSV（UTF-8 或 GB18030）、XLSX 或 JSON")],
    crs: Annotated[str | None, typer.Option(help="坐标系 wgs84、gcj02、bd09、cgcs2000")] = None,
    preview: Annotated[bool, typer.Option("--preview", help="只看会怎样，不生效")] = False,
    part: Annotated[bool, typer.Option("--part", help="只换文件里有的部件，其余不动")] = False,
    mend: Annotated[bool, typer.Option("--mend", help="不在单位表里的权属单位记成没有权属，并逐个列出")] = False,
) -> None:
    """导入部件普查表，整体生效或整体不生效（CSV、XLSX）。

    列名可以是 code,kind,lon,lat,owner,state,valid_from,valid_to,crs，也可以是普查表常用的中文列名（部件标识码、部件名称、经度、纬度、
    权属单位、部件状态、初始时间……）。类别写国标名称；不写时看 16 位国标编码。"""
    flags = {"preview": preview, "part": part, "mend": mend}
    parameters = {name: "true" for name, wanted in flags.items() if wanted} | ({"crs": crs} if crs else {})
    parameters["file"] = file.name[-200:]
    with client(timeout=600) as http:
        answer = put_watched(http, "/grids/v1/components", file.read_bytes(), parameters, "导入部件", by_row=True)
    _tell(answer, preview)


def _tell(answer: dict[str, Any], preview: bool) -> None:
    if answer["columns_unread"]:
        typer.echo(f"没有用到的列：{'、'.join(answer['columns_unread'])}", err=True)
    for one in answer["unknown_owners"]:
        typer.echo(f"权属单位“{one['owner']}”不在单位表里，{one['rows']} 个部件记成没有权属", err=True)
    outside = answer["outside"]
    if outside and outside["count"]:
        typer.echo(f"{outside['count']} 个部件落在辖区外，如 {'、'.join(outside['items'][:5])}", err=True)
    counts = f"新增 {answer['added']}，改 {answer['changed']}，去掉 {answer['removed']}，不变 {answer['unchanged']}"
    done, then = ("预览", "生效后有") if preview else ("已导入", "现有")
    typer.echo(f"{done}，{counts}；{then} {answer['components']} 个部件，网格版本 {answer['version']}")
