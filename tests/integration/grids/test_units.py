"""Units, keys, places and days over HTTP."""

import asyncio
from typing import Any

import httpx
import pytest

from services.fabric.snapshot import Fabric
from services.kit.secrets import webhook_secret
from tests.harness.single import SECRET, Single
from tests.integration.grids.steps import get, put

DISTRICT = {"code": "QP", "name": "普陀区", "level": "district"}
STREET = {"code": "ZR", "name": "真如镇街道", "level": "street", "parent": "QP"}


def fabric(one: Single) -> Fabric:
    assert one.service.copy is not None
    held: Fabric | None = one.service.copy.current
    assert held is not None
    return held


async def test_a_unit_and_its_etag(one: Single, admin: httpx.AsyncClient) -> None:
    await put(admin, "units", [STREET, DISTRICT])
    body = {"name": "真如派出所", "level": "street", "parent": "ZR", "kind": "police", "hours": "24x7"}
    made = await admin.put("/grids/v1/units/ZR-POLICE", json=body)
    assert (made.status_code, made.headers["etag"], made.json()["fabric_version"]) == (201, '"1"', 2)
    assert fabric(one).units["ZR-POLICE"].hours == "24x7"
    same = await admin.put("/grids/v1/units/ZR-POLICE", json=body)
    assert (same.status_code, same.headers["etag"], same.json()["fabric_version"]) == (200, '"1"', 2)
    renamed = await admin.put("/grids/v1/units/ZR-POLICE", json={**body, "name": "真如所"}, headers={"If-Match": '"1"'})
    assert renamed.headers["etag"] == '"2"'
    stale = await admin.put("/grids/v1/units/ZR-POLICE", json=body, headers={"If-Match": '"1"'})
    assert (stale.status_code, stale.json()["code"]) == (412, "stale")
    seen = await admin.get("/grids/v1/units/ZR-POLICE")
    assert (seen.headers["etag"], seen.json()["name"]) == ('"2"', "真如所")
    assert (await admin.put("/grids/v1/units/NEW", json=body, headers={"If-Match": '"3"'})).status_code == 412
    assert (await admin.get("/grids/v1/units/NEW")).status_code == 404


async def test_a_row_of_the_table_as_it_stands(one: Single, admin: httpx.AsyncClient) -> None:
    await put(admin, "units", [{**DISTRICT, "parent": "", "hours": None, "aliases": ""}])
    row = {**STREET, "guided_by": "", "channels": None, "kind": ""}
    assert (await admin.put("/grids/v1/units/ZR", json=row)).status_code == 201
    other = await admin.put("/grids/v1/units/QP", json=row)
    assert (other.status_code, other.json()["errors"][0]["pointer"]) == (422, "/code")


async def test_every_bad_row_is_named_at_once(one: Single, admin: httpx.AsyncClient) -> None:
    await put(admin, "units", [DISTRICT])
    bad = [STREET, {"code": "A", "name": "", "level": "street"}, {**STREET, "code": "B", "level": "planet"}, 5, STREET]
    refused = await admin.put("/grids/v1/units", json=bad)
    assert [error["pointer"] for error in refused.json()["errors"]] == ["/1/name", "/2/level", "/3", "/4/code"]


