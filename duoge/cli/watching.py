"""An import that tells how far it is: the registry's events on one side, a progress bar on the other."""

import json
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import httpx
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from duoge.cli.client import fail, refused, unreached

_STEPS = {
    "reading": "读文件",
    "checking": "逐个检查",
    "moving": "换算坐标",
    "weighing": "比较前后",
    "writing": "写入",
    "publishing": "发布",
    "waiting": "等待",
}


class Event(NamedTuple):
    name: str
    data: dict[str, Any]


def put_watched(
    http: httpx.Client,
    path: str,
    content: bytes,
    params: dict[str, str],
    title: str,
    method: str = "PUT",
    by_row: bool = False,
) -> dict[str, Any]:
    """The answer's JSON; a problem is printed with each place it names, and ends the command with status 1. `by_row`: what
    is wrong names its row itself."""
    headers = {"Content-Type": "application/octet-stream", "Accept": "text/event-stream"}
    with progress() as shown:
        task = shown.add_task(f"{title} 上传", total=None)
        try:
            with http.stream(method, path, content=content, params=params, headers=headers) as answer:
                if answer.status_code >= 400:
                    answer.read()
                    refused(answer)
                for event in _events(answer.iter_lines()):
                    if event.name == "answer":
                        return event.data
                    if event.name == "problem":
                        shown.stop()
                        _tell(event.data, (lambda pointer: "") if by_row else str)
                    step = _STEPS.get(event.data.get("step", ""), "")
                    total = event.data["of"] if event.data.get("of", 0) > 1 else None
                    shown.update(task, description=f"{title} {step}", completed=event.data.get("done", 0), total=total)
        except httpx.ConnectError as error:
            fail(unreached(http, error))
        except httpx.HTTPError as error:
            fail(f"和 {http.base_url} 的连接断了（{error}）；导入可能仍在进行；请稍后再导一次，已经导入的不会重复")
    return fail("服务没有给出结果就断开了；请稍后再导一次，已经导入的不会重复")


def progress() -> Progress:
    """On the other stream, so that what is printed can be read by a program."""
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    return Progress(*columns, transient=True, console=Console(stderr=True))


def _events(lines: Iterator[str]) -> Iterator[Event]:
    name = ""
    for line in lines:
        field, _, value = line.partition(": ")
        if field == "event":
            name = value
        elif field == "data":
            yield Event(name, json.loads(value))


def _tell(problem: dict[str, Any], where: Callable[[str], str]) -> None:
    refused(httpx.Response(int(problem.get("status", 500)), json=problem), where)
