"""`duoge grids|units import FILE`: boundaries and units into a running system."""

import json
from pathlib import Path
from typing import Annotated
from urllib.parse import quote

import typer

from duoge.cli import components, gazetteer, people
from duoge.cli.borders import read_borders
from duoge.cli.client import call, client
from duoge.cli.tables import pairs, read_table, several
from duoge.cli.watching import progress, put_watched

grids = typer.Typer(help="网格", no_args_is_help=True)
units = typer.Typer(help="单位", no_args_is_help=True)
File = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="文件")]


def add_to(app: typer.Typer) -> None:
    app.add_typer(grids, name="grids")
    app.add_typer(units, name="units")
    app.add_typer(gazetteer.app, name="gazetteer")
    app.add_typer(components.app, name="components")
    people.add_to(app)


@grids.callback()
@units.callback()
def group() -> None:
    """导入。"""


@grids.command("import")
def import_grids(
    file: File,
    overlay: Annotated[str, typer.Option(help="图层，如 police")],
    crs: Annotated[str | None, typer.Option(help="坐标系 wgs84、gcj02、bd09、cgcs2000 或 EPSG:4549")] = None,
    preview: Annotated[bool, typer.Option("--preview", help="只看会怎样，不生效")] = False,
    mend: Annotated[bool, typer.Option("--mend", help="坏的环自动修补")] = False,
    part: Annotated[bool, typer.Option("--part", help="只换文件里有的网格，其余不动")] = False,
    code: Annotated[str | None, typer.Option("--code-field", help="文件里哪一列是编码，如 BoroCD")] = None,
    name: Annotated[str | None, typer.Option("--name-field", help="哪一列是名称")] = None,
    unit: Annotated[str | None, typer.Option("--unit-field", help="哪一列是单位")] = None,
    parent: Annotated[str | None, typer.Option("--parent-field", help="哪一列是上级网格")] = None,
    households: Annotated[str | None, typer.Option("--households-field", help="哪一列是户数")] = None,
) -> None:
    """导入一个图层的边界，整体生效或整体不生效：GeoJSON、Shapefile、GeoPackage、有 wkt 列的 CSV、XLSX、地图网站的数组。"""
    columns = {"code": code, "name": name, "unit": unit, "parent": parent, "households": households}
    flags = {"preview": preview, "mend": mend, "part": part, "wait": not preview}
    parameters = {name: "true" for name, wanted in flags.items() if wanted} | ({"crs": crs} if crs else {})
    parameters |= {field: column for field, column in columns.items() if column}
    parameters["file"] = file.name[-200:]
    with client(timeout=600) as http:
        path = f"/grids/v1/overlays/{quote(overlay, safe='')}"
        answer = put_watched(http, path, read_borders(file), parameters, f"导入 {overlay}")
    typer.echo(json.dumps(answer, ensure_ascii=False, indent=1))


@units.command("import")
def import_units(file: File) -> None:
    """导入单位表（CSV、XLSX：code,name,level,parent,guided_by,posted_to,overlay,kind,aliases,hours,channels,
    valid_from,valid_to）。

    没有写 valid_from 的改动从现在起；写了的从那天起，一个单位可以有几行，起止日期不相交。channels 写成 sms:号码;email:地址，或 JSON；aliases 用顿号隔开。"""
    table = read_table(file)
    for row in table.rows:
        if "aliases" in row:
            row["aliases"] = several(row["aliases"])
        if "channels" in row:
            row["channels"] = pairs(row["channels"])
    with client() as http, progress() as shown:
        shown.add_task("导入单位", total=None)
        answer = call(http, "PUT", "/grids/v1/units", where=table.where, json=table.rows)
    typer.echo(f"已导入 {len(table.rows)} 个单位，网格版本 {answer['version']}")
