"""`duoge audit verify`: the record of all cases looked through, and every fault named."""

import json
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from duoge.cli.client import call, client, fail, refused

app = typer.Typer(help="案卷：核对、封存；自查的规则", no_args_is_help=True)
_VERIFY = "/dispatch/v1/audit/verify"
_SERVICES = ("grids", "intake", "dispatch", "notify", "console")


@app.command("verify")
def verify(
    checkpoints: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="另外保存的检查点文件，连同它一起核对")
    ] = None,
) -> None:
    """核对全部案卷：逐处说哪个案件、第几条。有问题时以状态 1 结束。"""
    end: dict[str, Any] | None = None
    with (
        client(timeout=600) as http,
        Progress(
            TextColumn("核对"),
            BarColumn(),
            TextColumn("{task.completed}/{task.total} 个案卷"),
            console=Console(stderr=True),
        ) as bar,
    ):
        task = bar.add_task("", total=None)
        method, content = ("GET", None) if checkpoints is None else ("POST", checkpoints.read_bytes())
        try:
            with http.stream(method, _VERIFY, content=content) as answer:
                if answer.status_code != 200:
                    answer.read()
                    refused(answer)
                for line in answer.iter_lines():
                    told = json.loads(line)
                    if "fault" in told:
                        typer.echo(_said(told["fault"]))
                    elif "note" in told:
                        typer.echo(told["note"], err=True)
                    elif "progress" in told:
                        bar.update(task, completed=told["progress"]["subjects"], total=told["progress"]["of"])
                    else:
                        end = told
        except httpx.HTTPError as error:
            fail(f"没有核对完（{error}），请看系统是否正常后再来一遍")
    if end is None:
        fail("没有核对完，请看系统日志后再来一遍")
    typer.echo(
        f"案卷 {end['subjects']} 个，记录 {end['entries']} 条，检查点 {end['checkpoints']} 个，"
        f"另存的检查点 {end['outside']} 个：{'完好' if end['ok'] else str(end['faults']) + ' 处问题'}"
    )
    if not end["ok"]:
        raise typer.Exit(1)


@app.command("seal")
def seal() -> None:
    """现在就封存一次。"""
    with client() as http:
        made = call(http, "POST", "/dispatch/v1/audit/checkpoints")
    typer.echo(f"检查点 {made['number']}  {made['hash'] or '还没有记录'}")


@app.command("findings")
def findings() -> None:
    """各服务自查出的问题。有的时候以状态 1 结束。"""
    broken = 0
    with client() as http:
        for service in _SERVICES:
            for held in call(http, "GET", f"/{service}/v1/audit/findings")["items"]:
                typer.echo(f"{service:<9} {'好' if held['holds'] else '不好'}  {held['sentence']}")
                broken += not held["holds"]
                for one in held["found"]:
                    typer.echo(f"    {one['said']}（从 {one['since']}）")
    if broken:
        raise typer.Exit(1)


def _said(fault: dict[str, Any]) -> str:
    where = fault["subject"] if fault["sequence"] is None else f"{fault['subject']} 第 {fault['sequence']} 条"
    return f"{where}  {fault['said']}（{fault['kind']}）"
