"""`duoge orders reconcile FILE --source S`: a source's list of a day beside ours."""

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from duoge.cli.client import call, client

_ACTIONS = {
    "post_again": "来源重报",
    "tell_again": "重告现状",
    "withdraw": "来源撤回",
    "accept_return": "来源确认收回",
    "give_feedback": "来源报回访结果",
    "ask": "双方核对",
}


def add_to(app: typer.Typer) -> None:
    app.command("reconcile")(reconcile)


def reconcile(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="来源的清单：JSON、NDJSON、CSV 或 XLSX")],
    source: Annotated[str, typer.Option(help="哪个来源")],
    day: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="哪一天收的工单；不填是昨天")] = None,
    mend: Annotated[bool, typer.Option("--mend", help="该我们做的（重告现状）现在就做")] = False,
) -> None:
    """和来源对账：逐件说哪里不一样、怎样补上。还有差异时以状态 2 结束。"""
    wanted = {"source": source} | ({"day": day.date().isoformat()} if day else {})
    with client() as http:
        found = call(http, "POST", "/intake/v1/reconciliations", params=wanted, content=file.read_bytes())
        differences: list[dict[str, Any]] = found["differences"]
        for one in differences:
            wants = one["call"]
            typer.echo(
                f"{one['external_id']}  {one['said']}（{_ACTIONS[one['action']]}：{wants['method']} {wants['path']}）"
            )
            if mend and one["action"] == "tell_again":
                call(http, wants["method"], wants["path"])
                typer.echo("  已重告")
    typer.echo(f"{found['day']} 我们 {found['ours']} 件，来源 {found['theirs']} 件，不一样 {len(differences)} 处")
    if differences:
        raise typer.Exit(2)
