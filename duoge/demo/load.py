"""The Zhenru data and the keys to try it with, put in through the API as an operator would."""

import csv
import json
from collections.abc import Callable
from importlib.resources import files
from typing import Any

import httpx

_OVERLAYS = {
    "comprehensive": "综合网格",
    "micro": "微网格",
    "community": "居民区",
    "party": "党建网格",
    "police": "警务责任区",
    "duty": "责任网格",
    "market": "市场监管网格",
    "fire": "消防网格",
    "mediation": "诉调对接网格",
}
_KEYS: dict[str, dict[str, str]] = {
    "街道城运中心（派单台）": {"name": "演示·城运中心", "role": "duty_desk", "unit": "ZR-OPS"},
    "区城运中心（督办）": {"name": "演示·区城运中心", "role": "supervisor", "unit": "QP"},
    "兰溪综合网格网格长": {"name": "演示·兰溪网格长", "role": "grid_chief", "unit": "ZR-G4"},
    "真如派出所": {"name": "演示·真如派出所", "role": "department", "unit": "ZR-POLICE"},
    "兰溪居民区": {"name": "演示·兰溪居民区", "role": "community", "unit": "ZR-C17"},
    "12345 热线（来源系统）": {"name": "演示·12345", "role": "source", "source": "demo-12345"},
}


async def load_zhenru(http: httpx.AsyncClient, say: Callable[[str], None], last_waits: bool = True) -> None:
    """Nothing is sent twice: what the registry already lists is left as it is. `last_waits`: until every service holds
    the whole of it."""
    folder = files("duoge.demo") / "zhenru"
    held = {row["overlay"] for row in (await _call(http, "GET", "/grids/v1/overlays"))["items"]}
    if set(_OVERLAYS) <= held:
        return
    say("  装入单位 …")
    await _call(http, "PUT", "/grids/v1/units", json=_rows((folder / "units.csv").read_text("utf-8")))
    say("  装入地名地址库 …")
    places = [
        row | {"lon": float(row["lon"]), "lat": float(row["lat"])}
        for row in _rows((folder / "gazetteer.csv").read_text("utf-8"))
    ]
    await _call(http, "PUT", "/grids/v1/gazetteer", json=places)
    say("  装入部件 …")
    await _call(http, "PUT", "/grids/v1/components", json=_components((folder / "components.csv").read_text("utf-8")))
    for number, (overlay, chinese) in enumerate(_OVERLAYS.items(), start=1):
        say(f"  装入图层 {number}/{len(_OVERLAYS)} {chinese} …")
        body = (folder / f"{overlay}.geojson").read_bytes()
        last = {"wait": "true"} if last_waits and number == len(_OVERLAYS) else {}
        await _call(http, "PUT", f"/grids/v1/overlays/{overlay}", content=body, params=last)


async def make_keys(http: httpx.AsyncClient) -> dict[str, str]:
    return {title: (await _call(http, "POST", "/grids/v1/keys", json=wanted))["key"] for title, wanted in _KEYS.items()}


async def _call(http: httpx.AsyncClient, method: str, path: str, **arguments: Any) -> Any:
    answer = await http.request(method, path, **arguments)
    if answer.status_code >= 400:
        raise RuntimeError(
            f"{method} {path}: {answer.status_code} {json.dumps(answer.json(), ensure_ascii=False)[:800]}"
        )
    return answer.json()


def _components(table: str) -> list[dict[str, Any]]:
    """Without the note on each that it is made up."""
    return [
        {name: float(value) if name in ("lon", "lat") else value for name, value in row.items() if name != "note"}
        for row in _rows(table)
    ]


def _rows(table: str) -> list[dict[str, Any]]:
    return [{name: value for name, value in row.items() if value} for row in csv.DictReader(table.splitlines())]
