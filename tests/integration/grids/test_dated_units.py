"""Units with effective dates over HTTP: what is planned, what was, and what ends."""

import asyncio
from datetime import timedelta

import asyncpg
import httpx

from services.kit import migrate
from tests.harness.single import Single
from tests.harness.zhenru import AT
from tests.integration.grids.steps import get, put
from tests.integration.grids.test_people import UNITS, fabric, house
from tests.integration.kit.bench import dsn

__all__ = ["house"]


async def test_the_copy_is_looked_at_by_the_clock(one: Single, admin: httpx.AsyncClient) -> None:
    """A unit's new name and parent begin on their day without anybody publishing; the past stays answerable."""
    await put(admin, "units", UNITS)
    body = {"name": "真如消防救援站", "level": "street", "parent": "QP", "valid_from": "2027-01-01"}
    planned = await admin.put("/grids/v1/units/ZR-FIRE", json=body)
    assert (planned.status_code, planned.json()["name"]) == (200, "真如消防救援站")
    before = fabric(one)
    assert (before.unit_name("ZR-FIRE"), "ZR-FIRE" in before.below("ZR")) == ("消防站", True)
    told = await get(admin, "units/ZR-FIRE")
    assert (told["name"], told["valid_to"]) == ("消防站", "2026-12-31T16:00:00+00:00")
    assert [edition["name"] for edition in told["history"]] == ["消防站", "真如消防救援站"]
    await one.advance(timedelta(days=60))
    after = fabric(one)
    assert (after.version, after.unit_name("ZR-FIRE")) == (before.version, "真如消防救援站")
    assert "ZR-FIRE" not in after.below("ZR")
    assert fabric(one) is after
    assert (await get(admin, "units/ZR-FIRE"))["name"] == "真如消防救援站"
    assert (await get(admin, "units/ZR-FIRE", at=AT.isoformat()))["name"] == "消防站"
    past = after.unit("ZR-FIRE", AT)
    assert past is not None
    assert past.parent == "ZR"
    listed = {row["code"]: row["name"] for row in (await get(admin, "units", at=AT.isoformat()))["items"]}
    assert listed["ZR-FIRE"] == "消防站"


async def test_the_end_of_a_unit(house: Single, admin: httpx.AsyncClient) -> None:
    kept = await admin.delete("/grids/v1/units/ZR-G4")
    assert kept.status_code == 409
    assert (kept.json()["units"], kept.json()["grids"]) == (["ZR-G4-VOL"], ["comprehensive/G4"])
    assert "四格队" in kept.json()["detail"]
    by_date = await admin.put(
        "/grids/v1/units/ZR-G4-VOL", json={"name": "队", "level": "comprehensive", "valid_to": "2020-01-01"}
    )
    assert by_date.status_code == 200
    assert (await admin.delete("/grids/v1/units/ZR-FIRE", headers={"If-Match": '"7"'})).status_code == 412
    ended = await admin.delete("/grids/v1/units/ZR-FIRE", headers={"If-Match": '"1"'})
    assert (ended.status_code, ended.headers["etag"]) == (200, '"2"')
    assert (await admin.get("/grids/v1/units/ZR-FIRE")).status_code == 404
    assert (await admin.delete("/grids/v1/units/ZR-FIRE")).status_code == 404
    earlier = (AT - timedelta(days=1)).isoformat()
    assert (await get(admin, "units/ZR-FIRE", at=earlier))["name"] == "消防站"
    here = fabric(house)
    assert (here.unit("ZR-FIRE"), here.unit_name("ZR-FIRE")) == (None, "消防站")
    assert "ZR-FIRE" in here.below("ZR")
    again = await admin.put("/grids/v1/units/ZR-FIRE", json={"name": "新站", "level": "street", "parent": "ZR"})
    assert (again.status_code, fabric(house).unit_name("ZR-FIRE")) == (200, "新站")
    assert (await house.visitor("department", "ZR")) is not None
    visitor = await house.visitor("department", "ZR")
    assert (await visitor.delete("/grids/v1/units/ZR-FIRE")).status_code == 403


async def test_two_who_end_a_unit_at_once(house: Single, admin: httpx.AsyncClient) -> None:
    answers = await asyncio.gather(*(admin.delete("/grids/v1/units/ZR-FIRE") for _ in range(3)))
    assert sorted(answer.status_code for answer in answers) == [200, 404, 404]


async def test_units_go_through_the_migration_with_their_rows(
    house: Single, admin: httpx.AsyncClient, database_url: str
) -> None:
    renamed = {"name": "新名", "level": "street", "parent": "QP"}
    await put(admin, "units/ZR-FIRE", renamed)
    await house.service.stop()
    await asyncio.to_thread(migrate.downgrade, database_url, "grids", "0002")
    connection = await asyncpg.connect(dsn(database_url))
    try:
        said = "SELECT told ->> 'name' FROM grids.unit WHERE code = 'ZR-FIRE'"
        assert await connection.fetchval(said) == "新名", "only what it is last fits into the old table"
        await asyncio.to_thread(migrate.upgrade, database_url, "grids")
        editions = "SELECT array_agg(told ->> 'name') FROM grids.unit_edition WHERE code = 'ZR-FIRE'"
        assert await connection.fetchval(editions) == ["新名"]
        assert await connection.fetchval("SELECT count(*) FROM grids.unit_edition") == len(UNITS)
    finally:
        await connection.close()