async def test_two_writers_at_once_on_one_unit(one: Single, admin: httpx.AsyncClient) -> None:
    await put(admin, "units", [STREET, DISTRICT])
    answers = await asyncio.gather(
        *(
            admin.put("/grids/v1/units/ZR", json={**_body(STREET), "name": name}, headers={"If-Match": '"1"'})
            for name in ("甲", "乙", "丙")
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200, 412, 412]
    winner = next(answer.json()["name"] for answer in answers if answer.status_code == 200)
    assert fabric(one).units["ZR"].name == winner


async def test_many_writers_at_once_lose_nothing(one: Single, admin: httpx.AsyncClient) -> None:
    await put(admin, "units", [DISTRICT])
    answers = await asyncio.gather(
        *(
            admin.put(f"/grids/v1/units/U{number}", json={"name": "甲", "level": "street", "parent": "QP"})
            for number in range(12)
        )
    )
    assert sorted(answer.json()["fabric_version"] for answer in answers) == list(range(2, 14))
    assert {f"U{number}" for number in range(12)} <= set(fabric(one).units)


async def test_a_list_comes_in_whole_or_not_at_all(one: Single, admin: httpx.AsyncClient) -> None:
    bad = [DISTRICT, {**STREET, "parent": "none"}, {"code": "X", "name": "x", "level": "planet"}]
    refused = await admin.put("/grids/v1/units", json=bad)
    assert refused.status_code == 422
    assert [error["pointer"] for error in refused.json()["errors"]] == ["/1/parent", "/2/level"]
    assert (await get(admin, "units"))["items"] == []
    circle = [{**DISTRICT, "parent": "ZR"}, STREET]
    assert [e["pointer"] for e in (await admin.put("/grids/v1/units", json=circle)).json()["errors"]] == [
        "/0/parent",
        "/1/parent",
    ]
    answer = await put(admin, "units", [STREET, DISTRICT])
    assert answer == {"version": 1, "added": 2, "changed": 0, "unchanged": 0}
    assert (await put(admin, "units", [STREET, {**DISTRICT, "name": "区"}])) == {
        "version": 2,
        "added": 0,
        "changed": 1,
        "unchanged": 1,
    }
    page = await get(admin, "units", limit=1)
    assert [row["code"] for row in page["items"]] == ["QP"]
    rest = await get(admin, "units", limit=1, cursor=page["next"])
    assert ([row["code"] for row in rest["items"]], rest["next"]) == (["ZR"], None)
    assert [row["code"] for row in (await get(admin, "units", level="street"))["items"]] == ["ZR"]


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"name": ""}, "/name"),
        ({"name": "a\0"}, "/name"),
        ({"name": "x" * 300}, "/name"),
        ({"name": 5}, "/name"),
        ({"level": "planet"}, "/level"),
        ({"parent": "no/code"}, "/parent"),
        ({"parent": "UNKNOWN"}, "/parent"),
        ({"overlay": "No"}, "/overlay"),
        ({"hours": "25:00-26:00"}, "/hours"),
        ({"hours": "18:00-09:00"}, "/hours"),
        ({"channels": {"a": "\0"}}, "/channels"),
        ({"channels": {"a": "x" * 20_000}}, "/channels"),
        ({"aliases": "x"}, "/aliases"),
        ({"more": 1}, "/more"),
    ],
)
async def test_bad_units(one: Single, admin: httpx.AsyncClient, change: dict[str, Any], pointer: str) -> None:
    answer = await admin.put("/grids/v1/units/U", json={"name": "甲", "level": "street", **change})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == pointer
    listed = await admin.put("/grids/v1/units", json=[{"code": "U", "name": "甲", "level": "street", **change}])
    assert listed.json()["errors"][0]["pointer"] == "/0" + pointer


async def test_codes_that_are_none(one: Single, admin: httpx.AsyncClient) -> None:
    body = {"name": "甲", "level": "street"}
    for code in ("a%20b", "%E7%94%B2", "x" * 65, "a%00"):
        assert (await admin.put(f"/grids/v1/units/{code}", json=body)).status_code in (404, 422)
    half = b'[{"code":"U","name":"\\ud800","level":"street"}]'
    assert (await admin.put("/grids/v1/units", content=half)).status_code == 422
    for path in ("grids/police/a%00", "overlays/a%00", "units?level=a%00", "gazetteer?name=%00"):
        assert (await admin.get(f"/grids/v1/{path}")).status_code in (404, 422), path
    for cursor in ("x", "WyJcdTAwMDAiXQ", "WzFd", "W10"):
        assert (await admin.get("/grids/v1/units", params={"cursor": cursor})).status_code == 400, cursor


async def test_the_gazetteer_is_replaced_whole(one: Single, admin: httpx.AsyncClient) -> None:
    place = {"name": "兰溪路2号", "kind": "address", "lon": 121.397126, "lat": 31.242005}
    shop = {"name": "生鲜店", "kind": "shop", "lon": 121.4, "lat": 31.24, "aliases": ["菜店"]}
    answer = await put(admin, "gazetteer", [place, shop, place])
    assert answer == {"version": 1, "places": 2}
    bad = [place, {**shop, "lon": "121"}, {**shop, "lat": 121.4, "lon": 31.24}, {"name": "x"}, {**shop, "name": "\0"}]
    refused = await admin.put("/grids/v1/gazetteer", json=bad)
    assert {error["pointer"].split("/")[1] for error in refused.json()["errors"]} == {"1", "2", "3", "4"}
    swapped = await admin.put("/grids/v1/gazetteer", json=[place, {**shop, "lat": 121.4, "lon": 31.24}])
    assert [error["pointer"] for error in swapped.json()["errors"]] == ["/1"]
    assert len((await get(admin, "gazetteer"))["items"]) == 2
    first = await get(admin, "gazetteer", limit=1)
    second = await get(admin, "gazetteer", limit=1, cursor=first["next"])
    assert [row["name"] for row in first["items"] + second["items"]] == ["兰溪路2号", "生鲜店"]
    assert [row["name"] for row in (await get(admin, "gazetteer", name="鲜"))["items"]] == ["生鲜店"]
    etag = (await admin.get("/grids/v1/gazetteer")).headers["etag"]
    assert await put(admin, "gazetteer", [shop]) == {"version": 2, "places": 1}
    stale = await admin.put("/grids/v1/gazetteer", json=[], headers={"If-Match": etag})
    assert stale.status_code == 412
    assert [entry.name for entry in fabric(one).gazetteer.entries] == ["生鲜店"]


