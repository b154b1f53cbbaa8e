"""`duoge orders import FILE`: a register that a community keeps, into a running system."""

from pathlib import Path
from typing import Annotated, Any

import typer

from duoge.cli.client import call, client, fail
from duoge.cli.watching import put_watched
from services.intake.domain.registers.columns import NAMES
from services.intake.domain.registers.failed import workbook_of

_SHOWN = 20


def add_to(app: typer.Typer) -> None:
    app.command("import")(import_orders)


def import_orders(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="XLSX 或 CSV")],
    preview: Annotated[bool, typer.Option("--preview", help="只看认出了哪些列、会怎样，不导入")] = False,
    channel: Annotated[str, typer.Option(help="行里没写渠道的用它")] = "offline",
    failed: Annotated[Path | None, typer.Option(help="没有导入的行写到这个 XLSX，改好可以再导")] = None,
) -> None:
    """导入登记表（来访登记、民情日记、走访台账、12345 导出的表）。同一个文件再导一次什么也不加。"""
    parameters = {"channel": channel}
    with client(timeout=600) as http:
        if preview:
            headers = {"Content-Type": "application/octet-stream"}
            path = "/intake/v1/imports"
            told = call(
                http, "POST", path, content=file.read_bytes(), params=parameters | {"preview": "true"}, headers=headers
            )
        else:
            told = put_watched(
                http, "/intake/v1/imports", file.read_bytes(), parameters, f"导入 {file.name}", method="POST"
            )
    say(told)
    if failed is not None and not preview:
        _write(failed, told)
    if told["failures"]:
        raise typer.Exit(1)


def say(told: dict[str, Any]) -> None:
    typer.echo(f"工作表 {told['sheet']}，表头在第 {told['header_line']} 行，{told['rows']} 行数据")
    for column in told["columns"]:
        typer.echo(f"  {column['header'] or '（无名）'} → {_called(column['field'])}")
    for one in told["sample"]:
        read = [one.get(field) for field in ("reported_at", "address", "content")]
        typer.echo(f"  例：第 {one['line']} 行 {'，'.join(text for text in read if text)}")
    will = "会新增" if told["preview"] else "新增"
    typer.echo(f"{will} {told['added']} 张，已有 {told['known']} 张，没有导入 {told['failures']} 行")
    for row in told["failed"][:_SHOWN]:
        typer.echo(f"  第 {row['line']} 行：{'；'.join(row['reasons'])}", err=True)


def _called(field: str | None) -> str:
    """As registers mostly call it."""
    if field is None:
        return "（收进 extra 或不管）"
    return NAMES[field][0] if field in NAMES else field


def _write(file: Path, told: dict[str, Any]) -> None:
    headers = [column["header"] for column in told["columns"]]
    try:
        file.write_bytes(workbook_of(headers, [(row["cells"], row["reasons"]) for row in told["failed"]]))
    except OSError as error:
        fail(f"写不了 {file}（{error.strerror}），请换一个位置")
