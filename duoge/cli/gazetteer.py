"""`duoge gazetteer import FILE`: a district's own tables of addresses, estates and shops into a running system."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress, TaskID

from duoge.cli.client import call, client

app = typer.Typer(help="地名地址库", no_args_is_help=True)
_PIECE = 256 * 1024
_COUNTS = (("new", "新增"), ("changed", "改变"), ("gone", "消失"), ("same", "不变"))


@app.callback()
def group() -> None:
    """导入。"""


@app.command("import")
def import_gazetteer(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="CSV（UTF-8 或 GB18030）、XLSX 或 JSON")],
    crs: Annotated[str | None, typer.Option(help="坐标系 wgs84、gcj02、bd09、cgcs2000")] = None,
    preview: Annotated[bool, typer.Option("--preview", help="只看会怎样，不生效")] = False,
    part: Annotated[bool, typer.Option("--part", help="只换文件里有的名称，其余不动")] = False,
    skip_bad: Annotated[bool, typer.Option("--skip-bad", help="读不懂的行略过并逐行说明，其余生效")] = False,
) -> None:
    """导入地名地址库，换掉原来的；按列名认列。

    认得的列名有 name、kind、lon、lat，和 标准地址、地址、名称、小区名称、道路、门牌号、弄、号、幢、经度、纬度、坐标系、类型、别名、
    曾用名、起号、止号、单双号、终点经度、终点纬度 等。"""
    flags = {"preview": preview, "part": part, "skip_bad": skip_bad}
    parameters = {name: "true" for name, wanted in flags.items() if wanted} | ({"crs": crs} if crs else {})
    parameters["file"] = file.name[-200:]
    raw = file.read_bytes()
    with client(timeout=600) as http, Progress(transient=True, console=Console(stderr=True)) as progress:
        task = progress.add_task("发送", total=len(raw))
        answer = call(
            http,
            "PUT",
            "/grids/v1/gazetteer",
            where=lambda pointer: "",
            params=parameters,
            content=_pieces(raw, progress, task),
            headers={"Content-Type": "application/octet-stream", "Content-Length": str(len(raw))},
        )
    if "report" in answer:
        _tell(answer["report"])
    done = "预览" if preview else "已导入"
    typer.echo(f"{done} {answer['places']} 条，网格版本 {answer['version']}")


def _pieces(raw: bytes, progress: Progress, task: TaskID) -> Iterator[bytes]:
    for at in range(0, len(raw), _PIECE):
        yield raw[at : at + _PIECE]
        progress.advance(task, _PIECE)
    progress.update(task, description="登记", total=None)


def _tell(report: dict[str, Any]) -> None:
    typer.echo("、".join(f"{name} {report[key]}" for key, name in _COUNTS))
    typer.echo("、".join(f"{kind} {count}" for kind, count in report["kinds"].items()))
    if report["columns_unread"]:
        typer.echo(f"没有用到的列：{'、'.join(report['columns_unread'])}")
    _tell_rows("读不懂的行", report["not_understood"], lambda row: row["detail"])
    _tell_rows("重复", report["doubles"], lambda row: f"{row['name']}：第 {'、'.join(map(str, row['lines']))} 行")
    if report["outside"] is not None:
        _tell_rows("落在辖区外", report["outside"], lambda row: f"第 {row['line']} 行 {row['name']}")


def _tell_rows(title: str, found: dict[str, Any], words: Any) -> None:
    if found["count"]:
        typer.echo(f"{title} {found['count']} 处：")
        for row in found["items"]:
            typer.echo(f"  {words(row)}")
