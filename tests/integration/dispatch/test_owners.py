"""权属: an order about a thing goes to whom the inventory says it belongs, and explain says by which thing."""

from typing import Any

from services.dispatch.domain.routing.decide import decide
from services.dispatch.domain.routing.matter import Matter
from services.dispatch.domain.routing.table import BUILT_IN
from services.fabric.components import Component
from services.fabric.snapshot import build
from tests.harness.single import Single, publish_fabric
from tests.harness.zhenru import AT, OVERLAYS, SHOP, components, editions, places, published, units, zhenru
from tests.integration.dispatch.story import Order, place_of

LON, LAT = SHOP
EAST = 1 / 95_200
POLES = [
    Component("P-1", "lamp", LON - 4 * EAST, LAT, "PROP-3"),
    Component("P-2", "lamp", LON + 9 * EAST, LAT, "OWN-LAMP"),
]
DARK: dict[str, Any] = {
    "title": "路灯不亮",
    "content": "兰溪路生鲜店门口的路灯不亮，晚上漆黑",
    "concern": "CS-03",
    "sub_concern": "CS-03.lamp",
    "category": "CS",
}


async def two_poles(dispatch: Single) -> None:
    layers = {name: editions(name) for name in OVERLAYS}
    await publish_fabric(dispatch.bus, published(layers, 2, units(), places(), [*components(), *POLES]))
    assert dispatch.service.copy is not None
    assert await dispatch.service.copy.wait_for(2, 30)


async def test_a_broken_lamp_near_two_poles_goes_to_the_owner_of_the_nearest(dispatch: Single) -> None:
    await two_poles(dispatch)
    await dispatch.publish(
        Order("near-one").accepted(**DARK, place=place_of(LON, LAT)),
        Order("near-other").accepted(**DARK, place=place_of(LON + 6 * EAST, LAT)),
        Order("far").accepted(**DARK, place=place_of(LON, LAT + 0.001)),
    )
    desk = await dispatch.visitor("duty_desk", unit="ZR-OPS")
    cases = (await desk.get("/dispatch/v1/cases")).json()["items"]
    led = {}
    for case in cases:
        whole = (await desk.get(f"/dispatch/v1/cases/{case['case_id']}")).json()
        led[whole["orders"][0]] = (whole["lead"], whole["decision"]["reason"])
    assert led["near-one"][0] == "PROP-3"
    assert "最近的路灯 P-1，距 4 米，权属归它" in led["near-one"][1]
    assert led["near-other"][0] == "OWN-LAMP"
    assert "最近的路灯 P-2，距 3 米，权属归它" in led["near-other"][1]
    assert led["far"][0] == "OWN-LAMP"


async def test_explain_names_the_thing(dispatch: Single) -> None:
    await two_poles(dispatch)
    desk = await dispatch.visitor("duty_desk", unit="ZR-OPS")
    body = {"content": DARK["content"], "sub_concern": "CS-03.lamp", "location": {"lon": LON, "lat": LAT}}
    said = (await desk.post("/dispatch/v1/explain", json=body)).json()
    assert (said["lead"], said["found_by"]) == ("PROP-3", "owner:lamp")
    assert said["inputs"]["thing"] == {
        "component": {"code": "P-1", "kind": "lamp", "owner": "PROP-3", "metres": 4.0},
        "owner": "PROP-3",
        "by": "component",
    }
    assert "最近的路灯 P-1，距 4 米" in said["decision"]["reason"]


def test_every_thing_of_the_demo_belongs_to_a_unit_and_a_kind() -> None:
    fabric = zhenru()
    assert len(fabric.components) == len(components()) > 300
    assert {one.owner for one in components()} - {None} <= set(fabric.units)
    assert {one.kind for one in components()} <= fabric.profile.things.asked
    inside = next(one for one in components() if one.kind == "lamp" and (one.owner or "").startswith("PROP"))
    came = decide(fabric, BUILT_IN, Matter("CS-03", "CS-03.lamp", lon=inside.lon, lat=inside.lat), AT)
    assert came.lead == inside.owner
    managed = [place for place in places() if place.kind == "estate"]
    assert managed
    assert {place.unit for place in managed} <= {unit.code for unit in units() if unit.kind == "property"}
    assert build(published({}, 1)).components.near(LON, LAT, ["lamp"], 30, AT) == []
