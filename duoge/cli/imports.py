"""`duoge grids|units|gazetteer import FILE`: boundaries, units and addresses into a running system."""

import csv
import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import Progress

from duoge.cli.client import call, client, fail

grids = typer.Typer(help="网格", no_args_is_help=True)
units = typer.Typer(help="单位", no_args_is_help=True)
gazetteer = typer.Typer(help="地名地址库", no_args_is_help=True)
File = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="文件")]


def add_to(app: typer.Typer) -> None:
    app.add_typer(grids, name="grids")
    app.add_typer(units, name="units")
    app.add_typer(gazetteer, name="gazetteer")


@grids.callback()
@units.callback()
@gazetteer.callback()
def group() -> None:
    """导入。"""


@grids.command("import")
def import_grids(
    file: File,
    overlay: Annotated[str, typer.Option(help="图层，如 police")],
    crs: Annotated[str | None, typer.Option(help="坐标系 wgs84、gcj02、bd09、cgcs2000")] = None,
    preview: Annotated[bool, typer.Option("--preview", help="只看会怎样，不生效")] = False,
    mend: Annotated[bool, typer.Option("--mend", help="坏的环自动修补")] = False,
) -> None:
    """导入一个图层的边界，整体生效或整体不生效。"""
    wanted = {"crs": crs, "preview": preview or None, "mend": mend or None, "wait": None if preview else True}
    parameters = {name: str(value).lower() for name, value in wanted.items() if value is not None}
    with client(timeout=600) as http, Progress(transient=True) as progress:
        progress.add_task(f"导入 {overlay}", total=None)
        answer = call(
            http,
            "PUT",
            f"/grids/v1/overlays/{overlay}",
            params=parameters,
            content=file.read_bytes(),
            headers={"Content-Type": "application/geo+json"},
        )
    typer.echo(json.dumps(answer, ensure_ascii=False, indent=1))


@units.command("import")
def import_units(file: File) -> None:
    """导入单位表（CSV：code,name,level,parent,overlay,guided_by,kind）。"""
    rows = [_without_blanks(row) for row in _csv(file)]
    with client() as http, Progress(transient=True) as progress:
        progress.add_task("导入单位", total=None)
        answer = call(http, "PUT", "/grids/v1/units", json=rows)
    typer.echo(f"已导入 {len(rows)} 个单位，网格版本 {answer['version']}")


@gazetteer.command("import")
def import_gazetteer(file: File) -> None:
    """导入地名地址库（CSV：name,kind,lon,lat）。"""
    rows: list[dict[str, Any]] = []
    for line, row in enumerate(_csv(file), start=2):
        try:
            rows.append(_without_blanks(row) | {"lon": float(row["lon"]), "lat": float(row["lat"])})
        except (KeyError, TypeError, ValueError):
            fail(f"第 {line} 行的 lon、lat 不是数，请改正后重新导入")
    with client() as http, Progress(transient=True) as progress:
        progress.add_task("导入地名地址库", total=None)
        answer = call(http, "PUT", "/grids/v1/gazetteer", json=rows)
    typer.echo(f"已导入 {len(rows)} 条，网格版本 {answer['version']}")


def _csv(file: Path) -> list[dict[str, str]]:
    raw = file.read_bytes()
    try:
        content = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        content = raw.decode("gb18030")
    return list(csv.DictReader(content.splitlines()))


def _without_blanks(row: dict[str, str]) -> dict[str, Any]:
    return {name: value.strip() for name, value in row.items() if name and value and value.strip()}
