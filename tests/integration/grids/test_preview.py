"""An import weighed against the cases that are open: what would change hands, and to whom."""

from datetime import datetime, timedelta
from typing import Any

import httpx
from sqlalchemy import text

from tests.harness.single import Single
from tests.integration.grids.cases import Case
from tests.integration.grids.steps import collection, feature, put, square

WEST = square(121.40, 31.24)
DAY = timedelta(days=1)


def wide(west: float, east: float) -> dict[str, Any]:
    south, north = 31.24, 31.25
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


async def units(admin: httpx.AsyncClient) -> None:
    await put(
        admin,
        "units",
        [
            {"code": "ZR", "name": "真如镇街道", "level": "street"},
            {"code": "P1", "name": "一组", "level": "street", "parent": "ZR"},
            {"code": "P2", "name": "二组", "level": "street", "parent": "ZR"},
        ],
    )


async def police(admin: httpx.AsyncClient, border: float, **more: Any) -> dict[str, Any]:
    west = feature("A", wide(121.40, border), unit="P1", households=1000)
    east = feature("B", wide(border, 121.42), unit="P2", households=500)
    return await put(admin, "overlays/police", collection(west, east), **more)


async def test_open_cases_are_weighed_before_and_after(one: Single, admin: httpx.AsyncClient) -> None:
    await units(admin)
    await police(admin, 121.41)
    fresh = Case("case_fresh", 121.409, 31.245, "P1", grids={"police": "A"})
    signed = Case("case_signed", 121.4085, 31.245, "P1", grids={"police": "A"})
    ruled = Case("case_ruled", 121.4082, 31.245, "P1", grids={"police": "A"})
    other = Case("case_other", 121.409, 31.246, "P2", grids={"police": "A"})
    stays = Case("case_stays", 121.402, 31.245, "P1", grids={"police": "A"})
    closed = Case("case_closed", 121.409, 31.245, "P1", grids={"police": "A"})
    await one.publish(
        *(event for case in (fresh, signed, ruled, other, stays, closed) for event in case.dispatched()),
        signed.step("case.signed", state="signed"),
        ruled.step("case.ruled", state="dispatched"),
        closed.step("case.withdrawn", state="withdrawn"),
    )
    seen = (await police(admin, 121.408, preview=True))["impact"]
    assert seen["changed"] == ["A", "B"]
    cases = seen["cases"]
    assert {item["case_id"]: item["will"] for item in cases["items"]} == {
        "case_fresh": "rerouted",
        "case_signed": "kept",
        "case_ruled": "kept",
        "case_other": "kept",
    }
    assert cases["items"][0]["to"] == {"grid": "B", "unit": "P2"}
    assert cases["between_units"]["items"] == [{"from": "P1", "to": "P2", "rerouted": 1, "kept": 3}]
    assert abs(seen["area"]["share"] - 0.1) < 1e-3
    assert seen["area"]["between_grids"]["items"][0]["from"] == {"grid": "A", "unit": "P1"}
    assert abs(seen["households"]["moved"] - 200) < 1
    load = {unit["unit"]: unit for unit in seen["load"]["items"]}
    assert (load["P1"]["before"]["open_cases"], load["P1"]["after"]["open_cases"]) == (5, 1)
    applied = (await police(admin, 121.408))["impact"]
    assert {key: applied[key] for key in ("cases", "area", "households", "load")} == {
        key: seen[key] for key in ("cases", "area", "households", "load")
    }
    again = (await police(admin, 121.408, preview=True))["impact"]
    assert (again["cases"]["changed"], again["area"]["moved_m2"]) == (0, 0.0)


async def test_a_change_of_a_later_day_is_weighed_as_of_that_day(one: Single, admin: httpx.AsyncClient) -> None:
    await units(admin)
    await police(admin, 121.41)
    await one.publish(*Case("case_1", 121.405, 31.245, "P1").dispatched())
    starts = one.clock.now() + 30 * DAY
    later = collection(feature("A", WEST, unit="P2", valid_from=starts.isoformat()))
    seen = (await put(admin, "overlays/police", later, part=True, preview=True))["impact"]
    assert datetime.fromisoformat(seen["moment"]) == starts
    assert [(item["case_id"], item["to"]["unit"]) for item in seen["cases"]["items"]] == [("case_1", "P2")]


