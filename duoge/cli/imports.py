"""`duoge grids|units|gazetteer import FILE`: boundaries, units and addresses into a running system."""

import csv
import io
import json
import re
from contextlib import suppress
from dataclasses import dataclass
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
    part: Annotated[bool, typer.Option("--part", help="只换文件里有的网格，其余不动")] = False,
) -> None:
    """导入一个图层的边界，整体生效或整体不生效。"""
    flags = {"preview": preview, "mend": mend, "part": part, "wait": not preview}
    parameters = {name: "true" for name, wanted in flags.items() if wanted} | ({"crs": crs} if crs else {})
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
    """导入单位表（CSV：code,name,level,parent,overlay,guided_by,posted_to,kind,aliases,hours）。"""
    table = _table(file)
    with client() as http, Progress(transient=True) as progress:
        progress.add_task("导入单位", total=None)
        answer = call(http, "PUT", "/grids/v1/units", where=table.where, json=table.rows)
    typer.echo(f"已导入 {len(table.rows)} 个单位，网格版本 {answer['version']}")


@gazetteer.command("import")
def import_gazetteer(
    file: File,
    crs: Annotated[str | None, typer.Option(help="坐标系 wgs84、gcj02、bd09、cgcs2000")] = None,
) -> None:
    """导入地名地址库，换掉原来的（CSV：name,kind,lon,lat,aliases）。"""
    table = _table(file)
    for row in table.rows:
        for axis in ("lon", "lat"):
            with suppress(KeyError, ValueError):  # what is no number is named by the registry, with its line
                row[axis] = float(row[axis])
    with client() as http, Progress(transient=True) as progress:
        progress.add_task("导入地名地址库", total=None)
        answer = call(
            http,
            "PUT",
            "/grids/v1/gazetteer",
            where=table.where,
            json=table.rows,
            params={} if crs is None else {"crs": crs},
        )
    typer.echo(f"已导入 {answer['places']} 条，网格版本 {answer['version']}")


@dataclass(frozen=True)
class _Table:
    """`lines[i]` is the line of the file on which row i ends."""

    rows: list[dict[str, Any]]
    lines: list[int]

    def where(self, pointer: str) -> str:
        """`/12/parent` → `第 14 行 parent`."""
        index, _, column = pointer.removeprefix("/").partition("/")
        if not index.isdecimal() or int(index) >= len(self.lines):
            return pointer
        return f"第 {self.lines[int(index)]} 行 {column}".rstrip()


def _table(file: Path) -> _Table:
    """Blank cells are left out; several aliases stand in one cell, set apart by `、` or `;`."""
    reader = csv.DictReader(io.StringIO(_decoded(file.read_bytes()), newline=""))
    rows: list[dict[str, Any]] = []
    lines: list[int] = []
    for row in reader:
        if None in row:
            fail(f"第 {reader.line_num} 行的格子比表头多，请检查逗号")
        told: dict[str, Any] = {name: value.strip() for name, value in row.items() if value and value.strip()}
        if "aliases" in told:
            told["aliases"] = [alias.strip() for alias in re.split("[、;；|]", told["aliases"]) if alias.strip()]
        rows.append(told)
        lines.append(reader.line_num)
    return _Table(rows, lines)


def _decoded(raw: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return fail("文件既不是 UTF-8 也不是 GB18030 编码，请另存为 UTF-8 的 CSV")
