"""A gap in the duty grids: what happens there is the street's to hold, until somebody is given the ground."""

from typing import Any

import pytest
import shapely

from tests.harness.whole import System, system
from tests.harness.zhenru import SHOP, editions
from tests.scenario.test_foretold import cases, ok

GAP = shapely.box(SHOP[0] - 0.0007, SHOP[1] - 0.0006, SHOP[0] + 0.0007, SHOP[1] + 0.0006)
OURS = "ZR-DUTY-1"


def with_gap() -> dict[str, Any]:
    features = [
        {
            "type": "Feature",
            "properties": {"code": grid.code, "name": grid.name, "unit": grid.unit},
            "geometry": shapely.geometry.mapping(grid.geometry.difference(GAP)),
        }
        for grid in editions("duty")
    ]
    return {"type": "FeatureCollection", "features": features}


def order(number: int) -> dict[str, Any]:
    """Each far enough from the others to be a matter of its own."""
    return {
        "external_id": f"R-{number:03d}",
        "channel": "hotline_12345",
        "title": f"流动设摊{number}",
        "content": "路边流动摊贩占道经营摆摊卖水果",
        "concern": "CS-02",
        "reported_at": "2026-11-23T08:15:00+08:00",
        "location": {"lon": SHOP[0], "lat": SHOP[1]},
        "kind": "complaint",
    }


async def leads(town: System) -> list[str]:
    return [case["lead"] for case in (await cases(town)).values()]


@pytest.mark.timeout(300)
async def test_a_ruling_is_followed_by_dispatch(database_url: str) -> None:
    async with system(database_url) as town:
        admin, desk = await town.visitor("admin"), await town.visitor("duty_desk", "ZR-OPS")
        source = await town.visitor("source", source="sh12345")
        ok(await admin.put("/grids/v1/overlays/duty", json=with_gap()))
        await town.drain()
        ok(await source.post("/intake/v1/orders", json=order(1)))
        await town.drain()
        assert await leads(town) == ["ZR-DUTY"]  # the next that the row names: no grid of theirs is here
        found = ok(await desk.get("/grids/v1/ownerless", params={"overlay": "duty", "kind": "gap"}))["items"]
        (gap,) = [one for one in found if shapely.Point(one["place"]["lon"], one["place"]["lat"]).within(GAP)]
        ok(await desk.post(f"/grids/v1/ownerless/{gap['id']}/hold", json={"unit": "ZR-PARTY"}))
        await town.drain()
        assert await leads(town) == ["ZR-PARTY"]
        ok(await desk.post(f"/grids/v1/ownerless/{gap['id']}/rule", json={"unit": OURS, "ground": "红线内归责任网格"}))
        await town.drain()
        assert await leads(town) == [OURS]
        told = ok(await desk.post("/dispatch/v1/explain", json=order(2)))
        assert told["lead"] == OURS
        assert "裁定归" in told["reason"]
        assert "红线内归责任网格" in told["reason"]
