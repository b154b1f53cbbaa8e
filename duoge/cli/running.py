"""`duoge up|serve|migrate`: running the system."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from asyncpg import PostgresError
from sqlalchemy.exc import DBAPIError

from services.kit import migrate as histories
from services.kit.settings import KitSettings, load

YEARS = range(2000, 2101)


def add_to(app: typer.Typer) -> None:
    app.command("up")(up)
    app.command("serve")(serve)
    app.command("migrate")(migrate)


def up(
    data: Annotated[Path, typer.Option(help="数据放在哪里")] = Path("data"),
    port: Annotated[int, typer.Option(min=1, max=65535)] = 8000,
    host: Annotated[str, typer.Option(help="监听地址；要让别的机器访问，用 0.0.0.0")] = "127.0.0.1",
    demo: Annotated[bool, typer.Option("--demo", help="装入真如镇演示数据，并让一天的工单流过")] = False,
    dev: Annotated[bool, typer.Option("--dev", help="开发模式：不限流、可拨时钟、可向本机回调")] = False,
    clock: Annotated[str | None, typer.Option(help="业务时钟从此刻开始，如 2026-09-30T16:00:00+08:00")] = None,
) -> None:
    """整个系统跑在一个进程里，自带数据库。"""
    from duoge.running.up import run

    start = None
    if clock is not None:
        try:
            start = datetime.fromisoformat(clock)
        except ValueError:
            start = None
        if start is None or start.tzinfo is None or start.year not in YEARS:
            raise typer.BadParameter(
                "请写成 2026-09-30T16:00:00+08:00 这样带时区的时间，在 2000 到 2100 年之间", param_hint="--clock"
            )
    raise typer.Exit(run(data, host=host, port=port, demo=demo, dev=dev, start=start))


def serve(
    service: Annotated[str, typer.Argument(help="intake、grids、dispatch、notify 或 console")],
    port: Annotated[int, typer.Option(min=1, max=65535)] = 8000,
    host: Annotated[str, typer.Option(help="监听地址")] = "127.0.0.1",
) -> None:
    """只跑一个服务，设置都来自环境变量。"""
    from duoge.running.serve import run

    raise typer.Exit(run(service, host, port))


def migrate(
    service: Annotated[str | None, typer.Argument(help="只迁移这一个服务的表")] = None,
) -> None:
    """把数据库迁移到最新。"""
    if service is not None and service not in histories.HISTORIES:
        raise typer.BadParameter(f"请从 {'、'.join(histories.HISTORIES)} 里选", param_hint="SERVICE")
    url = load(KitSettings).database_url
    for history in [service] if service else histories.HISTORIES:
        typer.echo(f"迁移 {history} …")
        try:
            histories.upgrade(url, history)
        except (OSError, PostgresError, DBAPIError) as error:
            typer.echo(f"迁移没有完成，请检查 DUOGE_DATABASE_URL 和数据库后重新运行：{error}", err=True)
            raise typer.Exit(1) from None
    typer.echo("已是最新")
