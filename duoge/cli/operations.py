"""`duoge tail|dlq|replay|doctor`: looking after a running system."""

import json
import time
from typing import Annotated, Any

import typer

from duoge.cli.client import call, client, fail

dlq = typer.Typer(help="停放的事件：列出、查看、重试", no_args_is_help=True)
CONSUMING = ("intake", "dispatch", "notify", "console")


def add_to(app: typer.Typer) -> None:
    app.add_typer(dlq, name="dlq")
    app.command("tail")(tail)
    app.command("replay")(replay)
    app.command("doctor")(doctor)


def tail(unit: str, after: Annotated[str | None, typer.Option(help="从哪个位置之后")] = None) -> None:
    """像订阅者那样跟着看一个单位的事件。"""
    with client() as http:
        while True:
            parameters: dict[str, Any] = {"wait": 30} | ({"after": after} if after else {})
            page = call(http, "GET", f"/notify/v1/units/{unit}/events", params=parameters)
            for event in page["items"]:
                typer.echo(json.dumps(event, ensure_ascii=False))
            after = page["next"] or after


@dlq.command("list")
def list_parked() -> None:
    """列出各服务停放的事件。"""
    with client() as http:
        for service in CONSUMING:
            for row in call(http, "GET", f"/{service}/v1/parked")["items"]:
                typer.echo(
                    f"{service}  {row['id']}  {row['topic']}  {row['key']}  {row['type']}  {row['error'] or '在后面等'}"
                )


@dlq.command("show")
def show(service: str, key: str) -> None:
    """查看一个键下停放的事件。"""
    with client() as http:
        rows = [row for row in call(http, "GET", f"/{service}/v1/parked")["items"] if row["key"] == key]
    if not rows:
        fail("没有停放着的这个键，请先用 duoge dlq list 查看")
    typer.echo(json.dumps(rows, ensure_ascii=False, indent=1))


@dlq.command("retry")
def retry(service: str, topic: str, key: str) -> None:
    """修好原因以后，按原来的顺序重新处理。"""
    with client() as http:
        done = call(http, "POST", f"/{service}/v1/parked/retry", params={"topic": topic, "key": key})
    typer.echo(f"已重新处理 {done['retried']} 个")


def replay(to: Annotated[str, typer.Option("--to", help="哪个服务的读模型")]) -> None:
    """从事件重建读模型，不向任何人发送。"""
    if to != "console":
        fail("只有 console 是读模型，请用 --to console")
    with client() as http:
        call(http, "POST", "/console/v1/rebuild")
    typer.echo("已开始重建，进度见 duoge doctor")


def doctor() -> None:
    """逐个服务说好不好、哪里不好。"""
    ill = False
    with client(timeout=10) as http:
        for service in ("", "grids", "intake", "dispatch", "notify", "console"):
            started = time.perf_counter()
            answer = http.get(f"/{service}/readyz" if service else "/readyz")
            took = (time.perf_counter() - started) * 1000
            said = answer.json()
            ill = ill or answer.status_code != 200
            mark = "好" if answer.status_code == 200 else "不好"
            typer.echo(f"{service or '整体':<10} {mark}  {took:.0f} ms  {json.dumps(said, ensure_ascii=False)}")
    if ill:
        raise typer.Exit(1)
