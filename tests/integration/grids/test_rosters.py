"""Rosters over HTTP, and who is on duty."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio

from services.fabric.roster import WEEKDAYS
from services.fabric.snapshot import Fabric
from services.kit.contracts.topics import GRIDS
from tests.harness.single import Single
from tests.harness.zhenru import AT
from tests.integration.grids.steps import get, put

UNITS = [
    {"code": "QP", "name": "区", "level": "district", "hours": "24x7"},
    {"code": "ZR", "name": "街道", "level": "street", "parent": "QP"},
    {"code": "OPS", "name": "城运中心", "level": "street", "parent": "ZR", "kind": "operation", "hours": "24x7"},
    {"code": "ST", "name": "派出所", "level": "street", "parent": "ZR", "hours": "24x7", "channels": {"phone": "110"}},
    {"code": "T1", "name": "一组", "level": "street", "parent": "ST"},
]
PEOPLE = [
    {"code": code, "name": f"{code}某", "unit": "T1", "role": "民警", "channels": {"phone": f"1390000000{code}"}}
    for code in "123456"
]
DAY = {"from": "08:00", "to": "20:00", "people": ["1", "2"]}
NIGHT = {"from": "20:00", "to": "08:00", "people": ["3", "4"]}
ROUND = {"weeks": [{day: [DAY, NIGHT] for day in WEEKDAYS}]}
TONIGHT = AT + timedelta(hours=12)


@pytest_asyncio.fixture
async def house(one: Single, admin: httpx.AsyncClient) -> Single:
    await put(admin, "units", UNITS)
    await put(admin, "people", PEOPLE)
    return one


def fabric(one: Single) -> Fabric:
    assert one.service.copy is not None
    held: Fabric | None = one.service.copy.current
    assert held is not None
    return held


def persons(told: dict[str, Any]) -> list[tuple[str, str | None]]:
    return [(post["unit"], post["person"]) for post in [*told["on_duty"], *told["then"]]]


async def test_a_roster_and_who_is_on_duty(house: Single, admin: httpx.AsyncClient) -> None:
    made = await admin.put("/grids/v1/rosters/T1", json=ROUND)
    assert (made.status_code, made.headers["etag"], made.json()["warnings"]) == (201, '"1"', [])
    same = await admin.put("/grids/v1/rosters/T1", json=ROUND)
    assert (same.status_code, same.headers["etag"]) == (200, '"1"')
    assert same.json()["fabric_version"] == made.json()["fabric_version"]
    told = await get(admin, "on-duty", unit="T1")
    assert (told["unit"], told["at"], told["source"]) == ("T1", AT.isoformat(), "roster")
    assert told["on_duty"] == [
        {
            "person": "1",
            "name": "1某",
            "channels": {"phone": "13900000001"},
            "unit": "T1",
            "unit_name": "一组",
            "until": "2026-11-23T20:00:00+08:00",
        }
    ]
    assert persons(told) == [("T1", "1"), ("T1", "2"), ("ST", None), ("OPS", None)]
    assert told["then"][1]["channels"] == {"phone": "110"}
    tonight = await get(admin, "on-duty", unit="T1", at=TONIGHT.isoformat())
    assert persons(tonight)[:2] == [("T1", "3"), ("T1", "4")]
    assert fabric(house).on_duty("T1", TONIGHT) is not None
    seen = await get(admin, "rosters/T1")
    assert seen["weeks"][0]["mon"][1] == NIGHT
    assert (seen["version"], seen["changed_by"]) == (1, "admin")


async def test_without_a_roster_hours_then_the_parent(house: Single, admin: httpx.AsyncClient) -> None:
    told = await get(admin, "on-duty", unit="ST")
    assert (told["source"], told["on_duty"][0]["channels"]) == ("hours", {"phone": "110"})
    assert (await get(admin, "on-duty", unit="T1"))["source"] == "hours"
    shut = await get(admin, "on-duty", unit="T1", at=TONIGHT.isoformat())
    assert (shut["source"], persons(shut)) == ("parent", [("ST", None), ("OPS", None)])
    for asked in ("unit=NONE", "unit=a%00", "", "unit=T1&at=now"):
        assert (await admin.get(f"/grids/v1/on-duty?{asked}")).status_code in (404, 422), asked


async def test_names_by_role(house: Single, admin: httpx.AsyncClient) -> None:
    await put(admin, "rosters/T1", ROUND)
    for role, unit, sees in (
        ("duty_desk", "OPS", True),
        ("department", "T1", True),
        ("department", "ST", True),
        ("department", "OPS", False),
        ("source", None, False),
    ):
        first = (await get(await house.visitor(role, unit), "on-duty", unit="T1"))["on_duty"][0]
        assert first["person"] == "1"
        assert (first["name"], first["channels"]) == (("1某", {"phone": "13900000001"}) if sees else (None, None))


async def test_swaps_and_absences_are_corrected_in_place(house: Single, admin: httpx.AsyncClient) -> None:
    await put(admin, "rosters/T1", ROUND)
    swap = {"date": "2026-11-23", "from": "20:00", "a": "3", "b": "5"}
    away = {"person": "1", "from": "2026-11-23T09:00:00+08:00", "to": "2026-11-23T11:00:00+08:00"}
    changed = await admin.put(
        "/grids/v1/rosters/T1", json={**ROUND, "swaps": [swap], "absences": [away]}, headers={"If-Match": '"1"'}
    )
    assert (changed.status_code, changed.headers["etag"]) == (200, '"2"')
    assert len((await get(admin, "rosters/T1"))["history"]) == 1
    now = await get(admin, "on-duty", unit="T1")
    assert (persons(now)[0], now["on_duty"][0]["until"]) == (("T1", "2"), away["to"])
    tonight = await get(admin, "on-duty", unit="T1", at=TONIGHT.isoformat())
    assert persons(tonight)[:2] == [("T1", "5"), ("T1", "4")]
    await house.drain()
    events = [event for event in await house.events(GRIDS.name) if event.subject == "roster/T1"]
    assert [event.name for event in events] == ["roster.changed", "roster.changed"]
    assert [event.data["changed"] for event in events] == [
        ["新排值班表"],
        ["2026-11-23 20:00 的班 3 和 5 对换", "1 请假"],
    ]
    assert events[1].data["by"] == "admin"


async def test_a_roster_from_next_year_on(house: Single, admin: httpx.AsyncClient) -> None:
    await put(admin, "rosters/T1", ROUND)
    later = {"weeks": [{"fri": [{"from": "00:00", "to": "24:00", "people": ["6"]}]}], "valid_from": "2027-01-01"}
    told = await put(admin, "rosters/T1", later)
    assert "周一 00:00 到 周五 00:00 没有人值班" in told["warnings"]
    assert persons(await get(admin, "on-duty", unit="T1"))[0] == ("T1", "1")
    new_year = "2027-01-01T12:00:00+08:00"
    assert persons(await get(admin, "on-duty", unit="T1", at=new_year))[0] == ("T1", "6")
    assert (await get(admin, "rosters/T1", at=new_year))["weeks"] == [
        {"fri": [{"from": "00:00", "to": "00:00", "people": ["6"]}]}
    ]
    await house.advance(timedelta(days=60))
    assert len((await get(admin, "rosters/T1"))["history"]) == 2
    assert persons(await get(admin, "on-duty", unit="T1", at=AT.isoformat()))[0] == ("T1", "1")


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"weeks": []}, "/weeks"),
        ({"weeks": [{}]}, "/weeks"),
        ({"weeks": [{}, {}]}, ""),
        ({"weeks": [{"monday": [DAY]}]}, "/weeks/0/monday"),
        ({"weeks": [{"mon": DAY}]}, "/weeks/0/mon"),
        ({"weeks": [{"mon": [{**DAY, "from": "8:00"}]}]}, "/weeks/0/mon/0/from"),
        ({"weeks": [{"mon": [{**DAY, "to": "25:00"}]}]}, "/weeks/0/mon/0/to"),
        ({"weeks": [{"mon": [{**DAY, "to": 20}]}]}, "/weeks/0/mon/0/to"),
        ({"weeks": [{"mon": [{**DAY, "people": []}]}]}, "/weeks/0/mon/0/people"),
        ({"weeks": [{"mon": [{**DAY, "people": ["9"]}]}]}, "/weeks/0/mon/0/people/0"),
        ({"weeks": [{"mon": [{**DAY, "people": ["a\0"]}]}]}, "/weeks/0/mon/0/people/0"),
        ({"weeks": [{"mon": [DAY, {**NIGHT, "from": "19:00"}]}]}, "/weeks/0/mon/0"),
        ({"holiday": [DAY, DAY]}, "/holiday/0"),
        ({"make_up": "someday"}, "/make_up"),
        ({"starts_on": "9999-01-01"}, "/starts_on"),
        ({"swaps": [{"date": "2026-11-23", "from": "09:00", "a": "1", "b": "2"}]}, "/swaps/0/from"),
        ({"swaps": [{"date": "2026-11-31", "from": "08:00", "a": "1", "b": "2"}]}, "/swaps/0/date"),
        ({"absences": [{"person": "1", "from": "2026-12-02", "to": "2026-12-01"}]}, "/absences/0/to"),
        ({"valid_from": "2027-01-01", "valid_to": "2026-01-01"}, ""),
        ({"unit": "ST"}, "/unit"),
        ({"more": 1}, "/more"),
    ],
)
async def test_bad_rosters(house: Single, admin: httpx.AsyncClient, change: dict[str, Any], pointer: str) -> None:
    answer = await admin.put("/grids/v1/rosters/T1", json={**ROUND, **change})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer), answer.text
    assert (await admin.get("/grids/v1/rosters/T1")).status_code == 404
    assert (await admin.put("/grids/v1/rosters/NONE", json=ROUND)).status_code == 404


async def test_a_unit_keeps_its_own(house: Single) -> None:
    for role, unit, status in (
        ("department", "T1", 201),
        ("department", "ST", 200),
        ("duty_desk", None, 200),
        ("department", "OPS", 403),
        ("volunteer", "T1", 403),
        ("auditor", "T1", 403),
        ("source", None, 403),
    ):
        visitor = await house.visitor(role, unit)
        assert (await visitor.put("/grids/v1/rosters/T1", json=ROUND)).status_code == status, role
    team = await house.visitor("department", "T1")
    assert (await team.put("/grids/v1/rosters", json=[{"unit": "ST", **ROUND}])).status_code == 403


async def test_a_list_comes_in_whole_or_not_at_all(house: Single, admin: httpx.AsyncClient) -> None:
    row = {"unit": "T1", **ROUND}
    bad = [
        {**row, "valid_to": "2027-01-01"},
        {**row, "valid_from": "2026-12-31"},
        {**row, "unit": "NONE"},
        {**row, "weeks": [{"mon": [{**DAY, "people": ["9"]}]}], "unit": "ST"},
    ]
    refused = await admin.put("/grids/v1/rosters", json=bad)
    assert [error["pointer"] for error in refused.json()["errors"]] == [
        "/1/valid_from",
        "/2/unit",
        "/3/weeks/0/mon/0/people/0",
    ]
    good = [{**row, "valid_to": "2027-01-01"}, {**row, "valid_from": "2027-01-01", "make_up": "tue"}]
    answer = await put(admin, "rosters", good)
    assert (answer["added"], answer["changed"]) == (1, 0)
    assert (await put(admin, "rosters", good))["unchanged"] == 1
    assert (await get(admin, "rosters/T1"))["make_up"] == "mon"


async def test_whoever_is_on_a_roster_can_not_be_deleted(house: Single, admin: httpx.AsyncClient) -> None:
    await put(admin, "rosters/T1", ROUND)
    kept = await admin.delete("/grids/v1/people/3")
    assert (kept.status_code, kept.json()["units"]) == (409, ["T1"])
    assert (await admin.delete("/grids/v1/people/6")).status_code == 204


async def test_two_writers_at_once_on_one_roster(house: Single, admin: httpx.AsyncClient) -> None:
    await put(admin, "rosters/T1", ROUND)
    answers = await asyncio.gather(
        *(
            admin.put("/grids/v1/rosters/T1", json={**ROUND, "make_up": day}, headers={"If-Match": '"1"'})
            for day in ("tue", "wed", "thu")
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200, 412, 412]
