"""`duoge privacy rotate|status`: under which keys personal data rest."""

import time
from typing import Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Table

from duoge.cli.client import call, client, fail

app = typer.Typer(help="个人信息的钥匙：换钥匙、查看还有多少行在旧钥匙下", no_args_is_help=True)
_PAUSE = 1.0


@app.command("status")
def status() -> None:
    """每把钥匙还管着多少行；待换的到 0，才可以从 DUOGE_INTAKE_KEYS 里拿掉旧的。"""
    with client() as http:
        known = call(http, "GET", "/intake/v1/privacy/keys")
    table = Table("钥匙", "行数", "")
    for key_id in sorted({*known["held"], *known["rows"]}):
        table.add_row(key_id, str(known["rows"].get(key_id, 0)), _said(known, key_id))
    Console().print(table)
    typer.echo(f"待换 {known['left']} 行")
    if known["missing"]:
        fail(f"缺钥匙 {'、'.join(known['missing'])}，请在 DUOGE_INTAKE_KEYS 里补上后重启")


@app.command("rotate")
def rotate() -> None:
    """把旧钥匙加密的内容换成当前这把，做完为止；中断了再运行一次就接着做。"""
    with (
        client() as http,
        Progress(TextColumn("换钥匙"), BarColumn(), TextColumn("{task.completed}/{task.total}")) as bar,
    ):
        known = call(http, "POST", "/intake/v1/privacy/rotate")
        if known["missing"]:
            fail(f"缺钥匙 {'、'.join(known['missing'])}，请在 DUOGE_INTAKE_KEYS 里补上后重启")
        total, task = known["left"], bar.add_task("", total=known["left"])
        left = total
        while left:
            time.sleep(_PAUSE)
            before, left = left, call(http, "GET", "/intake/v1/privacy/keys")["left"]
            bar.update(task, completed=max(total - left, 0))
            if left >= before:
                call(http, "POST", "/intake/v1/privacy/rotate")
    typer.echo(f"已全部换成 {known['current']}")


def _said(known: dict[str, Any], key_id: str) -> str:
    if key_id == known["current"]:
        return "现在用来加密"
    return "缺" if key_id in known["missing"] else "可以拿掉" if not known["rows"].get(key_id) else "待换"
