"""What a preview foretells of open cases is what dispatch does with them; a case that bounces puts its place on record."""

import random
from typing import Any

import httpx
import pytest
import shapely

from tests.harness.whole import System, system
from tests.harness.zhenru import editions

WEST, EAST = "DU3", "DU5"
UNITS = {WEST: "ZR-DUTY-3", EAST: "ZR-DUTY-5"}
ORDERS = 60
DICE = random.Random(11)
GROUND = shapely.union_all([edition.geometry for edition in editions("duty") if edition.code in UNITS])


def split(share: float) -> dict[str, Any]:
    """Both grids on their common ground, the border a line from north to south."""
    west, south, east, north = GROUND.bounds
    at = west + (east - west) * share
    sides = {WEST: shapely.box(west, south, at, north), EAST: shapely.box(at, south, east, north)}
    features = [
        {
            "type": "Feature",
            "properties": {"code": code, "name": f"责任网格{code}", "unit": UNITS[code]},
            "geometry": shapely.geometry.mapping(GROUND.intersection(side)),
        }
        for code, side in sides.items()
    ]
    return {"type": "FeatureCollection", "features": features}


def orders() -> list[dict[str, Any]]:
    west, south, east, north = GROUND.bounds
    spots: list[tuple[float, float]] = []
    while len(spots) < ORDERS:
        spot = round(DICE.uniform(west, east), 6), round(DICE.uniform(south, north), 6)
        if GROUND.contains(shapely.Point(spot)):
            spots.append(spot)
    return [
        {
            "external_id": f"F-{number:05d}",
            "channel": "hotline_12345",
            "title": "夜间噪声",
            "content": "沿街生鲜店每晚十一点后卸货，噪声很大",
            "reported_at": "2026-11-23T08:15:00+08:00",
            "location": {"lon": lon, "lat": lat},
            "kind": "complaint",
        }
        for number, (lon, lat) in enumerate(spots)
    ]


async def cases(town: System) -> dict[str, dict[str, Any]]:
    desk = await town.visitor("duty_desk", "ZR-OPS")
    found = ok(await desk.get("/dispatch/v1/cases", params={"limit": 1000}))["items"]
    return {case["case_id"]: case for case in found}


async def act(town: System, case_id: str, action: str, **more: Any) -> dict[str, Any]:
    desk = await town.visitor("duty_desk", "ZR-OPS")
    return ok(await desk.post(f"/dispatch/v1/cases/{case_id}/actions", json={"action": action, **more}))


@pytest.mark.timeout(300)
async def test_as_foretold(database_url: str) -> None:
    async with system(database_url) as town:
        admin = await town.visitor("admin")
        ok(await admin.put("/grids/v1/overlays/duty", params={"part": True}, json=split(0.5)))
        source = await town.visitor("source", source="sh12345")
        ok(await source.post("/intake/v1/orders/batch", json=orders()))
        await town.drain()
        open_now = list(await cases(town))
        assert len(open_now) > ORDERS / 2
        for case_id in open_now[::3]:
            await act(town, case_id, "sign")
        for case_id in open_now[1::9]:
            await act(town, case_id, "rule", lead="ZR-DUTY-1", ground="试验")
        await town.drain()
        before = await cases(town)
        foretold = ok(
            await admin.put("/grids/v1/overlays/duty", params={"part": True, "preview": True}, json=split(0.2))
        )["impact"]["cases"]
        wills = {item["case_id"]: item for item in foretold["items"]}
        assert foretold["rerouted"] > 0
        assert foretold["kept"] > 0
        assert foretold["changed"] == len(wills)
        assert {case_id: case["lead"] for case_id, case in (await cases(town)).items()} == {
            case_id: case["lead"] for case_id, case in before.items()
        }
        ok(await admin.put("/grids/v1/overlays/duty", params={"part": True, "wait": True}, json=split(0.2)))
        await town.drain()
        for case_id, case in (await cases(town)).items():
            told = wills.get(case_id)
            becomes = told["to"]["unit"] if told and told["will"] == "rerouted" else before[case_id]["lead"]
            assert case["lead"] == becomes, (case_id, told)
        await _bounces(town, next(case_id for case_id in open_now if wills.get(case_id, {}).get("will") == "rerouted"))


async def _bounces(town: System, case_id: str) -> None:
    desk = await town.visitor("duty_desk", "ZR-OPS")
    first = ok(await desk.get("/grids/v1/ownerless", params={"kind": "returned"}))["items"]
    assert first == []
    await act(town, case_id, "return", reason="不是本单位职责")
    await act(town, case_id, "transfer", to="ZR-DUTY-1")
    await act(town, case_id, "return", reason="不是本单位职责")
    await town.drain()
    (entry,) = ok(await desk.get("/grids/v1/ownerless", params={"kind": "returned"}))["items"]
    assert entry["evidence"][0]["cases"] == [case_id]
    assert entry["orders"]["before"] >= 1


def ok(answer: httpx.Response) -> dict[str, Any]:
    assert answer.status_code < 300, answer.text
    told: dict[str, Any] = answer.json()
    return told