async def test_the_newest_of_a_case_wins(one: Single, admin: httpx.AsyncClient) -> None:
    case = Case("case_1", 121.405, 31.245, "P1", orders=["ord_1", "ord_2"])
    await one.publish(*case.dispatched())
    await one.publish(case.step("case.transferred", lead="P2", assists=["P1"]))
    await one.publish(case.step("case.signed", state="signed"))
    async with one.service.db.reading() as tx:
        rows = (await tx.execute(text("SELECT * FROM followed_case"))).all()
    assert len(rows) == 1
    row = rows[0]
    assert (row.lead, row.state, row.settled, row.orders, row.sequence) == ("P2", "signed", True, 2, 4)
    assert (row.assists, row.fabric_version, row.closed_at) == (["P1"], 1, None)
    await one.publish(case.step("case.closed", DAY, state="closed"), case.step("case.rechecked", DAY))
    async with one.service.db.reading() as tx:
        closed = (await tx.execute(text("SELECT closed_at - opened_at AS took FROM followed_case"))).scalar_one()
    assert closed == DAY


async def test_what_a_unit_still_holds(one: Single, admin: httpx.AsyncClient) -> None:
    await units(admin)
    await police(admin, 121.41)
    leads, helps, over = (Case(f"case_{n}", 121.405, 31.245, "P1") for n in range(3))
    helps.now |= {"lead": "P2", "assists": ["P1"]}
    await one.publish(
        *(event for case in (leads, helps, over) for event in case.dispatched()),
        over.step("case.closed", state="closed"),
    )
    seen = (await admin.delete("/grids/v1/units/P1", params={"preview": True})).json()
    assert seen["removable"] is False
    assert seen["impact"]["grids"]["items"] == [{"overlay": "police", "code": "A", "name": "网格A"}]
    assert [(item["case_id"], item["as"]) for item in seen["impact"]["cases"]["items"]] == [
        ("case_0", "lead"),
        ("case_1", "assist"),
    ]
    above = (await admin.delete("/grids/v1/units/ZR", params={"preview": True})).json()
    assert [unit["code"] for unit in above["impact"]["units"]["items"]] == ["P1", "P2"]
    refused = await admin.delete("/grids/v1/units/P1")
    assert refused.status_code == 409
    assert (refused.json()["grids"], refused.json()["cases"]) == (["police/A"], ["case_0", "case_1"])
    await put(admin, "overlays/police", collection(feature("A", wide(121.40, 121.42), unit="P2")))
    assert (await admin.delete("/grids/v1/units/P1")).json()["cases"] == ["case_0", "case_1"]
    await one.publish(
        leads.step("case.transferred", lead="P2", state="dispatched"), helps.step("case.closed", state="closed")
    )
    assert (await admin.delete("/grids/v1/units/P1")).status_code == 200


async def test_a_unit_is_weighed_before_it_is_changed(one: Single, admin: httpx.AsyncClient) -> None:
    await units(admin)
    await police(admin, 121.41)
    body = {"name": "新一组", "level": "street", "parent": "ZR"}
    seen = await put(admin, "units/P1", body, preview=True)
    assert seen["impact"]["changed"]["name"] == {"from": "一组", "to": "新一组"}
    assert seen["impact"]["grids"]["total"] == 1
    assert (await admin.get("/grids/v1/units/P1")).json()["name"] == "一组"
    fresh = await put(admin, "units/P9", body, preview=True)
    assert fresh["name"] == "新一组"
    assert (await admin.get("/grids/v1/units/P9")).status_code == 404
    wrong = await admin.put("/grids/v1/units/P1", json=body | {"parent": "NONE"}, params={"preview": True})
    assert wrong.status_code == 422
