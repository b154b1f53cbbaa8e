"""The commands that talk to a running system: DUOGE_URL and DUOGE_API_KEY from the environment."""

import os
from collections.abc import Callable
from typing import Any, NoReturn

import httpx
import typer


def client(timeout: float = 120.0) -> httpx.Client:
    url = os.environ.get("DUOGE_URL", "http://127.0.0.1:8000")
    key = os.environ.get("DUOGE_API_KEY") or os.environ.get("DUOGE_ADMIN_KEY")
    if not key:
        fail("请先设环境变量 DUOGE_API_KEY（duoge up 启动时会说管理员密钥在哪里）")
    return httpx.Client(base_url=url, timeout=timeout, headers={"Authorization": f"Bearer {key}"}, trust_env=False)


def call(http: httpx.Client, method: str, path: str, where: Callable[[str], str] = str, **arguments: Any) -> Any:
    """The answer's JSON; any problem is printed with each place it names, and ends the command with status 1. `where`
    says in the file's own words what a JSON pointer points at."""
    try:
        answer = http.request(method, path, **arguments)
    except httpx.HTTPError as error:
        fail(unreached(http, error))
    if answer.status_code >= 400:
        refused(answer, where)
    return answer.json() if answer.content else None


def unreached(http: httpx.Client, error: Exception) -> str:
    return f"连不上 {http.base_url}（{error}），请确认系统已启动、DUOGE_URL 正确"


def refused(answer: httpx.Response, where: Callable[[str], str] = str) -> NoReturn:
    """A problem, with each place that it names."""
    is_json = "json" in answer.headers.get("content-type", "")
    told: dict[str, Any] = answer.json() if is_json else {"detail": answer.text[:500]}
    for place in told.get("errors", []):
        typer.echo(f"  {where(place.get('pointer', ''))}  {place.get('detail', '')}", err=True)
    fail(f"{answer.status_code} {told.get('detail', '')}")


def fail(sentence: str) -> NoReturn:
    typer.echo(sentence, err=True)
    raise typer.Exit(1)