async def test_the_operators_days(one: Single, admin: httpx.AsyncClient) -> None:
    body = {"days": {"2027-01-01": False, "2027-01-02": True}, "complete_years": [2027]}
    answer = await put(admin, "calendar", body)
    assert answer == {"version": 1, **body}
    told = await get(admin, "calendar")
    assert 2026 in told.pop("published_years")
    assert told == {"version": 1, **body}
    assert fabric(one).calendar.known_years == {2027}
    await put(admin, "calendar", {"days": {}})
    assert fabric(one).calendar.days == {}
    bad: list[Any] = [
        {"days": {"1-1": True}},
        {"days": {"2027-01-01": "maybe"}},
        {"complete_years": [99999]},
        {"days": {"9999-01-01": True}},
        [],
    ]
    for body in bad:
        assert (await admin.put("/grids/v1/calendar", json=body)).status_code == 422


async def test_keys(one: Single, admin: httpx.AsyncClient) -> None:
    made = await admin.post("/grids/v1/keys", json={"name": "12345", "role": "source", "source": "sh12345"})
    assert made.status_code == 201
    told = made.json()
    assert told["webhook_secret"] == webhook_secret(SECRET, "source/sh12345")
    async with one.visitor.anonymous(told["key"]) as source:
        assert (await source.get("/grids/v1/overlays")).status_code == 200
    unit = (await admin.post("/grids/v1/keys", json={"name": "所", "role": "department", "unit": "P"})).json()
    assert unit["webhook_secret"] == webhook_secret(SECRET, "unit/P")
    desk = (await admin.post("/grids/v1/keys", json={"name": "台", "role": "duty_desk", "unit": "P"})).json()
    assert "webhook_secret" not in desk
    nameless = (await admin.post("/grids/v1/keys", json={"name": "信访", "role": "source"})).json()
    assert (nameless["source"], nameless["webhook_secret"]) == ("信访", webhook_secret(SECRET, "source/信访"))
    first = await get(admin, "keys", limit=3)
    second = await get(admin, "keys", limit=3, cursor=first["next"])
    listed = first["items"] + second["items"]
    assert {row["id"] for row in listed} == {key["id"] for key in (told, unit, desk, nameless)}
    assert all("key" not in row for row in listed)
    assert (await admin.delete(f"/grids/v1/keys/{unit['id']}")).status_code == 204
    assert (await admin.delete(f"/grids/v1/keys/{unit['id']}")).status_code == 404
    assert (await admin.delete("/grids/v1/keys/a%00")).status_code == 404
    async with one.visitor.anonymous(unit["key"]) as gone:
        assert (await gone.get("/grids/v1/overlays")).status_code == 401
    for body in ({"name": "x", "role": "king"}, {"name": "", "role": "admin"}, {"name": "\0", "role": "admin"}):
        assert (await admin.post("/grids/v1/keys", json=body)).status_code == 422


def _body(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "code"}


@pytest.mark.parametrize("blank", ["  ", "\u3000", "\u200b"])
async def test_a_blank_name_is_none(admin: httpx.AsyncClient, blank: str) -> None:
    one = await admin.put("/grids/v1/units/A", json={"name": blank, "level": "street"})
    assert (one.status_code, one.json()["errors"][0]["pointer"]) == (422, "/name")
    some = await admin.put("/grids/v1/units", json=[{"code": "A", "name": blank, "level": "street"}])
    assert (some.status_code, some.json()["errors"][0]["pointer"]) == (422, "/0/name")
