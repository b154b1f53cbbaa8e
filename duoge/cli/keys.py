"""`duoge keys create|list|revoke`."""

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from duoge.cli.client import call, client

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
    table = Table("编号", "名称", "角色", "单位", "来源", "建立", "停用")
    with client() as http:
        for row in call(http, "GET", "/grids/v1/keys", params={"limit": 1000})["items"]:
            table.add_row(
                row["id"],
                row["name"],
                row["role"],
                row.get("unit") or "",
                row.get("source") or "",
                row["created_at"],
                row.get("revoked_at") or "",
            )
    Console().print(table)


@app.command("revoke")
def revoke(key_id: str) -> None:
    """停用密钥，两秒内处处失效。"""
    with client() as http:
        call(http, "DELETE", f"/grids/v1/keys/{key_id}")
    typer.echo("已停用")
