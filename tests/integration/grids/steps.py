"""What the tests of the registry do again and again."""

import csv
from collections.abc import Mapping
from typing import Any

import httpx

from services.kit.bus.port import Bus, Record
from services.kit.contracts.topics import GRIDS
from tests.harness.zhenru import DATA, OVERLAYS


def square(west: float, south: float, side: float = 0.01) -> dict[str, Any]:
    east, north = west + side, south + side
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


def feature(code: str, geometry: Mapping[str, Any], **properties: Any) -> dict[str, Any]:
    told = {"code": code, "name": f"网格{code}", "unit": None, **properties}
    return {"type": "Feature", "properties": told, "geometry": geometry}


def collection(*features: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": list(features)}


def rows(name: str) -> list[dict[str, Any]]:
    with (DATA / name).open(encoding="utf-8") as file:
        return [{key: value for key, value in row.items() if value} for row in csv.DictReader(file)]


async def put(http: httpx.AsyncClient, path: str, body: Any, **parameters: Any) -> dict[str, Any]:
    answer = await http.put(f"/grids/v1/{path}", json=body, params=parameters)
    assert answer.status_code < 300, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def get(http: httpx.AsyncClient, path: str, **parameters: Any) -> dict[str, Any]:
    answer = await http.get(f"/grids/v1/{path}", params=parameters)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def load_zhenru(http: httpx.AsyncClient) -> dict[str, dict[str, Any]]:
    """Everything through the API; the answer to each overlay."""
    await put(http, "units", rows("units.csv"))
    places = [row | {"lon": float(row["lon"]), "lat": float(row["lat"])} for row in rows("gazetteer.csv")]
    await put(http, "gazetteer", places)
    answers: dict[str, dict[str, Any]] = {}
    for overlay in OVERLAYS:
        answer = await http.put(f"/grids/v1/overlays/{overlay}", content=(DATA / f"{overlay}.geojson").read_bytes())
        assert answer.status_code == 200, answer.text
        answers[overlay] = answer.json()
    return answers


async def topic(bus: Bus) -> list[Record]:
    """Every record of `duoge.grids`, in order."""
    reader = await bus.read_all(GRIDS.name)
    found: list[Record] = []
    while True:
        found += await reader.poll(0)
        if await reader.caught_up():
            await reader.stop()
            return found
