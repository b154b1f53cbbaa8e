"""`duoge people|rosters import FILE`: who works where, and who is on duty when, into a running system."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from duoge.cli.client import call, client, fail
from duoge.cli.tables import pairs, read_table, several
from duoge.cli.watching import progress
from services.grids.reading.tables import Table

people = typer.Typer(help="人员", no_args_is_help=True)
rosters = typer.Typer(help="值班表", no_args_is_help=True)
File = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="文件")]

_YES = {"是": True, "true": True, "1": True, "否": False, "false": False, "0": False}
_POSTING = re.compile(
    r"(?P<overlay>[a-z0-9_]+)/(?P<grid>[^:：]+)[:：](?P<role>[^@]+)(@(?P<since>[^~]*)~(?P<until>.*))?"
)
_WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAYS: dict[str, tuple[str, ...]] = {
    **{name: (name,) for name in _WEEK},
    **{
        f"{said}{number}": (name,)
        for said in ("周", "星期")
        for number, name in zip("一二三四五六日", _WEEK, strict=True)
    },
    "周天": ("sun",),
    "每天": _WEEK,
    "工作日": _WEEK[:5],
    "周末": _WEEK[5:],
    "节假日": ("holiday",),
    "holiday": ("holiday",),
}
_CLOCK = re.compile(r"(\d{1,2})[:：](\d{2})(:\d{2})?")


def add_to(app: typer.Typer) -> None:
    app.add_typer(people, name="people")
    app.add_typer(rosters, name="rosters")


@people.callback()
@rosters.callback()
def group() -> None:
    """导入。"""


@people.command("import")
def import_people(file: File) -> None:
    """导入人员表（CSV、XLSX：code,name,unit,role,channels,skills,languages,postings,party_member,team）。

    postings 写成 comprehensive/G4:网格长，有起止的 comprehensive/G4:网格长@2026-01-01~2027-01-01，几处用顿号隔开；
    channels 写成 phone:号码;email:地址。姓名和联系方式加密保存。"""
    table = read_table(file)
    for row in table.rows:
        for name in ("skills", "languages"):
            if name in row:
                row[name] = several(row[name])
        if "channels" in row:
            row["channels"] = pairs(row["channels"])
        if "postings" in row:
            row["postings"] = [_posting(told) for told in several(row["postings"])]
        if "party_member" in row:
            row["party_member"] = _YES.get(row["party_member"].lower(), row["party_member"])
    _put("/grids/v1/people", table.rows, table.where, "人员", "个人")


@rosters.command("import")
def import_rosters(file: File) -> None:
    """导入值班表（CSV、XLSX：unit,day,from,to,people，可加 week,starts_on,make_up,valid_from,valid_to），一行一班。

    day 写 mon…sun、周一…周日、每天、工作日、周末、节假日；people 按先后用顿号隔开；几周轮换的写 week 1、2…和 starts_on。"""
    read = read_rosters(read_table(file))
    _put("/grids/v1/rosters", read.bodies, read.where, "值班表", "张值班表")


@dataclass(frozen=True)
class Rosters:
    bodies: list[dict[str, Any]]
    where: Callable[[str], str]


def read_rosters(table: Table) -> Rosters:
    """A roster for each unit and time in force. Ends the command where a row's day or week can't be read."""
    bodies: dict[tuple[str, ...], dict[str, Any]] = {}
    lines: dict[str, int] = {}
    for row, line in zip(table.rows, table.lines, strict=True):
        key = tuple(str(row.get(name, "")) for name in ("unit", "valid_from", "valid_to"))
        body = bodies.setdefault(key, {"weeks": []})
        pointer = f"/{list(bodies).index(key)}"
        for name in ("unit", "valid_from", "valid_to", "starts_on", "make_up"):
            if name in row:
                body[name] = _DAYS.get(row[name], (row[name],))[0] if name == "make_up" else row[name]
                lines.setdefault(f"{pointer}/{name}", line)
        lines.setdefault(pointer, line)
        for part in _placed(body, row, line):
            lines[pointer + part] = line
    return Rosters(list(bodies.values()), lambda pointer: _where(lines, pointer))


def _placed(body: dict[str, Any], row: dict[str, Any], line: int) -> list[str]:
    """Puts the shift where it belongs; JSON pointers of the places."""
    days = _DAYS.get(str(row.get("day", "")).lower())
    week = str(row.get("week", "1"))
    if days is None:
        fail(f"第 {line} 行 day：请写 mon…sun、周一…周日、每天、工作日、周末或节假日")
    if not week.isdecimal() or not 1 <= int(week) <= 53:
        fail(f"第 {line} 行 week：请写第几周，如 1")
    shift = {
        "from": _clock(row.get("from")),
        "to": _clock(row.get("to")),
        "people": several(str(row.get("people", ""))),
    }
    places: list[str] = []
    for day in days:
        if day == "holiday":
            shifts, at = body.setdefault("holiday", []), "/holiday"
        else:
            while len(body["weeks"]) < int(week):
                body["weeks"].append({})
            shifts, at = body["weeks"][int(week) - 1].setdefault(day, []), f"/weeks/{int(week) - 1}/{day}"
        places.append(f"{at}/{len(shifts)}")
        shifts.append(shift)
    if not body["weeks"]:
        body["weeks"].append({})
    return places


def _where(lines: dict[str, int], pointer: str) -> str:
    """By the longest part of the pointer that stands on a line of its own."""
    part = pointer
    while part and part not in lines:
        part = part.rpartition("/")[0]
    return f"第 {lines[part]} 行 {pointer[len(part) :].strip('/')}".rstrip() if part else pointer


def _clock(cell: Any) -> Any:
    """A workbook's `08:00:00` and a hand's `8:00` are both `08:00`."""
    found = _CLOCK.fullmatch(str(cell))
    return f"{int(found[1]):02d}:{found[2]}" if found else cell


def _posting(told: str) -> Any:
    """As the registry takes it; what can't be read stays as it is, to be refused with its line."""
    found = _POSTING.fullmatch(told)
    if found is None:
        return told
    posting = {"overlay": found["overlay"], "grid": found["grid"].strip(), "role": found["role"].strip()}
    dates = {"valid_from": found["since"], "valid_to": found["until"]}
    return posting | {name: value.strip() for name, value in dates.items() if value and value.strip()}


def _put(path: str, rows: list[dict[str, Any]], where: Callable[[str], str], said: str, counted: str) -> None:
    with client() as http, progress() as bar:
        bar.add_task(f"导入{said}", total=None)
        answer = call(http, "PUT", path, where=where, json=rows)
    typer.echo(f"已导入 {len(rows)} {counted}，网格版本 {answer['version']}")
