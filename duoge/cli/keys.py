"""`duoge keys create|list|revoke`."""

from datetime import datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Column, Table

from duoge.cli.client import call, client
from services.kit.clock import SHANGHAI

_WIDE = 200
app = typer.Typer(help="密钥：新建、列出、停用", no_args_is_help=True)


@app.command("create")
def create(
    name: Annotated[str, typer.Option(help="给谁用")],
    role: Annotated[str, typer.Option(help="角色，如 source、duty_desk、department")],
    unit: Annotated[str | None, typer.Option(help="代表哪个单位")] = None,
    source: Annotated[str | None, typer.Option(help="代表哪个外部系统")] = None,
) -> None:
    """新建密钥，只显示这一次。"""
    with client() as http:
        made = call(http, "POST", "/grids/v1/keys", json={"name": name, "role": role, "unit": unit, "source": source})
    typer.echo(made["key"])
    if made.get("webhook_secret"):
        typer.echo(f"回调验签密钥 {made['webhook_secret']}", err=True)


@app.command("list")
def listing() -> None:
    """列出所有密钥（不显示密钥本身）。"""
    # The number is what `revoke` wants: never shortened, however narrow the terminal; the others go on in the next line.
    folded = (Column(name, overflow="fold") for name in ("名称", "角色", "单位", "来源", "建立", "停用"))
    table = Table(Column("编号", no_wrap=True, min_width=36), *folded)
    cursor: str | None = None
    with client() as http:
        while True:
            asked = {"limit": 1000} | ({"cursor": cursor} if cursor else {})
            page = call(http, "GET", "/grids/v1/keys", params=asked)
            for row in page["items"]:
                owner = (row["name"], row["role"], row.get("unit") or "", row.get("source") or "")
                table.add_row(row["id"], *owner, _day(row["created_at"]), _day(row.get("revoked_at")))
            cursor = page["next"]
            if cursor is None:
                break
    console = Console()
    # Into a file or another program a line is a key.
    (console if console.is_terminal else Console(width=_WIDE)).print(table)


@app.command("revoke")
def revoke(key_id: str) -> None:
    """停用密钥，两秒内处处失效。"""
    with client() as http:
        call(http, "DELETE", f"/grids/v1/keys/{key_id}")
    typer.echo("已停用")


def _day(moment: str | None) -> str:
    return datetime.fromisoformat(moment).astimezone(SHANGHAI).date().isoformat() if moment else ""
