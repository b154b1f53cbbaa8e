"""What `duoge rules` and `duoge simulate` do. With a key the running system judges, by its own grids, units and table in
force; without one, or with a folder, the files do (the Zhenru demo's unless said)."""

import csv
import json
import os
from pathlib import Path
from typing import Any

import httpx
import typer
from rich.console import Console
from rich.table import Table

from duoge.cli.client import call, client, fail
from duoge.trials.askings import read_askings
from duoge.trials.folder import DEMO, fabric_of
from services.dispatch.domain.routing.asking import Asking
from services.dispatch.domain.routing.columns import Names
from services.dispatch.domain.routing.files import SPREADSHEETS, read_file
from services.dispatch.domain.routing.overlaps import warnings
from services.dispatch.domain.routing.row import Row
from services.dispatch.domain.routing.table import DEFAULT, BadTable, RuleTable, built_in, table_from
from services.dispatch.domain.routing.trial import as_item, simulate, summary
from services.dispatch.domain.routing.vocabulary import Vocabulary
from services.dispatch.usecases.rules import judge
from services.fabric.profile import FOLDER
from services.fabric.snapshot import Fabric
from services.kit.clock import SystemClock

RULES = "/dispatch/v1/rules"
_BATCH = 1000
_MOST_SHOWN = 20
_COLUMNS = (
    "index",
    "case_id",
    "title",
    "concern",
    "lead",
    "lead_name",
    "assists",
    "class",
    "rule",
    "fallback",
    "changed",
    "reason",
    "problem",
)


def check_file(file: Path, data: Path | None, profile: Path | None) -> None:
    """Ends the command with status 1 where there is anything to mend."""
    if asks_system(data):
        with client() as http:
            table = table_of(file, http)
            judged = call(http, "POST", f"{RULES}/check", json=body_of(table))
        found, known = judged["faults"], judged["warnings"]
    else:
        fabric, now = _fabric(data, profile), SystemClock().now()
        table = table_of(file, None, Vocabulary(fabric).names())
        found = [{"pointer": fault.pointer, "detail": fault.detail} for fault in judge(table, fabric, now)]
        known = [] if found else [{"pointer": at, "detail": said} for at, said in warnings(table, fabric, now)]
    for fault in found:
        typer.echo(f"{fault['pointer']}  {fault['detail']}")
    if found:
        fail(f"规则表有 {len(found)} 处要改，改好后再检查一次")
    for one in known:
        typer.echo(f"请知道：{one['detail']}", err=True)
    typer.echo(f"规则表没有问题：{len(table)} 行，{len(table.examples)} 个示例全部通过")


def show(file: Path | None, as_json: bool) -> None:
    if file is not None:
        table = table_of(file)
    elif asks_system(None):
        with client() as http:
            answer = call(http, "GET", RULES)
        table = table_from(answer, answer["version"])
    else:
        table = built_in(_city())
    if as_json:
        typer.echo(json.dumps(body_of(table), ensure_ascii=False, indent=1))
        return
    printed = Table(title=f"派单规则 第 {table.version} 版" if table.version else str(file))
    for title in ("优先级", "编号", "条件", "主办", "协办", "其他", "依据"):
        printed.add_column(title, overflow="fold")
    for row in table.rows:
        printed.add_row(*_cells(row))
    screen = Console()
    (screen if screen.is_terminal else Console(width=200)).print(printed)


def simulate_file(orders: Path, rules: Path, output: Path | None, data: Path | None, profile: Path | None) -> None:
    asked = list(read_askings(orders))
    if asks_system(data):
        items = _tried_by_system(rules, asked)
    else:
        fabric = _fabric(data, profile)
        table = table_of(rules, None, Vocabulary(fabric).names())
        outcomes = simulate(fabric, table, built_in(fabric.profile.name), asked, SystemClock().now())
        items = [as_item(fabric, place, outcome) for place, outcome in enumerate(outcomes)]
    if output is not None:
        write_items(output, items)
    _tell(items)


def _fabric(data: Path | None, profile: Path | None) -> Fabric:
    return fabric_of(data or DEMO, profile or FOLDER / f"{_city()}.toml")


def _tried_by_system(rules: Path, asked: list[Asking]) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    with client() as http:
        rows = body_of(table_of(rules, http))["rows"]
        for start in range(0, len(asked), _BATCH):
            batch = [one.model_dump(mode="json", exclude_none=True) for one in asked[start : start + _BATCH]]
            answer = call(http, "POST", f"{RULES}/simulate", json={"rows": rows, "orders": batch})
            items += [item | {"index": item["index"] + start} for item in answer["items"]]
    return items


def _tell(items: list[dict[str, Any]]) -> None:
    told = summary(items)
    names = {item["lead"]: item["lead_name"] for item in items if "problem" not in item}
    typer.echo(
        f"试派 {told['orders']} 件：变化 {told['changed']} 件，街道托底 {told['fallback']} 件，读不懂 {told['unreadable']} 件"
    )
    for lead, count in told["leads"].items():
        typer.echo(f"  {count:>6}  {names[lead]}（{lead}）")
    changed = [item for item in items if item.get("changed")]
    for item in changed[:_MOST_SHOWN]:
        typer.echo(f"第 {item['index'] + 1} 件：{item['before']['lead']} → {item['lead']}。{item['reason']}")
    if len(changed) > _MOST_SHOWN:
        typer.echo(f"还有 {len(changed) - _MOST_SHOWN} 件变化，用 -o 写到文件里看")
    for item in [item for item in items if "problem" in item][:_MOST_SHOWN]:
        typer.echo(f"第 {item['index'] + 1} 件读不懂：{item['problem']}", err=True)


def _city() -> str:
    return os.environ.get("DUOGE_PROFILE") or DEFAULT


def asks_system(data: Path | None) -> bool:
    return data is None and bool(os.environ.get("DUOGE_API_KEY") or os.environ.get("DUOGE_ADMIN_KEY"))


def table_of(file: Path, http: httpx.Client | None = None, names: Names | None = None) -> RuleTable:
    """What a spreadsheet's cells call by name the running system knows, or `names`."""
    content = file.read_bytes()
    if http is not None and file.suffix.lower() in SPREADSHEETS:
        return table_from(call(http, "POST", f"{RULES}/read", params={"name": file.name}, content=content), 0)
    try:
        return read_file(content, file.name, 0, names)
    except BadTable as error:
        for fault in error.faults:
            typer.echo(fault, err=True)
        fail(f"{file} 不是规则表，请按上面逐条改正")


def body_of(table: RuleTable) -> dict[str, Any]:
    return {name: value for name, value in table.as_json().items() if name != "version"}


def _cells(row: Row) -> tuple[str, ...]:
    when = row.as_json().get("when", {})
    asked = [f"{name}={'、'.join(value) if isinstance(value, list) else value}" for name, value in when.items()]
    results = {"class": row.case_class, "level": row.level, "clocks": row.clocks, "whistle": row.whistle}
    others = [f"{name}={value}" for name, value in results.items() if value]
    cells = (str(row.priority), row.id, asked or ["都算"], row.lead, row.assists, others, row.ground)
    return tuple(cell if isinstance(cell, str) else "\n".join(cell) for cell in cells)


def write_items(file: Path, items: list[dict[str, Any]]) -> None:
    with file.open("w", encoding="utf-8-sig", newline="") as lines:
        writer = csv.DictWriter(lines, _COLUMNS, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(item | {"assists": "、".join(item.get("assists", []))} for item in items)
