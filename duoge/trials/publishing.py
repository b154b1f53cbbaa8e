"""The rule table and the list of duties between files and a running system."""

from pathlib import Path
from typing import Any

import httpx
import typer

from duoge.cli.client import call, client, fail, refused, unreached
from duoge.trials.tables import RULES, body_of, table_of, write_items

DUTIES = "/dispatch/v1/duties"
_PATHS = {"rules": (RULES, ("xlsx", "csv", "json")), "duties": (DUTIES, ("xlsx", "csv"))}
_MOST_SHOWN = 20


def export(what: str, output: Path, version: int | None) -> None:
    path, forms = _PATHS[what]
    form = output.suffix.lower().removeprefix(".")
    if form not in forms:
        fail(f"认不出要存成什么，请把文件名的后缀写成 {'、'.join(forms)} 之一")
    wanted = {"format": form} | ({} if version is None else {"version": str(version)})
    with client() as http:
        try:
            answer = http.get(f"{path}/file", params=wanted)
        except httpx.HTTPError as error:
            fail(unreached(http, error))
        if answer.status_code >= 400:
            refused(answer)
    output.write_bytes(answer.content)
    typer.echo(f"已存到 {output}")


def publish_rules(file: Path, note: str, base: int | None) -> None:
    with client() as http:
        table = table_of(file, http)
        answer = call(http, "PUT", RULES, json=body_of(table) | {"note": note}, headers=_if_match(base))
    typer.echo(f"第 {answer['version']} 版已生效：{len(answer['rows'])} 行规则，{len(answer['examples'])} 个示例通过")


def publish_duties(file: Path, note: str, base: int | None) -> None:
    with client() as http:
        read = call(http, "POST", f"{DUTIES}/read", content=file.read_bytes())
        answer = call(http, "PUT", DUTIES, json=read | {"note": note}, headers=_if_match(base))
    typer.echo(f"第 {answer['version']} 版职责清单已生效：{len(answer['duties'])} 条")


def simulate_last(rules: Path, last: int, output: Path | None) -> None:
    with client() as http:
        rows = body_of(table_of(rules, http))["rows"]
        tried = call(http, "POST", f"{RULES}/simulate", json={"rows": rows, "last": last})
    items, told = tried["items"], tried["summary"]
    if output is not None:
        write_items(output, items)
    typer.echo(
        f"试派最近 {told['orders']} 件：换主办 {told['moved']} 件，变化共 {told['changed']} 件，"
        f"街道托底 {told['fallback']} 件（现在 {told['fallback_before']} 件）"
    )
    for move in told["moves"]:
        typer.echo(f"  {move['count']:>6}  {move['from_name']} → {move['to_name']}")
    for item in items[:_MOST_SHOWN]:
        typer.echo(_line(item))
    if len(items) > _MOST_SHOWN:
        typer.echo(f"还有 {len(items) - _MOST_SHOWN} 件变化，用 -o 写到文件里看")


def _line(item: dict[str, Any]) -> str:
    return f"{item['case_id']} {item['title']}：{item['before']['lead']} → {item['lead']}。{item['reason']}"


def _if_match(base: int | None) -> dict[str, str]:
    return {} if base is None else {"If-Match": f'"{base}"'}
