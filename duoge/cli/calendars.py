"""`duoge calendar import|show`: a year's holidays and make-up days into a running system."""

import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from duoge.cli.client import call, client, fail
from duoge.cli.tables import read_table

app = typer.Typer(help="工作日历：节假日和调休", no_args_is_help=True)
PATH = "/grids/v1/calendar"
_FROM, _TO, _KIND = ("日期", "date", "从", "from"), ("至", "到", "to", "until"), ("类型", "kind", "安排", "上班")
_WORKED = {
    **dict.fromkeys(("休", "放假", "休息", "节假日", "holiday", "否", "false", "0"), False),
    **dict.fromkeys(("班", "上班", "补班", "调休", "workday", "是", "true", "1"), True),
}
_LONGEST = 60
Days = dict[str, bool]


@app.command("import")
def import_calendar(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="CSV、XLSX 或 JSON")],
    part: Annotated[bool, typer.Option("--part", help="只是几天的变动，这一年的日历不算已全")] = False,
) -> None:
    """文件里有哪些年，就换哪些年；别的年不动。表格的列：日期、至（可空）、类型（休 或 班）。导入后，按暂定日历算的时限自动重算。"""
    found = read(file)
    years = sorted({int(day[:4]) for day in found})
    with client() as http:
        answer = http.get(PATH)
        held = answer.json() if answer.status_code == 200 else call(http, "GET", PATH)
        kept = {day: worked for day, worked in held["days"].items() if part or int(day[:4]) not in years}
        complete = sorted({*held["complete_years"], *([] if part else years)})
        told = call(
            http,
            "PUT",
            PATH,
            json={"days": kept | found, "complete_years": complete},
            headers={"If-Match": answer.headers["etag"]},
        )
    typer.echo(f"已导入 {'、'.join(map(str, years))} 年的 {len(found)} 天，网格版本 {told['version']}")


@app.command("show")
def show() -> None:
    """哪些年的日历已知，自己写了哪些天。"""
    with client() as http:
        held = call(http, "GET", PATH)
    known = sorted({*held["published_years"], *held["complete_years"]})
    typer.echo(f"已知到 {known[-1]} 年；以后的日子先按平日算，标为暂定")
    for day, worked in held["days"].items():
        typer.echo(f"  {day} {'班' if worked else '休'}")


def read(file: Path) -> Days:
    """Ends the command with a sentence for what can't be read, says two things of a day or names no day at all."""
    rows = list(_from_json(file) if file.suffix.lower() == ".json" else _from_table(file))
    days: Days = {}
    for where, day, worked in rows:
        if days.get(str(day), worked) != worked:
            fail(
                f"{where}：{day} 前面已写成{'班' if days[str(day)] else '休'}，这里又写成{'班' if worked else '休'}，请改成一样"
            )
        if str(day) in days:
            fail(f"{where}：{day} 写了两次，请去掉一次")
        days[str(day)] = worked
    if not days:
        fail(f"{file} 里一天也没有")
    return dict(sorted(days.items()))


Row = tuple[str, date, bool]


def _from_json(file: Path) -> Iterator[Row]:
    try:
        told = json.loads(file.read_bytes(), object_pairs_hook=list)
        pairs = next((value for name, value in told if name == "days"), told)
        for day, worked in pairs:
            yield str(day), date.fromisoformat(day), _worked(day, str(worked).lower())
    except (ValueError, TypeError, UnicodeDecodeError) as error:
        fail(f'{file} 读不懂（{error}）：要写成 {{"2027-01-01": false}}，false 是休，true 是班')


def _from_table(file: Path) -> Iterator[Row]:
    table = read_table(file)
    for row, line in zip(table.rows, table.lines, strict=True):
        where = f"第 {line} 行"
        first = _day(where, _cell(row, _FROM))
        last = _day(where, _cell(row, _TO) or str(first))
        if not timedelta(0) <= last - first <= timedelta(days=_LONGEST):
            fail(f"{where}：从 {first} 至 {last} 不对，请核对先后和年份")
        worked = _worked(where, _cell(row, _KIND))
        for number in range((last - first).days + 1):
            yield where, first + timedelta(days=number), worked


def _cell(row: dict[str, Any], names: tuple[str, ...]) -> str:
    return next((str(row[name]) for name in names if row.get(name)), "")


def _day(where: str, told: str) -> date:
    """`2027-01-01`, `2027/1/1` or `2027年1月1日`."""
    parts = told.replace("年", "-").replace("月", "-").replace("日", "").replace("/", "-").replace(".", "-")
    try:
        year, month, day = map(int, parts.partition("T")[0].partition(" ")[0].split("-"))
        return date(year, month, day)
    except ValueError:
        return fail(f"{where}：日期“{told}”读不懂，请写成 2027-01-01")


def _worked(where: str, told: str) -> bool:
    worked = _WORKED.get(told.lower())
    return worked if worked is not None else fail(f"{where}：类型“{told}”要写 休 或 班")
